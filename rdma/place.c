// SPDX-License-Identifier: GPL-2.0-only
#include "rdma/place.h"

#include <errno.h>
#include <hwloc.h>
#include <hwloc/glibc-sched.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/mem/kind.h"

#ifndef MPOL_F_NUMA_BALANCING
#define MPOL_F_NUMA_BALANCING (1 << 13)
#endif

static hwloc_obj_t find_device(hwloc_topology_t t, const char *name, size_t len)
{
	hwloc_obj_t o = NULL;

	while ((o = hwloc_get_next_osdev(t, o)))
		if (o->name && strlen(o->name) == len && !strncmp(o->name, name, len) &&
		    o->attr->osdev.type == HWLOC_OBJ_OSDEV_OPENFABRICS)
			return hwloc_get_non_io_ancestor_obj(t, o);
	return NULL;
}

static int last_common(hwloc_topology_t t, hwloc_obj_t near, const cpu_set_t *allowed)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	int cpu = -1;

	if (set && !hwloc_cpuset_from_glibc_sched_affinity(t, set, allowed, sizeof(*allowed))) {
		hwloc_bitmap_and(set, set, near->cpuset);
		cpu = hwloc_bitmap_last(set);
	}
	hwloc_bitmap_free(set);
	return cpu;
}

static int choose(hwloc_topology_t t, const char *name, const cpu_set_t *allowed,
		  unsigned long *set, char *text, size_t size)
{
	size_t len = strcspn(name, ":");
	hwloc_obj_t near = find_device(t, name, len);
	char nodes[64] = "?";
	int cpu;

	if (!near || !near->cpuset || hwloc_bitmap_iszero(near->cpuset)) {
		snprintf(text, size, "hwloc does not know where %.*s is: any CPU", (int)len, name);
		return -1;
	}
	cpu = last_common(t, near, allowed);
	if (near->nodeset) {
		hwloc_bitmap_list_snprintf(nodes, sizeof(nodes), near->nodeset);
		*set = hwloc_bitmap_to_ulong(near->nodeset);
	}
	if (cpu < 0)
		snprintf(text, size, "no CPU of NUMA node %s, near %.*s, is allowed: any CPU",
			 nodes, (int)len, name);
	else
		snprintf(text, size, "CPU %d, memory of NUMA node %s: near %.*s (hwloc)", cpu,
			 nodes, (int)len, name);
	return cpu;
}

int rdma_place(const char *name, const cpu_set_t *allowed, unsigned long *nodes, char *text,
	       size_t size)
{
	unsigned long set = 0;
	hwloc_topology_t t;
	int cpu = -1;

	snprintf(text, size, "hwloc failed: any CPU");
	if (!hwloc_topology_init(&t)) {
		if (!hwloc_topology_set_io_types_filter(t, HWLOC_TYPE_FILTER_KEEP_IMPORTANT) &&
		    !hwloc_topology_load(t))
			cpu = choose(t, name, allowed, &set, text, size);
		hwloc_topology_destroy(t);
	}
	if (nodes)
		*nodes = set;
	return cpu;
}

/* Where a page that is touched now lies, or -errno. */
static int fresh_node(void)
{
	void *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status = -ENOENT;

	if (page == MAP_FAILED)
		return -errno;
	*(volatile char *)page = 1;
	if (syscall(SYS_move_pages, 0, 1ul, &page, NULL, &status, 0))
		status = -errno;
	munmap(page, BASE_PAGE);
	return status;
}

/* With balancing, as without a policy: else no access would ever be made to fault (numa-hint). */
int rdma_bind(unsigned long nodes, char *text, size_t size)
{
	const int mode = MPOL_BIND | MPOL_F_NUMA_BALANCING;
	unsigned long all = nodes_with_memory();
	int node;

	*text = '\0';
	nodes &= all;
	if (!nodes || nodes == all)
		return 0;
	if (syscall(SYS_set_mempolicy, mode, &nodes, 8 * sizeof(nodes) + 1)) {
		int err = -errno;

		snprintf(text, size, "memory is not bound (%s; a kernel from 5.12 on can)",
			 errno_name(-err));
		return err;
	}
	node = fresh_node();
	if (node >= 0 && nodes >> node & 1) {
		snprintf(text, size, "memory is bound: a page that was touched is on node %d",
			 node);
		return 0;
	}
	syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0ul);
	snprintf(text, size, "memory is not bound: a page that was touched is %s%d",
		 node < 0 ? "nowhere, error " : "on node ", node < 0 ? -node : node);
	return node < 0 ? node : -EXDEV;
}
