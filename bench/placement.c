// SPDX-License-Identifier: GPL-2.0-only
#include "bench/placement.h"

#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/util.h"

/* Of the moment in which CPUs are watched, and how much of it is other people's work. */
enum { WATCH_MS = 60 };
#define BUSY 0.3

static double core_busy(const struct placement_cpu *all, size_t n, int core)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		if (all[i].core == core && all[i].busy > most)
			most = all[i].busy;
	return most;
}

static bool core_has_first(const struct placement_cpu *all, size_t n, int core)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].core == core && !all[i].cpu)
			return true;
	return false;
}

/* How many CPUs of the core come before it, from the highest number down. */
static unsigned sibling(const struct placement_cpu *all, size_t n, const struct placement_cpu *c)
{
	unsigned before = 0;

	for (size_t i = 0; i < n; i++)
		before += all[i].core == c->core && all[i].cpu > c->cpu;
	return before;
}

static unsigned rank_of(const struct placement_cpu *all, size_t n, const struct placement_cpu *c,
			int node)
{
	return (node >= 0 && c->node != node) << 12 | sibling(all, n, c) << 2 |
	       (core_busy(all, n, c->core) > BUSY) << 1 | core_has_first(all, n, c->core);
}

void placement_order(struct placement_cpu *c, size_t n, int node)
{
	for (size_t to = 0; to + 1 < n; to++) {
		struct placement_cpu best;
		size_t at = to;

		for (size_t i = to + 1; i < n; i++) {
			unsigned a = rank_of(c, n, &c[i], node), b = rank_of(c, n, &c[at], node);

			if (a < b || (a == b && c[i].cpu > c[at].cpu))
				at = i;
		}
		best = c[at];
		c[at] = c[to];
		c[to] = best;
	}
}

/* Jiffies of each CPU: all, and those that it was idle. */
struct stat_line {
	unsigned long long all, idle;
};

static void read_stat(struct stat_line line[CPU_SETSIZE])
{
	char text[1024];
	FILE *f = fopen("/proc/stat", "re");

	while (f && fgets(text, sizeof(text), f)) {
		unsigned long long v[8] = { 0 };
		int cpu;

		if (sscanf(text, "cpu%d %llu %llu %llu %llu %llu %llu %llu %llu", &cpu, &v[0],
			   &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) < 5 ||
		    cpu < 0 || cpu >= CPU_SETSIZE)
			continue;
		line[cpu].idle = v[3] + v[4];
		line[cpu].all = 0;
		for (int i = 0; i < 8; i++)
			line[cpu].all += v[i];
	}
	if (f)
		fclose(f);
}

static void watch(struct placement_cpu *c, size_t n)
{
	const struct timespec moment = { 0, WATCH_MS * 1000000L };
	static struct stat_line before[CPU_SETSIZE], after[CPU_SETSIZE];

	read_stat(before);
	nanosleep(&moment, NULL);
	read_stat(after);
	for (size_t i = 0; i < n; i++) {
		double all = (double)(after[c[i].cpu].all - before[c[i].cpu].all);
		double idle = (double)(after[c[i].cpu].idle - before[c[i].cpu].idle);

		c[i].busy = all > 0 ? 1 - idle / all : 0;
	}
}

static hwloc_topology_t load(void)
{
	hwloc_topology_t t;

	if (hwloc_topology_init(&t))
		return NULL;
	if (!hwloc_topology_load(t))
		return t;
	hwloc_topology_destroy(t);
	return NULL;
}

static void describe(hwloc_topology_t t, struct placement_cpu *c)
{
	hwloc_obj_t pu = t ? hwloc_get_pu_obj_by_os_index(t, (unsigned)c->cpu) : NULL;
	hwloc_obj_t core = pu ? hwloc_get_ancestor_obj_by_type(t, HWLOC_OBJ_CORE, pu) : NULL;

	c->core = core ? (int)core->logical_index : CPU_SETSIZE + c->cpu;
	c->node = pu && pu->nodeset ? hwloc_bitmap_first(pu->nodeset) : -1;
}

int placement_choose(const cpu_set_t *allowed, int node, int *cpu, int n)
{
	static struct placement_cpu c[CPU_SETSIZE];
	hwloc_topology_t t = load();
	size_t count = 0;

	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, allowed)) {
			c[count].cpu = i;
			describe(t, &c[count++]);
		}
	if (t)
		hwloc_topology_destroy(t);
	if (count > 1)
		watch(c, count);
	placement_order(c, count, node);
	if ((size_t)n > count)
		n = (int)count;
	for (int i = 0; i < n; i++)
		cpu[i] = c[i].cpu;
	return n;
}

int placement_node(int cpu)
{
	struct placement_cpu c = { .cpu = cpu, .node = -1 };
	hwloc_topology_t t = load();

	if (t) {
		describe(t, &c);
		hwloc_topology_destroy(t);
	}
	return c.node;
}

int placement_adapter(const char *name)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), "/sys/class/infiniband/%.*s/device/numa_node",
		 (int)strcspn(name, ":"), name);
	return file_read(path, text, sizeof(text)) > 0 ? atoi(text) : -1;
}

bool placement_has_node(int node, char *nodes, size_t size)
{
	hwloc_topology_t t = load();
	hwloc_obj_t o = NULL;
	bool found = false;
	size_t n = 0;

	snprintf(nodes, size, "none");
	while (t && (o = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_NUMANODE, o))) {
		found |= (int)o->os_index == node;
		n += (size_t)snprintf(nodes + n, size > n ? size - n : 0, "%s%u", n ? ", " : "",
				      o->os_index);
	}
	if (t)
		hwloc_topology_destroy(t);
	return found;
}

int placement_bind(int node)
{
	hwloc_topology_t t = load();
	hwloc_nodeset_t set = hwloc_bitmap_alloc();
	int err = t && set ? 0 : -ENOMEM;

	if (!err)
		err = hwloc_bitmap_only(set, (unsigned)node);
	if (!err && hwloc_set_membind(t, set, HWLOC_MEMBIND_BIND,
				      HWLOC_MEMBIND_THREAD | HWLOC_MEMBIND_STRICT |
					      HWLOC_MEMBIND_BYNODESET))
		err = -errno;
	hwloc_bitmap_free(set);
	if (t)
		hwloc_topology_destroy(t);
	return err;
}
