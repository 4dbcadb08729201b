// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"

enum { FRAMES_KEPT = 64 };

/* Frames before the move, of the region that settled last; 0 before any did. */
static unsigned long frame_before[FRAMES_KEPT];

unsigned long nodes_with_memory(void)
{
	unsigned long mask = 0, first, last;
	char text[256], *at = text;

	if (file_read("/sys/devices/system/node/has_memory", text, sizeof(text)) <= 0)
		return 0;
	while (*at) {
		first = last = strtoul(at, &at, 10);
		if (*at == '-')
			last = strtoul(at + 1, &at, 10);
		for (; first <= last && first < 64; first++)
			mask |= 1ul << first;
		if (*at++ != ',')
			break;
	}
	return mask;
}

/* Another node with memory than `node`, or -1. */
static int other_node(int node)
{
	unsigned long mask = nodes_with_memory() & ~(1ul << node);

	return mask ? __builtin_ctzl(mask) : -1;
}

static int own_node(void)
{
	unsigned node = 0;

	return syscall(SYS_getcpu, NULL, &node, NULL) ? 0 : (int)node;
}

/* The node of the page at addr, or -errno; a query does not touch the page. */
static int node_of(char *addr)
{
	void *page = addr;
	int status = -ENOENT;

	if (syscall(SYS_move_pages, 0, 1ul, &page, NULL, &status, 0))
		return -errno;
	return status;
}

static int far_map(struct region *r, char *at)
{
	int node = other_node(own_node());
	unsigned long mask = node < 0 ? 0 : 1ul << node;
	int err = region_map_small(r, at, MAP_PRIVATE | MAP_ANONYMOUS);

	if (!err && syscall(SYS_mbind, at, r->len, MPOL_BIND, &mask, 64ul, 0))
		err = -errno;
	return err;
}

static int far_check(struct region *r, char *why, size_t size)
{
	for (size_t off = 0; off < r->len; off += BASE_PAGE) {
		int node = node_of(r->addr + off);

		if (node < 0)
			return node;
		if (node != own_node())
			continue;
		snprintf(why, size, "page %zu is on node %d, where the process runs",
			 off / BASE_PAGE, node);
		return 1;
	}
	return region_check_present(r, false, why, size);
}

const struct mem_kind mem_numa_far = {
	.name = "numa-far",
	.about = "private anonymous base pages bound to another node than that of the CPU",
	.needs = { "nodes" },
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.map = far_map,
	.check = far_check,
};

static int migrated_map(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_PRIVATE | MAP_ANONYMOUS);
}

/* A page in an LRU batch of another CPU is passed over, and told so by status. */
static int move_page(char *addr)
{
	void *page = addr;
	int node = node_of(addr), status;

	if (node < 0)
		return node;
	node = other_node(node);
	return syscall(SYS_move_pages, 0, 1ul, &page, &node, &status, MPOL_MF_MOVE) < 0 ? -errno :
											  0;
}

static int migrated_settle(struct region *r)
{
	for (size_t i = 0; i < r->len / BASE_PAGE; i++) {
		struct page_fact fact;
		int err = page_fact(r->addr + i * BASE_PAGE, &fact);

		if (err)
			return err;
		if (i < FRAMES_KEPT)
			frame_before[i] = fact.pfn;
		err = move_page(r->addr + i * BASE_PAGE);
		if (err)
			return err;
	}
	return 0;
}

static int migrated_check(struct region *r, char *why, size_t size)
{
	for (size_t i = 0; i < r->len / BASE_PAGE && i < FRAMES_KEPT; i++) {
		struct page_fact fact;
		int err = page_fact(r->addr + i * BASE_PAGE, &fact);

		if (err)
			return err;
		if (fact.pfn && frame_before[i] && fact.pfn != frame_before[i])
			continue;
		snprintf(why, size, "page %zu was not moved, it is frame %#lx", i, fact.pfn);
		return 1;
	}
	return region_check_present(r, false, why, size);
}

const struct mem_kind mem_migrated = {
	.name = "migrated",
	.about = "private anonymous base pages, migrated to another node after their first store",
	.needs = { "nodes", "pagemap" },
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.settle_at = SETTLE_FIRST_STORE,
	.map = migrated_map,
	.settle = migrated_settle,
	.check = migrated_check,
};
