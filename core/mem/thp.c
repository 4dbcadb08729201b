// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "core/base/util.h"

enum { HALF = HUGE_PAGE / 2 };

static size_t whole_thps(size_t len)
{
	return (len + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/* Maps whole THPs from at on, of which the region may be the first part only. */
static int map_thps(struct region *r, char *at)
{
	struct region all = *r;
	int err;

	/* What an earlier mapping of this region left behind its end. */
	all.len = whole_thps(r->len);
	if (all.len > r->len)
		munmap(at + r->len, all.len - r->len);
	err = region_map(&all, at, MAP_PRIVATE | MAP_ANONYMOUS);
	if (!err && madvise(at, all.len, MADV_HUGEPAGE))
		err = -errno;
	if (!err)
		r->addr = at;
	return err;
}

static int check_split(struct region *r, char *why, size_t size)
{
	long kb = smaps_kb(r->addr, "AnonHugePages");
	int err = region_check_present(r, false, why, size);

	if (err || kb < 0)
		return err ? err : (int)kb;
	if (!kb)
		return region_check_flags(r, flags_thp, "page of a THP", why, size);
	snprintf(why, size, "AnonHugePages is %ld kB: mapped by PMDs", kb);
	return 1;
}

static int split_thps(struct region *r)
{
	for (size_t off = 0; off < r->len; off += HUGE_PAGE) {
		char *page = r->addr + off + BASE_PAGE;

		if (mprotect(page, BASE_PAGE, PROT_READ) ||
		    mprotect(page, BASE_PAGE, PROT_READ | PROT_WRITE))
			return -errno;
	}
	return 0;
}

#define THP_KIND \
	.needs = { "thp", "khugepaged", "kpageflags" }, .share = SHARE_PRIVATE_ANON, .units = 1

const struct mem_kind mem_thp_pte = {
	.name = "thp-pte",
	.about = "a transparent huge page mapped by PTEs: mprotect of one page and back split it",
	.unit = HUGE_PAGE,
	.settle_at = SETTLE_FIRST_STORE,
	.map = map_thps,
	THP_KIND,
	.settle = split_thps,
	.check = check_split,
};

static int drop_the_rest(struct region *r)
{
	size_t rest = whole_thps(r->len) - r->len;

	return rest && munmap(r->addr + r->len, rest) ? -errno : 0;
}

static int check_rest_gone(struct region *r, char *why, size_t size)
{
	size_t rest = (whole_thps(r->len) - r->len) / BASE_PAGE;
	long left = page_count(r->addr + r->len, rest, PAGE_PRESENT);

	if (left < 0)
		return (int)left;
	if (!left)
		return check_split(r, why, size);
	snprintf(why, size, "%ld of the other %zu pages are still mapped", left, rest);
	return 1;
}

const struct mem_kind mem_thp_single = {
	.name = "thp-single",
	.about = "the first pages of a transparent huge page (one, unless the program wants more), "
		 "all others unmapped",
	.unit = BASE_PAGE,
	.settle_at = SETTLE_FIRST_STORE,
	.map = map_thps,
	THP_KIND,
	.settle = drop_the_rest,
	.check = check_rest_gone,
};

static int mremap_map(struct region *r, char *at)
{
	return region_map(r, at, MAP_PRIVATE | MAP_ANONYMOUS);
}

/*
 * Both ends of the region become one half of a THP, the other half stays beside;
 * THPs between are not aligned to their addresses any more.
 */
static int move_halves_in(struct region *r)
{
	struct region beside = *r;
	int err = region_untouched(r);

	if (err <= 0)
		return err;
	beside.len = whole_thps(r->len + HALF);
	munmap(r->addr + BESIDE_REGION, beside.len);
	err = map_thps(&beside, r->addr + BESIDE_REGION);
	if (err)
		return err;
	for (size_t off = 0; off < beside.len; off += HUGE_PAGE)
		*(volatile char *)(beside.addr + off) = 0;
	if (mremap(beside.addr + HALF, r->len, r->len, MREMAP_MAYMOVE | MREMAP_FIXED, r->addr) ==
	    MAP_FAILED)
		return -errno;
	return 0;
}

const struct mem_kind mem_thp_mremap = {
	.name = "thp-mremap",
	.about = "half of a transparent huge page, moved by mremap away from the other half",
	.unit = HALF,
	.settle_at = SETTLE_MAP,
	.map = mremap_map,
	THP_KIND,
	.settle = move_halves_in,
	.check = check_split,
};

static int advise_all_but_first(struct region *r, int advice)
{
	for (size_t off = 0; off < r->len; off += HUGE_PAGE)
		if (madvise(r->addr + off + BASE_PAGE, HUGE_PAGE - BASE_PAGE, advice))
			return -errno;
	return 0;
}

static int share_first_pages(struct region *r)
{
	int err = advise_all_but_first(r, MADV_DONTFORK);
	pid_t pid;

	if (err)
		return err;
	pid = fork();
	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		return -errno;
	return advise_all_but_first(r, MADV_DOFORK);
}

/* The head's flag tells on every kernel that has it, those of tails until 6.9. */
static int check_first_shared(struct region *r, char *why, size_t size)
{
	for (size_t off = 0; off < r->len; off += HUGE_PAGE) {
		struct page_fact fact;
		uint64_t flags;
		int err = pages_flags(r->addr + off, 1, &fact, &flags);

		if (err)
			return err;
		if (!flags_exclusive(flags))
			continue;
		snprintf(why, size, "page %zu is still exclusive to its process", off / BASE_PAGE);
		return 1;
	}
	return check_split(r, why, size);
}

const struct mem_kind mem_thp_shared = {
	.name = "thp-shared",
	.about = "a transparent huge page of which a child that is gone shared the first page only",
	.unit = HUGE_PAGE,
	.settle_at = SETTLE_FIRST_STORE,
	.map = map_thps,
	THP_KIND,
	.settle = share_first_pages,
	.check = check_first_shared,
};

static int read_first_bytes(struct region *r)
{
	for (size_t off = 0; off < r->len; off += HUGE_PAGE)
		(void)*(volatile char *)(r->addr + off);
	return 0;
}

static bool flags_huge_zero(uint64_t flags)
{
	return flags_zero(flags) && flags_thp(flags);
}

static int check_huge_zero(struct region *r, char *why, size_t size)
{
	return region_check_flags(r, flags_huge_zero, "huge zero page", why, size);
}

const struct mem_kind mem_huge_zeropage = {
	.name = "huge-zeropage",
	.about = "private anonymous memory that was only read: the huge zero page",
	.needs = { "thp", "khugepaged", "huge-zeropage", "kpageflags" },
	.share = SHARE_PRIVATE_ANON,
	.unit = HUGE_PAGE,
	.units = 1,
	.settle_at = SETTLE_MAP,
	.map = map_thps,
	.settle = read_first_bytes,
	.check = check_huge_zero,
};
