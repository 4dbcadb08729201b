/* SPDX-License-Identifier: GPL-2.0-only */
/* On which NUMA nodes pages lie: as move_pages(2) says, which touches none. */
#ifndef BENCH_PLACED_H
#define BENCH_PLACED_H

#include <stddef.h>
#include <stdint.h>

enum { PLACED_NODES = 64 };

struct placed {
	uint32_t on[PLACED_NODES];
	uint32_t zero;	  /* the zero page: on no node */
	uint32_t unknown; /* not there, or the kernel does not say */
};

/* Adds the pages at first, first + stride, ... */
void placed_count(struct placed *p, char *first, size_t stride, size_t count);
void placed_add(struct placed *to, const struct placed *from);
/* How many are not known to be on that node. */
uint32_t placed_elsewhere(const struct placed *p, int node);

#endif
