// SPDX-License-Identifier: GPL-2.0-only
#include "results/origin.h"

#include <stdio.h>
#include <string.h>

#include "results/environment.h"

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

#define COPY(field, key) snprintf(field, sizeof(field), "%s", text_of(env, key))

void origin_take(struct origin *o, const json_t *env)
{
	long long cpus = json_integer_value(json_object_get(env, "cpus"));
	bool virtual = json_is_true(json_object_get(env, "hypervisor"));
	char text[700], hash[32];
	int major, minor;

	memset(o, 0, sizeof(*o));
	COPY(o->utc, "utc");
	COPY(o->boot, "boot");
	COPY(o->commit, "commit");
	kernel_label(text_of(env, "release"), text_of(env, "version"), o->label, sizeof(o->label));
	snprintf(o->line, sizeof(o->line), "%.15s", o->label);
	if (sscanf(o->label, "%d.%d", &major, &minor) == 2)
		snprintf(o->line, sizeof(o->line), "%d.%d", major, minor);
	snprintf(text, sizeof(text), "%.100s %.20s %.100s %lld %.100s", text_of(env, "machine_id"),
		 text_of(env, "machine"), text_of(env, "cpu"), cpus, text_of(env, "dmi_product"));
	hash_text(text, hash, sizeof(hash));
	snprintf(o->machine, sizeof(o->machine), "%.8s", hash);
	snprintf(o->about, sizeof(o->about), "%.60s, %lld CPU%s%s", text_of(env, "cpu"), cpus,
		 cpus == 1 ? "" : "s", virtual ? ", virtual" : "");
	snprintf(text, sizeof(text), "%.200s %.400s", text_of(env, "release"),
		 text_of(env, "version"));
	hash_text(text, o->layout, sizeof(o->layout));
}
