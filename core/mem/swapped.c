// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

#include "core/base/util.h"

static int swapped_map(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_PRIVATE | MAP_ANONYMOUS);
}

/* Number of base pages that are not in swap, or -errno. */
static int pages_left(const struct region *r)
{
	struct page_fact fact;
	int left = 0;

	for (size_t off = 0; off < r->len; off += BASE_PAGE) {
		int err = page_fact(r->addr + off, &fact);

		if (err)
			return err;
		left += !fact.swapped;
	}
	return left;
}

static int swapped_settle(struct region *r)
{
	const struct timespec nap = { .tv_nsec = 10000000 };

	/* A page in another CPU's LRU batch is passed over until that drains. */
	for (int i = 0; i < 20; i++) {
		int left;

		if (madvise(r->addr, r->len, MADV_PAGEOUT))
			return -errno;
		left = pages_left(r);
		if (left <= 0)
			return left;
		nanosleep(&nap, NULL);
	}
	return 0;
}

static int swapped_check(struct region *r, char *why, size_t size)
{
	int left = pages_left(r);

	if (left <= 0)
		return left;
	snprintf(why, size, "%d of %zu pages are not in swap", left, r->len / BASE_PAGE);
	return 1;
}

const struct mem_kind mem_swapped = {
	.name = "swapped",
	.about = "private anonymous base pages, in swap after their first store",
	.needs = { "swap", "pageout" },
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.settle_at = SETTLE_FIRST_STORE,
	.map = swapped_map,
	.settle = swapped_settle,
	.check = swapped_check,
};

/* Pages that were not in swap when they were read back, of the region settled last. */
static int never_swapped = -1;

static int swapped_ro_settle(struct region *r)
{
	int err = swapped_settle(r);

	if (err)
		return err;
	never_swapped = pages_left(r);
	for (size_t off = 0; off < r->len; off += BASE_PAGE)
		(void)*(volatile char *)(r->addr + off);
	return never_swapped < 0 ? never_swapped : 0;
}

static int swapped_ro_check(struct region *r, char *why, size_t size)
{
	if (!never_swapped)
		return region_check_present(r, false, why, size);
	snprintf(why, size, "%d of %zu pages were not in swap",
		 never_swapped < 0 ? (int)(r->len / BASE_PAGE) : never_swapped, r->len / BASE_PAGE);
	return 1;
}

const struct mem_kind mem_swapped_ro = {
	.name = "swapped-ro",
	.about = "private anonymous base pages that a read brought back from swap after their "
		 "first store",
	.needs = { "swap", "pageout" },
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.settle_at = SETTLE_FIRST_STORE,
	.map = swapped_map,
	.settle = swapped_ro_settle,
	.check = swapped_ro_check,
};
