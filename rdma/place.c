// SPDX-License-Identifier: GPL-2.0-only
#include "rdma/place.h"

#include <hwloc.h>
#include <hwloc/glibc-sched.h>
#include <stdio.h>
#include <string.h>

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

static int choose(hwloc_topology_t t, const char *name, const cpu_set_t *allowed, char *text,
		  size_t size)
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
	if (near->nodeset)
		hwloc_bitmap_list_snprintf(nodes, sizeof(nodes), near->nodeset);
	if (cpu < 0)
		snprintf(text, size, "no CPU of NUMA node %s, near %.*s, is allowed: any CPU",
			 nodes, (int)len, name);
	else
		snprintf(text, size, "CPU %d, memory of NUMA node %s: near %.*s (hwloc)", cpu,
			 nodes, (int)len, name);
	return cpu;
}

int rdma_place(const char *name, const cpu_set_t *allowed, char *text, size_t size)
{
	hwloc_topology_t t;
	int cpu = -1;

	snprintf(text, size, "hwloc failed: any CPU");
	if (hwloc_topology_init(&t))
		return -1;
	if (!hwloc_topology_set_io_types_filter(t, HWLOC_TYPE_FILTER_KEEP_IMPORTANT) &&
	    !hwloc_topology_load(t))
		cpu = choose(t, name, allowed, text, size);
	hwloc_topology_destroy(t);
	return cpu;
}
