/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many page table entries NUMA balancing made inaccessible in a range of this process.
 * No file shows that: the kernel's calls of change_prot_numa() by the calling thread are
 * recorded, the range of each and what it returned.
 */
#ifndef CORE_BASE_NUMA_ENTRIES_H
#define CORE_BASE_NUMA_ENTRIES_H

#include <stddef.h>

struct numa_entries {
	int entry, back; /* events of perf_event_open(2), -1 when closed */
	void *entries, *backs;
};

/* Begins to record. 0, or -errno: this kernel or machine can't. Root only. */
int numa_entries_open(struct numa_entries *e);
/*
 * Those in areas that overlap the range (all of such an area), so far; of calls that are over.
 * -1 when calls and returns don't pair.
 */
long numa_entries_count(const struct numa_entries *e, const void *addr, size_t len);
/* Also after a failed open. */
void numa_entries_close(struct numa_entries *e);

#endif
