// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/base/util.h"
#include "core/mem/page.h"

enum { WAIT_MS = 4000, NAP_MS = 5 };

static int ksm_map(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_PRIVATE | MAP_ANONYMOUS);
}

/* How many pages are not one with their twin. */
static int pages_apart(const struct region *r)
{
	int apart = 0;

	for (size_t off = 0; off < r->len; off += BASE_PAGE)
		apart += !page_merged(r->addr + off, r->addr + BESIDE_REGION + off);
	return apart;
}

static int pages_not_zero(const struct region *r)
{
	char why[64];

	return region_check_flags(r, flags_zero, "", why, sizeof(why));
}

/* Until ksmd has been at every page; whether it was is what check finds out. */
static int wait_for_ksmd(const struct region *r, int (*left)(const struct region *r))
{
	const struct timespec nap = { .tv_nsec = NAP_MS * 1000000l };

	for (int ms = 0; ms < WAIT_MS; ms += NAP_MS) {
		int n = left(r);

		if (n <= 0)
			return n;
		nanosleep(&nap, NULL);
	}
	return 0;
}

/* The twins stay mapped beside the region for as long as the process lives. */
static int ksm_settle(struct region *r)
{
	struct region twin = *r;
	int err;

	munmap(r->addr + BESIDE_REGION, r->len);
	err = ksm_map(&twin, r->addr + BESIDE_REGION);
	if (err)
		return err;
	memcpy(twin.addr, r->addr, r->len);
	if (madvise(twin.addr, r->len, MADV_MERGEABLE) || madvise(r->addr, r->len, MADV_MERGEABLE))
		return -errno;
	return wait_for_ksmd(r, pages_apart);
}

static int ksm_check(struct region *r, char *why, size_t size)
{
	int n = region_check_present(r, false, why, size);

	if (!n)
		n = pages_apart(r);
	if (n <= 0)
		return n;
	snprintf(why, size, "%d of %zu pages are not merged", n, r->len / BASE_PAGE);
	return 1;
}

const struct mem_kind mem_ksm = {
	.name = "ksm",
	.about = "private anonymous base pages, each merged by KSM with an identical twin",
	.needs = { "ksm", "kpageflags" },
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.settle_at = SETTLE_FIRST_STORE,
	.map = ksm_map,
	.settle = ksm_settle,
	.check = ksm_check,
};

static int ksm_zero_settle(struct region *r)
{
	int err = region_untouched(r);

	if (err <= 0)
		return err;
	for (size_t off = 0; off < r->len; off += BASE_PAGE)
		*(volatile char *)(r->addr + off) = 0;
	if (madvise(r->addr, r->len, MADV_MERGEABLE))
		return -errno;
	return wait_for_ksmd(r, pages_not_zero);
}

/* Pages of this process that KSM replaced so, from 6.6 on; else -1. */
static long zero_pages_by_ksm(void)
{
	char text[512], *at;

	if (file_read("/proc/self/ksm_stat", text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, "ksm_zero_pages");
	return at ? strtol(at + sizeof("ksm_zero_pages") - 1, NULL, 10) : -1;
}

static int ksm_zero_check(struct region *r, char *why, size_t size)
{
	long pages = zero_pages_by_ksm();

	if (pages < 0 || (size_t)pages >= r->len / BASE_PAGE)
		return region_check_flags(r, flags_zero, "zero page", why, size);
	snprintf(why, size, "KSM replaced %ld of %zu pages", pages, r->len / BASE_PAGE);
	return 1;
}

const struct mem_kind mem_ksm_zero = {
	.name = "ksm-zero",
	.about = "private anonymous base pages full of zeros, which KSM replaced by the zero page",
	.needs = { "ksm-zero", "kpageflags" },
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.settle_at = SETTLE_MAP,
	.map = ksm_map,
	.settle = ksm_zero_settle,
	.check = ksm_zero_check,
};
