// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/oracle.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/need/need.h"
#include "core/run/kernel_log.h"

enum { PATIENCE_MS = 1000, AGAIN_MS = 250 };

int oracle_open(struct oracle *o, bool planted, char *why, size_t size)
{
	*o = (struct oracle){ .log = kernel_log_open(), .planted = planted };
	if (o->log >= 0)
		return 0;
	snprintf(why, size, "the kernel log is not watched: /dev/kmsg: %s", errno_name(-o->log));
	o->log = -1;
	return 1;
}

void oracle_close(struct oracle *o)
{
	close_fd(&o->log);
	o->log = -1;
}

void oracle_begin(struct oracle *o)
{
	struct kernel_complaint old;

	kernel_log_read(o->log, o->planted, &old);
	o->taint = kernel_taint();
	o->needs = need_changes();
	host_counts_read(&o->before);
}

static void found(struct verdict *v, const char *class, const char *law)
{
	*v = (struct verdict){ .kind = VERDICT_FAIL, .page = -1, .offset = -1 };
	snprintf(v->class, sizeof(v->class), "%s", class);
	snprintf(v->law, sizeof(v->law), "%s", law);
}

static bool log_complains(struct oracle *o, struct verdict *v)
{
	unsigned long taint = kernel_taint() & ~o->taint;
	struct kernel_complaint c;

	kernel_log_read(o->log, o->planted, &c);
	o->lost |= c.lost;
	if (!c.lines && !taint)
		return false;
	found(v, "kernel-log", "");
	if (c.lines) {
		snprintf(v->read, sizeof(v->read), "%s, %d line%s", c.what, c.lines,
			 c.lines > 1 ? "s" : "");
		snprintf(v->why, sizeof(v->why), "%s", c.line);
	} else {
		kernel_taint_print(taint, v->read, sizeof(v->read));
		snprintf(v->why, sizeof(v->why), "the kernel is newly tainted: %s", v->read);
	}
	snprintf(v->allowed, sizeof(v->allowed), "no complaint of the kernel");
	return true;
}

bool oracle_end(struct oracle *o, bool again, struct verdict *v)
{
	struct host_counts now;
	int counter;

	if (log_complains(o, v))
		return true;
	/* A need that was met in between has moved them on purpose. */
	if (o->needs != need_changes())
		return false;
	counter = host_counts_changed(&o->before, &now, again ? AGAIN_MS : PATIENCE_MS);
	if (counter < 0)
		return false;
	found(v, "accounting", "accounting");
	snprintf(v->read, sizeof(v->read), "%ld %s", now.value[counter],
		 host_counter_name(counter));
	snprintf(v->allowed, sizeof(v->allowed), "%ld, as before", o->before.value[counter]);
	snprintf(v->why, sizeof(v->why), "all processes of the cell are gone, its traces are not");
	return true;
}
