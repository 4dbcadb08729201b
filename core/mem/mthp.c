// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "core/base/util.h"

enum { PAGES_MAX = 256 };

static int mthp_map(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_PRIVATE | MAP_ANONYMOUS);
}

/*
 * Unit by unit: the mapping that asks for huge pages ends with the unit and all
 * before it is populated, so no larger folio fits, whatever sizes are enabled.
 */
static int mthp_settle(struct region *r)
{
	int err = region_untouched(r);

	if (err <= 0)
		return err;
	for (size_t off = 0; off < r->len; off += r->kind->unit) {
		if (madvise(r->addr + off, r->kind->unit, MADV_HUGEPAGE))
			return -errno;
		*(volatile char *)(r->addr + off) = 0;
	}
	return 0;
}

/* Whether the frame behind a folio is a tail: the folio is larger then. */
static int goes_on(unsigned long pfn)
{
	uint64_t flags;

	/* Behind the last frame of memory there are no flags to read. */
	return !frame_flags(pfn, &flags) && flags_tail(flags);
}

static int check_unit(const char *addr, size_t unit, char *why, size_t size)
{
	struct page_fact fact[PAGES_MAX];
	uint64_t flags[PAGES_MAX];
	size_t pages = unit / BASE_PAGE;
	int err = pages_flags(addr, pages, fact, flags);

	if (err)
		return err;
	if (fact[0].pfn % pages || goes_on(fact[0].pfn + pages)) {
		snprintf(why, size, "frame %#lx does not begin a folio of %zu kB", fact[0].pfn,
			 unit / 1024);
		return 1;
	}
	for (size_t i = 0; i < pages; i++) {
		if (fact[i].pfn == fact[0].pfn + i &&
		    (i ? flags_tail(flags[i]) : flags_head(flags[i])))
			continue;
		snprintf(why, size, "not one folio of %zu kB: page %zu, frame %#lx, flags %#lx",
			 unit / 1024, i, fact[i].pfn, (unsigned long)flags[i]);
		return 1;
	}
	return 0;
}

static int mthp_check(struct region *r, char *why, size_t size)
{
	int err = region_check_present(r, false, why, size);

	for (size_t off = 0; off < r->len && !err; off += r->kind->unit)
		err = check_unit(r->addr + off, r->kind->unit, why, size);
	return err;
}

#define MTHP(kb, text, need)                                                                \
	{                                                                                   \
		.name = "mthp-" text, .about = "private anonymous folios of " text,         \
		.needs = { need, "khugepaged", "kpageflags" }, .share = SHARE_PRIVATE_ANON, \
		.unit = (kb)*1024u, .units = 1, .settle_at = SETTLE_MAP, .map = mthp_map,   \
		.settle = mthp_settle, .check = mthp_check,                                 \
	}

const struct mem_kind mem_mthp_16k = MTHP(16, "16k", "mthp-16k");
const struct mem_kind mem_mthp_32k = MTHP(32, "32k", "mthp-32k");
const struct mem_kind mem_mthp_64k = MTHP(64, "64k", "mthp-64k");
const struct mem_kind mem_mthp_128k = MTHP(128, "128k", "mthp-128k");
const struct mem_kind mem_mthp_256k = MTHP(256, "256k", "mthp-256k");
const struct mem_kind mem_mthp_512k = MTHP(512, "512k", "mthp-512k");
const struct mem_kind mem_mthp_1m = MTHP(1024, "1M", "mthp-1M");
