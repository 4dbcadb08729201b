/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of the whole host that must be after a batch of cells what they were before.
 * Not among them what KSM merged: it merges for everybody, and guests of the host ask
 * it to all the time.
 */
#ifndef CORE_RUN_HOST_COUNT_H
#define CORE_RUN_HOST_COUNT_H

#include <stdbool.h>
#include <stddef.h>

enum host_counter {
	COUNT_PINS,	     /* nr_foll_pin_acquired - nr_foll_pin_released, pages */
	COUNT_HUGE_USED,     /* hugetlb pages of all sizes that are taken, kB */
	COUNT_HUGE_RESERVED, /* reserved, kB */
	COUNT_HUGE_SURPLUS,  /* beyond the pool's size, kB */
	COUNT_SWAP,	     /* used, kB */
	HOST_COUNTERS
};

struct host_counts {
	long value[HOST_COUNTERS]; /* -1: can't be told here */
};

void host_counts_read(struct host_counts *c);

/* The first counter that is not what it was before, by more than it may be, or -1. */
int host_counts_differ(const struct host_counts *before, const struct host_counts *now);

/* The same for now; waits up to `patience_ms` for what comes back late (rings). */
int host_counts_changed(const struct host_counts *before, struct host_counts *now,
			unsigned patience_ms);

/* "pages pinned", for a line to people. */
const char *host_counter_name(int counter);

#endif
