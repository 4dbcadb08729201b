// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <stdio.h>
#include <sys/mman.h>

#include "core/base/util.h"

#define FILE_NAME "pinfold-hugetlbfs"

static int hugetlb_map(struct region *r, char *at)
{
	return region_map(r, at, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB);
}

static int check_size(struct region *r, bool shared, char *why, size_t size)
{
	long kb = smaps_kb(r->addr, "KernelPageSize");

	if (kb < 0)
		return (int)kb;
	if (kb == HUGE_PAGE / 1024)
		return region_check_present(r, shared, why, size);
	snprintf(why, size, "KernelPageSize is %ld kB", kb);
	return 1;
}

static int hugetlb_check(struct region *r, char *why, size_t size)
{
	return check_size(r, false, why, size);
}

const struct mem_kind mem_hugetlb_2m = {
	.name = "hugetlb-2M",
	.about = "private anonymous hugetlb page of 2 MiB",
	.needs = { "hugetlb-2M" },
	.share = SHARE_PRIVATE_ANON,
	.unit = HUGE_PAGE,
	.units = 1,
	.hugetlb = true,
	.pool = POOL_PAGES_2M,
	.map = hugetlb_map,
	.check = hugetlb_check,
};

enum { GIGANTIC = 1 << 30 };

/* The window lies over a border of 2 MiB, in the middle of the page. */
static char *window_of(char *at, size_t len)
{
	return at + GIGANTIC / 2 - len / 2 / BASE_PAGE * BASE_PAGE;
}

static int gigantic_map(struct region *r, char *at)
{
	struct region all = *r;
	int err;

	all.len = GIGANTIC;
	err = region_map(&all, at,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 30 << MAP_HUGE_SHIFT);
	if (!err)
		r->addr = window_of(at, r->len);
	return err;
}

static int gigantic_check(struct region *r, char *why, size_t size)
{
	long kb = smaps_kb(r->addr, "KernelPageSize");

	if (kb < 0)
		return (int)kb;
	if (kb == GIGANTIC / 1024)
		return region_check_present(r, false, why, size);
	snprintf(why, size, "KernelPageSize is %ld kB", kb);
	return 1;
}

const struct mem_kind mem_hugetlb_1g = {
	.name = "hugetlb-1G",
	.about =
		"4 base pages in the middle of a private anonymous hugetlb page of 1 GiB; the rest "
		"of it is not looked at",
	.needs = { "hugetlb-1G" },
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 4,
	.hugetlb = true,
	.window = true,
	.pool = POOL_PAGES_1G,
	.map = gigantic_map,
	.check = gigantic_check,
};

/*
 * A file of the kernel's own hugetlbfs mount, by the actor itself: nobody can
 * write(2) to it. Its pages are in the page cache before the region is mapped.
 */
static int map_hugetlbfs(struct region *r, char *at, int flags)
{
	own_fd fd = memfd_create(FILE_NAME, MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
	struct region file = *r;
	char *cache;
	int err;

	if (fd < 0 || ftruncate(fd, (off_t)r->len))
		return -errno;
	cache = mmap(NULL, r->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (cache == MAP_FAILED)
		return -errno;
	for (size_t off = 0; off < r->len; off += HUGE_PAGE)
		*(volatile char *)(cache + off) = 0;
	munmap(cache, r->len);
	file.fd = fd;
	err = region_map(&file, at, flags);
	if (!err)
		r->addr = at;
	return err;
}

static int private_hugetlbfs_map(struct region *r, char *at)
{
	return map_hugetlbfs(r, at, MAP_PRIVATE);
}

static int shared_hugetlbfs_map(struct region *r, char *at)
{
	return map_hugetlbfs(r, at, MAP_SHARED);
}

/* Anonymous memory of hugetlb has a file as well, with another name. */
static int check_named(struct region *r, bool shared, char *why, size_t size)
{
	int named = smaps_named(r->addr, FILE_NAME);

	if (named < 0)
		return named;
	if (named)
		return check_size(r, shared, why, size);
	snprintf(why, size, "the mapping is not of a file of ours");
	return 1;
}

static int private_hugetlbfs_check(struct region *r, char *why, size_t size)
{
	return check_named(r, false, why, size);
}

static int shared_hugetlbfs_check(struct region *r, char *why, size_t size)
{
	return check_named(r, true, why, size);
}

const struct mem_kind mem_private_hugetlbfs = {
	.name = "private-hugetlbfs",
	.about = "MAP_PRIVATE of a file on hugetlbfs whose 2 MiB pages are in the page cache",
	.needs = { "hugetlb-2M" },
	.share = SHARE_PRIVATE_FILE,
	.unit = HUGE_PAGE,
	.units = 1,
	.hugetlb = true,
	.pool = POOL_PAGES_2M,
	.map = private_hugetlbfs_map,
	.check = private_hugetlbfs_check,
};

const struct mem_kind mem_shared_hugetlbfs = {
	.name = "shared-hugetlbfs",
	.about = "MAP_SHARED of a file on hugetlbfs, pages of 2 MiB",
	.needs = { "hugetlb-2M" },
	.share = SHARE_SHARED,
	.unit = HUGE_PAGE,
	.units = 1,
	.hugetlb = true,
	.pool = POOL_PAGES_2M,
	.map = shared_hugetlbfs_map,
	.check = shared_hugetlbfs_check,
};
