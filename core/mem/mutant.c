// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kinds that lie. Most do not bring their state about and keep the true kind's
 * check, which must see it; the others are for the laws to catch.
 */
#include "core/mem/kind.h"

#include <linux/magic.h>
#include <sys/mman.h>

#include "core/base/util.h"

#define CHECK_OF(kind)                                                    \
	static int check_##kind(struct region *r, char *why, size_t size) \
	{                                                                 \
		return mem_##kind.check(r, why, size);                    \
	}

CHECK_OF(thp_pte)
CHECK_OF(thp_single)
CHECK_OF(thp_mremap)
CHECK_OF(thp_shared)
CHECK_OF(mthp_64k)
CHECK_OF(huge_zeropage)
CHECK_OF(swapped_ro)
CHECK_OF(swapcache)
CHECK_OF(ksm)
CHECK_OF(ksm_zero)
CHECK_OF(stack)
CHECK_OF(heap)
CHECK_OF(malloc)
CHECK_OF(migrated)
CHECK_OF(numa_far)
CHECK_OF(private_hugetlbfs)
CHECK_OF(private_ext4)
CHECK_OF(shared_xfs)
CHECK_OF(shared_mount)
CHECK_OF(secretmem)
CHECK_OF(hugetlb_1g)

static int check_nothing(struct region *r, char *why, size_t size)
{
	(void)r;
	(void)why;
	(void)size;
	return 0;
}

static int settle_nothing(struct region *r)
{
	(void)r;
	return 0;
}

static int settle_split(struct region *r)
{
	return mem_thp_pte.settle(r);
}

static int settle_read(struct region *r)
{
	return mem_zeropage.settle(r);
}

static int map_small(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_PRIVATE | MAP_ANONYMOUS);
}

static int map_thp(struct region *r, char *at)
{
	return mem_thp_single.map(r, at);
}

static int map_shared_hugetlbfs(struct region *r, char *at)
{
	return mem_shared_hugetlbfs.map(r, at);
}

static int prepare_memfd(struct region *r)
{
	return mem_shared_memfd.prepare(r);
}

static int map_private_file(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_PRIVATE);
}

static int map_shared_file(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_SHARED);
}

#define LIAR(text, lie, bytes, map_fn, settle_fn, check_fn)                          \
	{                                                                            \
		.name = "mutant-" text, .about = (lie), .share = SHARE_PRIVATE_ANON, \
		.unit = (bytes), .units = 1, .mutant = true, .map = (map_fn),        \
		.settle = (settle_fn), .check = (check_fn),                          \
	}

static const struct mem_kind thp_pte = LIAR("thp-pte", "stays mapped by its PMD", HUGE_PAGE,
					    map_thp, settle_nothing, check_thp_pte);
static const struct mem_kind thp_single = LIAR("thp-single", "keeps all pages of its THP",
					       BASE_PAGE, map_thp, settle_split, check_thp_single);
static const struct mem_kind thp_mremap = LIAR("thp-mremap", "is made of base pages", HUGE_PAGE / 2,
					       map_small, settle_nothing, check_thp_mremap);
static const struct mem_kind thp_shared = LIAR("thp-shared", "was never shared", HUGE_PAGE, map_thp,
					       settle_nothing, check_thp_shared);
static const struct mem_kind mthp =
	LIAR("mthp-64k", "is made of base pages", 65536, map_small, settle_nothing, check_mthp_64k);
static const struct mem_kind huge_zeropage = LIAR("huge-zeropage", "has small zero pages",
						  HUGE_PAGE, map_small, settle_read,
						  check_huge_zeropage);
static const struct mem_kind swapped_ro = LIAR("swapped-ro", "was never in swap", BASE_PAGE,
					       map_small, settle_nothing, check_swapped_ro);
static const struct mem_kind swapcache = LIAR("swapcache", "was never in swap", BASE_PAGE,
					      map_small, settle_nothing, check_swapcache);
static const struct mem_kind ksm =
	LIAR("ksm", "is not merged", BASE_PAGE, map_small, settle_nothing, check_ksm);
static const struct mem_kind ksm_zero =
	LIAR("ksm-zero", "was only read", BASE_PAGE, map_small, settle_read, check_ksm_zero);
static const struct mem_kind stack = LIAR("stack", "is an area like any other", BASE_PAGE,
					  map_small, settle_nothing, check_stack);
static const struct mem_kind heap =
	LIAR("heap", "is an area like any other", BASE_PAGE, map_small, settle_nothing, check_heap);
static const struct mem_kind malloced = LIAR("malloc", "is an area like any other", BASE_PAGE,
					     map_small, settle_nothing, check_malloc);
static const struct mem_kind migrated =
	LIAR("migrated", "was not moved", BASE_PAGE, map_small, settle_nothing, check_migrated);
static const struct mem_kind numa_far = LIAR("numa-far", "is on the node of the CPU", BASE_PAGE,
					     map_small, settle_nothing, check_numa_far);
static const struct mem_kind hugetlbfs = LIAR("private-hugetlbfs", "is shared", HUGE_PAGE,
					      map_shared_hugetlbfs, settle_nothing,
					      check_private_hugetlbfs);

static int map_anon_hugetlb(struct region *r, char *at)
{
	return mem_hugetlb_2m.map(r, at);
}

static const struct mem_kind anon_hugetlb = LIAR("hugetlbfs-file", "has no file of its own",
						 HUGE_PAGE, map_anon_hugetlb, settle_nothing,
						 check_private_hugetlbfs);

static const struct mem_kind gigantic = LIAR("hugetlb-1G", "is made of base pages", BASE_PAGE,
					     map_small, settle_nothing, check_hugetlb_1g);

static int map_shared_anon(struct region *r, char *at)
{
	return mem_shared_anon.map(r, at);
}

static const struct mem_kind secretmem = LIAR("secretmem", "is shared memory like any other",
					      BASE_PAGE, map_shared_anon, settle_nothing,
					      check_secretmem);

#define LIAR_OF_FILE(text, lie, type, prepare_fn, map_fn, check_fn)                  \
	{                                                                            \
		.name = "mutant-" text, .about = (lie), .share = SHARE_PRIVATE_FILE, \
		.unit = BASE_PAGE, .units = 1, .mutant = true, .fs = (type),         \
		.prepare = (prepare_fn), .map = (map_fn), .check = (check_fn),       \
	}

static const struct mem_kind private_file = LIAR_OF_FILE("private-memfd", "maps the file shared",
							 TMPFS_MAGIC, prepare_memfd,
							 map_shared_file, check_nothing);
static const struct mem_kind shared_file = LIAR_OF_FILE("shared-memfd", "maps the file private",
							TMPFS_MAGIC, prepare_memfd,
							map_private_file, check_nothing);
static const struct mem_kind tracked_file = LIAR_OF_FILE("shared-ext4", "has a file in memory",
							 EXT4_SUPER_MAGIC, prepare_memfd,
							 map_shared_file, check_nothing);
static const struct mem_kind ext4_file = LIAR_OF_FILE("private-ext4", "has a file in memory",
						      EXT4_SUPER_MAGIC, prepare_memfd,
						      map_private_file, check_private_ext4);
static const struct mem_kind xfs_file = LIAR_OF_FILE("shared-xfs", "has a file in memory",
						     XFS_SUPER_MAGIC, prepare_memfd,
						     map_shared_file, check_shared_xfs);

static const struct mem_kind mount_file = LIAR_OF_FILE("shared-mount", "has a file without a name",
						       TMPFS_MAGIC, prepare_memfd, map_shared_file,
						       check_shared_mount);

const struct mem_kind *const mem_mutants[] = {
	&thp_pte,	&thp_single, &thp_mremap,   &thp_shared, &mthp,		&gigantic,
	&huge_zeropage, &swapped_ro, &swapcache,    &ksm,	 &ksm_zero,	&stack,
	&heap,		&migrated,   &numa_far,	    &hugetlbfs,	 &private_file, &shared_file,
	&tracked_file,	&secretmem,  &anon_hugetlb, &ext4_file,	 &xfs_file,	&mount_file,
	&malloced,	NULL,
};
