// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/cost.h"

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int take_histogram(struct histogram *h, const json_t *o)
{
	const json_t *pairs = json_object_get(o, "bucket"), *pair;
	size_t i;

	h->max = (uint64_t)json_integer_value(json_object_get(o, "max"));
	h->sum = json_number_value(json_object_get(o, "sum"));
	json_array_foreach (pairs, i, pair) {
		json_int_t index = json_integer_value(json_array_get(pair, 0));
		json_int_t count = json_integer_value(json_array_get(pair, 1));

		if (index < 0 || index >= HISTOGRAM_BUCKETS || count < 1 || count > UINT32_MAX)
			return -EINVAL;
		h->bucket[index] = (uint32_t)count;
		h->count += (uint64_t)count;
	}
	return 0;
}

static int take_processes(struct cost *c, const json_t *a)
{
	const json_t *p;
	size_t i;

	c->process = calloc(json_array_size(a) + 1, sizeof(*c->process));
	if (!c->process)
		return -ENOMEM;
	json_array_foreach (a, i, p) {
		struct process_cost *to = &c->process[c->processes++];

		to->samples = (uint32_t)json_integer_value(json_array_get(p, 0));
		to->p50 = json_number_value(json_array_get(p, 1));
		to->p90 = json_number_value(json_array_get(p, 2));
		to->p99 = json_number_value(json_array_get(p, 3));
		to->mean = json_number_value(json_array_get(p, 4));
	}
	return 0;
}

#define COPY(field, key) snprintf(field, sizeof(field), "%s", text_of(o, key))

static int take_cost(struct cost_run *run, const json_t *o)
{
	struct cost *c = realloc(run->cost, (run->count + 1) * sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	run->cost = c;
	c += run->count;
	memset(c, 0, sizeof(*c));
	COPY(c->workload, "workload");
	COPY(c->clock, "clock");
	COPY(c->per, "per");
	COPY(c->part, "part");
	COPY(c->text, "text");
	c->tick_ns = json_number_value(json_object_get(o, "tick_ns"));
	c->valid = json_is_true(json_object_get(o, "valid"));
	if (asprintf(&c->key, "%s %s%s%s", text_of(o, "cell"), c->text,
		     strcmp(c->part, "step") ? " " : "",
		     strcmp(c->part, "step") ? c->part : "") < 0) {
		c->key = NULL;
		return -ENOMEM;
	}
	run->count++;
	err = take_histogram(&c->ticks, json_object_get(o, "histogram"));
	return err ? err : take_processes(c, json_object_get(o, "process"));
}

static int take_line(struct cost_run *run, const json_t *o)
{
	const char *type = text_of(o, "type");

	if (!strcmp(type, "env")) {
		COPY(run->boot, "boot");
		COPY(run->commit, "commit");
		return run->boot[0] ? 0 : -EINVAL;
	}
	return strcmp(type, "cost") ? 0 : take_cost(run, o);
}

static int take_lines(struct cost_run *run, FILE *f, char *why, size_t size)
{
	char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t n;
	int err = 0;

	/* A line without an end was cut off when it was written. */
	while (!err && (n = getline(&line, &room, f)) > 0 && line[n - 1] == '\n') {
		json_t *o = json_loads(line, 0, NULL);

		number++;
		err = json_is_object(o) ? take_line(run, o) : -EINVAL;
		json_decref(o);
	}
	if (err)
		snprintf(why, size, "%s:%zu: %s", run->path, number,
			 err == -ENOMEM ? "out of memory" : "expected a line of a record");
	free(line);
	return err;
}

int cost_read(struct cost_run *run, const char *path, char *why, size_t size)
{
	struct stat st;
	FILE *f;
	int err;

	memset(run, 0, sizeof(*run));
	if (asprintf(&run->path, "%s%s", path,
		     !stat(path, &st) && S_ISDIR(st.st_mode) ? "/records.jsonl" : "") < 0)
		return -EINVAL;
	f = fopen(run->path, "re");
	if (!f) {
		snprintf(why, size, "%s: %s", run->path, strerror(errno));
		cost_run_free(run);
		return -EINVAL;
	}
	err = take_lines(run, f, why, size);
	fclose(f);
	if (err)
		cost_run_free(run);
	return err ? -EINVAL : 0;
}

void cost_run_free(struct cost_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		free(run->cost[i].key);
		free(run->cost[i].process);
	}
	free(run->cost);
	free(run->path);
	memset(run, 0, sizeof(*run));
}
