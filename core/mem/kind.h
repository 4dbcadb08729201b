/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the memory kinds share; mem.c has the table. */
#ifndef CORE_MEM_KIND_H
#define CORE_MEM_KIND_H

#include <stdint.h>

#include "core/mem/mem.h"

extern const struct mem_kind mem_anon, mem_thp, mem_shared_anon, mem_zeropage;
extern const struct mem_kind mem_thp_pte, mem_thp_single, mem_thp_mremap, mem_thp_shared;
extern const struct mem_kind mem_mthp_16k, mem_mthp_32k, mem_mthp_64k, mem_mthp_128k;
extern const struct mem_kind mem_mthp_256k, mem_mthp_512k, mem_mthp_1m;
extern const struct mem_kind mem_private_tmpfs, mem_private_ext4, mem_shared_tmpfs;
extern const struct mem_kind mem_private_memfd, mem_shared_memfd, mem_shared_ext4;
extern const struct mem_kind mem_private_xfs, mem_shared_xfs;
extern const struct mem_kind mem_hugetlb_1g, mem_hugetlb_2m, mem_private_hugetlbfs,
	mem_shared_hugetlbfs;
extern const struct mem_kind mem_swapped, mem_swapped_ro, mem_swapcache, mem_huge_zeropage;
extern const struct mem_kind mem_ksm, mem_ksm_zero, mem_stack, mem_heap, mem_secretmem;
extern const struct mem_kind mem_malloc;
extern const struct mem_kind mem_migrated, mem_numa_far, mem_shared_mount, mem_private_mount;
extern const struct mem_kind mem_mutant_shared;
extern const struct mem_kind *const mem_mutants[]; /* NULL-terminated */

/* Distance from a region to what its kind keeps beside it, out of everybody's way. */
#define BESIDE_REGION 0x40000000ul

/* Maps r at `at` with flags on top of MAP_FIXED_NOREPLACE. 0 or -errno. */
int region_map(struct region *r, char *at, int flags);
/* The same, and keeps huge folios of any size out of it. */
int region_map_small(struct region *r, char *at, int flags);

/*
 * 0 when every base page is present and of the wanted sort, else 1 with why;
 * -errno. shared: pagemap says file or shared.
 */
int region_check_present(const struct region *r, bool shared, char *why, size_t size);
/* It is present, and in the heap (brk). */
int region_check_heap(struct region *r, char *why, size_t size);

/* 1 when the region has no page yet: settle may store to it. Else 0; -errno. */
int region_untouched(const struct region *r);

/* 0 when the file of r->fd is mapped, and is on a file system as the kind says. Likewise. */
int region_check_file(const struct region *r, char *why, size_t size);

/* Flags of a page frame (linux/kernel-page-flags.h). 0 or -errno; needs kpageflags. */
int frame_flags(unsigned long pfn, uint64_t *flags);
/* Of n pages of the calling process with what pagemap says; no flags when absent. */
int pages_flags(const void *addr, size_t n, struct page_fact *fact, uint64_t *flags);

bool flags_thp(uint64_t flags);
bool flags_zero(uint64_t flags);
bool flags_swapcache(uint64_t flags);
bool flags_exclusive(uint64_t flags); /* PageAnonExclusive; of a folio its head's, from 6.10 on */
bool flags_head(uint64_t flags);
bool flags_tail(uint64_t flags);

/* 0 when each page has the flags, else 1 with why ("is no `what`"); -errno. */
int region_check_flags(const struct region *r, bool (*wanted)(uint64_t flags), const char *what,
		       char *why, size_t size);

/* Device and inode of the file mapped at addr (0, 0 without). 0 or -errno. */
int smaps_file(const void *addr, unsigned long *dev, unsigned long *inode);
/* 1 when the entry that holds addr shows the name ("[heap]"), else 0; -errno. */
int smaps_named(const void *addr, const char *name);

/* Of the NUMA nodes 0 to 63, those that have memory, as bits. */
unsigned long nodes_with_memory(void);

#endif
