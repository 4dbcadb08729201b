/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPU, and with it which memory, is near an adapter: as hwloc knows it. */
#ifndef RDMA_PLACE_H
#define RDMA_PLACE_H

#include <sched.h>
#include <stddef.h>

/*
 * name: DEV[:PORT[:GID]]. The last of the allowed CPUs that are near the device, or -1
 * when hwloc knows none; text says which one, or why. Memory is first touched there,
 * so it is that of the CPU's node.
 */
int rdma_place(const char *name, const cpu_set_t *allowed, char *text, size_t size);

#endif
