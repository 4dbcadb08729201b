/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perf_event counters around a timed step. An open event is in the way of fork and of
 * context switches, so they are read in the warm-up process only, whose times are not kept.
 */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

enum counter { COUNT_FAULTS, COUNT_CYCLES, COUNT_INSTRUCTIONS, COUNT_DTLB_MISSES, COUNTERS };

struct counts {
	bool taken;
	int err[COUNTERS]; /* why it was not counted; 0: it was */
	uint64_t value[COUNTERS];
};

/* As the record and perf(1) name it. */
const char *counter_name(enum counter c);

/* Counts the calling thread, in user and kernel mode, from here on; -1 or a descriptor. */
struct counting {
	int fd[COUNTERS], err[COUNTERS];
};

void counters_begin(struct counting *c);
void counters_end(struct counting *c, struct counts *to);

#endif
