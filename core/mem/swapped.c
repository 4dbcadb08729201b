// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/*
 * An entry that two processes have is read into the swap cache by every kernel; one that a
 * single process has bypasses it on zram until 6.18 (SWP_SYNCHRONOUS_IO in do_swap_page()).
 * The child is gone before the first step, and its copy of the entry with it.
 */
static int swapcache_settle(struct region *r)
{
	int end[2], err = swapped_settle(r);
	pid_t pid;

	if (err)
		return err;
	if (pipe(end))
		return -errno;
	pid = fork();
	if (!pid) {
		char byte;

		close(end[1]);
		_exit(read(end[0], &byte, 1) ? 1 : 0);
	}
	err = pid < 0 ? -errno : 0;
	close(end[0]);
	for (size_t off = 0; off < r->len && !err; off += BASE_PAGE)
		(void)*(volatile char *)(r->addr + off);
	close(end[1]);
	if (pid > 0 && waitpid(pid, NULL, 0) != pid)
		err = -errno;
	return err;
}

static int swapcache_check(struct region *r, char *why, size_t size)
{
	int err = region_check_present(r, false, why, size);

	return err ? err :
		     region_check_flags(r, flags_swapcache, "page of the swap cache", why, size);
}

const struct mem_kind mem_swapcache = {
	.name = "swapcache",
	.about = "private anonymous base pages that a read brought back and that stay in the "
		 "swap cache",
	.needs = { "swap", "pageout", "kpageflags" },
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.settle_at = SETTLE_FIRST_STORE,
	.map = swapped_map,
	.settle = swapcache_settle,
	.check = swapcache_check,
};
