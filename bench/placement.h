/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPUs and which memory a benchmark uses, by hwloc. */
#ifndef BENCH_PLACEMENT_H
#define BENCH_PLACEMENT_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

#include "bench/placed.h"

/* What is known about a CPU when one is chosen. */
struct placement_cpu {
	int cpu, core, node;
	double busy; /* share of the last moment in which it was */
};

/*
 * Puts the n best CPUs first, the best at [0]: on a wanted node (-1: any) before others, one
 * of each core before its siblings, idle cores before those with a busy CPU, cores without
 * CPU 0 before its own, then from the highest number down.
 */
void placement_order(struct placement_cpu *c, size_t n, int node);

/* The first n of that order among the allowed ones, into cpu[]. How many there were. */
int placement_choose(const cpu_set_t *allowed, int node, int *cpu, int n);

/* The node of a CPU, and of an RDMA device DEV[:PORT[:GID]]; -1: unknown. */
int placement_node(int cpu);
int placement_adapter(const char *name);

/* Whether that node has memory; `nodes` becomes a list of those that have. */
bool placement_has_node(int node, char *nodes, size_t size);
/* All memory of this process and of those that it forks comes from there. 0 or -errno. */
int placement_bind(int node);

#endif
