// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "core/base/util.h"

static int anon_map(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_PRIVATE | MAP_ANONYMOUS);
}

static int anon_check(struct region *r, char *why, size_t size)
{
	return region_check_present(r, false, why, size);
}

const struct mem_kind mem_anon = {
	.name = "anon",
	.about = "private anonymous base pages",
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.map = anon_map,
	.check = anon_check,
};

static int thp_map(struct region *r, char *at)
{
	int err = region_map(r, at, MAP_PRIVATE | MAP_ANONYMOUS);

	if (!err && madvise(r->addr, r->len, MADV_HUGEPAGE))
		err = -errno;
	return err;
}

static int thp_check(struct region *r, char *why, size_t size)
{
	long kb = smaps_kb(r->addr, "AnonHugePages");

	if (kb < 0)
		return (int)kb;
	/* Neighbouring regions may have become one entry. */
	if ((size_t)kb >= r->len / 1024)
		return region_check_present(r, false, why, size);
	snprintf(why, size, "AnonHugePages is %ld kB of %zu", kb, r->len / 1024);
	return 1;
}

const struct mem_kind mem_thp = {
	.name = "thp",
	.about = "private anonymous memory, one transparent huge page mapped by its PMD",
	.needs = { "thp", "khugepaged" },
	.share = SHARE_PRIVATE_ANON,
	.unit = HUGE_PAGE,
	.units = 1,
	.map = thp_map,
	.check = thp_check,
};

static int shared_anon_map(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_SHARED | MAP_ANONYMOUS);
}

static int shared_anon_check(struct region *r, char *why, size_t size)
{
	return region_check_present(r, true, why, size);
}

const struct mem_kind mem_shared_anon = {
	.name = "shared-anon",
	.about = "MAP_SHARED|MAP_ANONYMOUS base pages",
	.share = SHARE_SHARED,
	.unit = BASE_PAGE,
	.units = 2,
	.map = shared_anon_map,
	.check = shared_anon_check,
};

static int lying_check(struct region *r, char *why, size_t size)
{
	(void)r;
	(void)why;
	(void)size;
	return 0;
}

const struct mem_kind mem_mutant_shared = {
	.name = "mutant-shared",
	.about = "claims to be private and is shared",
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.mutant = true,
	.map = shared_anon_map,
	.check = lying_check,
};

/* Of this process; a fresh page that was only read shows it. */
static unsigned long zero_pfn;

static int zeropage_settle(struct region *r)
{
	struct page_fact fact;
	char *fresh = mmap(NULL, BASE_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	if (fresh == MAP_FAILED)
		return -errno;
	madvise(fresh, BASE_PAGE, MADV_NOHUGEPAGE);
	(void)*(volatile char *)fresh;
	err = page_fact(fresh, &fact);
	munmap(fresh, BASE_PAGE);
	if (err)
		return err;
	zero_pfn = fact.pfn;
	for (size_t off = 0; off < r->len; off += BASE_PAGE)
		(void)*(volatile char *)(r->addr + off);
	return 0;
}

static int zeropage_check(struct region *r, char *why, size_t size)
{
	struct page_fact fact;

	for (size_t off = 0; off < r->len; off += BASE_PAGE) {
		int err = page_fact(r->addr + off, &fact);

		if (err)
			return err;
		if (fact.present && zero_pfn && fact.pfn == zero_pfn)
			continue;
		snprintf(why, size, "page %zu is frame %#lx, the zero page is %#lx",
			 off / BASE_PAGE, fact.pfn, zero_pfn);
		return 1;
	}
	return 0;
}

const struct mem_kind mem_zeropage = {
	.name = "zeropage",
	.about = "private anonymous base pages that were only read: the zero page",
	.needs = { "pagemap" },
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.settle_at = SETTLE_MAP,
	.map = anon_map,
	.settle = zeropage_settle,
	.check = zeropage_check,
};
