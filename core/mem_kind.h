/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the memory kinds share; mem.c has the table. */
#ifndef CORE_MEM_KIND_H
#define CORE_MEM_KIND_H

#include "core/mem.h"

extern const struct mem_kind mem_anon, mem_thp, mem_shared_anon, mem_zeropage;
extern const struct mem_kind mem_private_tmpfs, mem_private_ext4, mem_shared_tmpfs;
extern const struct mem_kind mem_hugetlb_2m, mem_swapped;
extern const struct mem_kind mem_mutant_shared;

/* Maps r at `at` with flags on top of MAP_FIXED_NOREPLACE. 0 or -errno. */
int region_map(struct region *r, char *at, int flags);
/* The same, and keeps huge folios of any size out of it. */
int region_map_small(struct region *r, char *at, int flags);

/*
 * 0 when every base page is present and of the wanted sort, else 1 with why;
 * -errno. shared: pagemap says file or shared.
 */
int region_check_present(const struct region *r, bool shared, char *why, size_t size);

/* Device and inode of the file mapped at addr (0, 0 without). 0 or -errno. */
int smaps_file(const void *addr, unsigned long *dev, unsigned long *inode);

#endif
