// SPDX-License-Identifier: GPL-2.0-only
#include "core/emit/kind.h"

#include <stddef.h>
#include <string.h>

#include "core/base/util.h"

#define ANON .flags = "MAP_PRIVATE | MAP_ANONYMOUS"
#define SMALL .advice = "MADV_NOHUGEPAGE"
#define THPS ANON, .advice = "MADV_HUGEPAGE", .whole_thps = true
#define PRIVATE_FILE .flags = "MAP_PRIVATE", SMALL
#define SHARED_FILE .flags = "MAP_SHARED", SMALL
#define OWN "pages_are($, ALL, PRESENT)"
#define BY_PTES "!huge_kb($0) && frames_have($, THP)"
#define MEMFD "memfd_create(\"pinfold\", MFD_ALLOW_SEALING)"
#define EXT4 "file_in(argv[argc - 1], 0xEF53)"
#define XFS "file_in(argv[argc - 1], 0x58465342)"
#define MTHP(text)                                                             \
	{                                                                      \
		.mem = "mthp-" text, ANON, SMALL, .settle = "fault_folios($)", \
		.proof = "folios($)"                                           \
	}

static const struct emit_kind kinds[] = {
	{ .mem = "anon", ANON, SMALL },
	{ .mem = "thp", ANON, .advice = "MADV_HUGEPAGE", .proof = "huge_kb($0) >= ($1 >> 10)" },
	{ .mem = "thp-pte", THPS, .settle = "split_map($)", .proof = BY_PTES },
	{ .mem = "thp-single", THPS, .settle = "drop_rest($)", .proof = BY_PTES },
	{ .mem = "thp-mremap", ANON, .settle = "move_half_in($)", .proof = BY_PTES },
	{ .mem = "thp-shared", THPS, .settle = "share_first($)", .proof = BY_PTES },
	{ .mem = "huge-zeropage",
	  THPS,
	  .settle = "touch($)",
	  .proof = "frames_have($, THP) && frames_have($, ZERO_PAGE)" },
	MTHP("16k"),
	MTHP("32k"),
	MTHP("64k"),
	MTHP("128k"),
	MTHP("256k"),
	MTHP("512k"),
	MTHP("1M"),
	{ .mem = "hugetlb-2M", .flags = "MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << 26" },
	{ .mem = "hugetlb-1G", .map = "map_gigantic(n, len)" },
	{ .mem = "private-hugetlbfs", .flags = "MAP_PRIVATE", .file = "hugetlbfs_file(len)" },
	{ .mem = "shared-hugetlbfs", .flags = "MAP_SHARED", .file = "hugetlbfs_file(len)" },
	{ .mem = "zeropage",
	  ANON,
	  SMALL,
	  .settle = "touch($)",
	  .proof = "frames_have($, ZERO_PAGE)" },
	{ .mem = "swapped", ANON, SMALL, .settle = "page_out($)" },
	{ .mem = "swapped-ro", ANON, SMALL, .settle = "swap_out_and_in($)", .proof = OWN },
	{ .mem = "swapcache",
	  ANON,
	  SMALL,
	  .settle = "swap_into_cache($)",
	  .proof = "frames_have($, SWAPCACHE)" },
	{ .mem = "ksm", ANON, SMALL, .settle = "merge($)", .proof = "merged($)" },
	{ .mem = "ksm-zero",
	  ANON,
	  SMALL,
	  .settle = "merge_zeros($)",
	  .proof = "frames_have($, ZERO_PAGE)" },
	{ .mem = "migrated", ANON, SMALL, .settle = "migrate($, 0)" },
	{ .mem = "numa-far", ANON, SMALL, .bind = "bind_far(at, len)", .proof = "is_far($)" },
	{ .mem = "stack", .map = "map_stack(n, len)", SMALL },
	{ .mem = "heap", .map = "map_heap(n, len)", SMALL },
	{ .mem = "shared-anon", .flags = "MAP_SHARED | MAP_ANONYMOUS", SMALL },
	{ .mem = "secretmem", .flags = "MAP_SHARED", .file = "secret_file(len)" },
	{ .mem = "private-tmpfs", PRIVATE_FILE, .file = "memfd_create(\"pinfold\", 0)" },
	{ .mem = "shared-tmpfs", SHARED_FILE, .file = "memfd_create(\"pinfold\", 0)" },
	{ .mem = "private-mount", PRIVATE_FILE, .file = "memfd_create(\"pinfold\", 0)" },
	{ .mem = "shared-mount", SHARED_FILE, .file = "memfd_create(\"pinfold\", 0)" },
	{ .mem = "private-memfd", PRIVATE_FILE, .file = MEMFD },
	{ .mem = "shared-memfd", SHARED_FILE, .file = MEMFD },
	{ .mem = "private-ext4", PRIVATE_FILE, .file = EXT4 },
	{ .mem = "shared-ext4", SHARED_FILE, .file = EXT4 },
	{ .mem = "private-xfs", PRIVATE_FILE, .file = XFS },
	{ .mem = "shared-xfs", SHARED_FILE, .file = XFS },
};

const struct emit_kind *emit_kind_find(const char *mem)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].mem, mem))
			return &kinds[i];
	return NULL;
}
