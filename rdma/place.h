/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPU, and with it which memory, is near an adapter: as hwloc knows it. */
#ifndef RDMA_PLACE_H
#define RDMA_PLACE_H

#include <sched.h>
#include <stddef.h>

/*
 * name: DEV[:PORT[:GID]]. The last of the allowed CPUs that are near the device, or -1
 * when hwloc knows none; text says which one, or why. nodes: a bitmap of the NUMA nodes
 * near it, 0 for none; or NULL.
 */
int rdma_place(const char *name, const cpu_set_t *allowed, unsigned long *nodes, char *text,
	       size_t size);

/*
 * What the process and its children allocate from now on comes from these nodes; shown by
 * move_pages(2) of a page. Where a kind asks for another node it gets that. On a host with
 * one node nothing is to be done. 0, or -errno: then nothing is bound. text says what was
 * done, or is empty.
 */
int rdma_bind(unsigned long nodes, char *text, size_t size);

#endif
