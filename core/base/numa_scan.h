/* SPDX-License-Identifier: GPL-2.0-only */
/* Passes of the kernel's NUMA balancing over the memory of this process. */
#ifndef CORE_BASE_NUMA_SCAN_H
#define CORE_BASE_NUMA_SCAN_H

enum numa_scan_result {
	NUMA_SCANNED,
	NUMA_NO_PASS,  /* no pass over all of the address space in the time */
	NUMA_NO_FAULT, /* a page of its own was not made to fault */
};

/*
 * Uses the CPU until balancing has passed over the whole address space, as
 * /proc/self/sched counts, and proves by the fault of a page of its own, mapped
 * meanwhile, that the pass took page table entries away. An enum numa_scan_result,
 * or -errno.
 */
int numa_scan(unsigned timeout_ms);

#endif
