// SPDX-License-Identifier: GPL-2.0-only
#include "bench/counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DTLB_MISSES                                                    \
	(PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_OP_READ << 8 | \
	 PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

static const struct {
	const char *name;
	uint32_t type;
	uint64_t config;
} events[COUNTERS] = {
	[COUNT_FAULTS] = { "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	[COUNT_CYCLES] = { "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	[COUNT_INSTRUCTIONS] = { "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	[COUNT_DTLB_MISSES] = { "dTLB-load-misses", PERF_TYPE_HW_CACHE, DTLB_MISSES },
};

const char *counter_name(enum counter c)
{
	return events[c].name;
}

/* One group, so that all count the same stretch. */
void counters_begin(struct counting *c)
{
	for (int i = 0; i < COUNTERS; i++) {
		struct perf_event_attr attr = {
			.type = events[i].type,
			.size = sizeof(attr),
			.config = events[i].config,
			.disabled = !i,
			.exclude_hv = 1,
			.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
				       PERF_FORMAT_TOTAL_TIME_RUNNING,
		};

		c->fd[i] = (int)syscall(SYS_perf_event_open, &attr, 0, -1, i ? c->fd[0] : -1,
					PERF_FLAG_FD_CLOEXEC);
		c->err[i] = c->fd[i] < 0 ? errno : 0;
	}
	if (c->fd[0] >= 0)
		ioctl(c->fd[0], PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
}

void counters_end(struct counting *c, struct counts *to)
{
	if (c->fd[0] >= 0)
		ioctl(c->fd[0], PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
	memset(to, 0, sizeof(*to));
	to->taken = true;
	for (int i = 0; i < COUNTERS; i++) {
		uint64_t v[3] = { 0 }; /* value, time enabled, time running */

		to->err[i] = c->err[i];
		if (c->fd[i] < 0)
			continue;
		if (read(c->fd[i], v, sizeof(v)) != sizeof(v) || v[1] != v[2])
			to->err[i] = EBUSY; /* shared with another user of the counters */
		else
			to->value[i] = v[0];
		close(c->fd[i]);
	}
}
