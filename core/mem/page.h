/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts about single page frames, for needs and verbs; they need root. */
#ifndef CORE_MEM_PAGE_H
#define CORE_MEM_PAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Bits of /proc/kpageflags, include/uapi/linux/kernel-page-flags.h. */
enum kpage_flag {
	KPAGE_DIRTY = 4,
	KPAGE_WRITEBACK = 8,
	KPAGE_COMPOUND_HEAD = 15,
	KPAGE_COMPOUND_TAIL = 16,
	KPAGE_HWPOISON = 19,
	KPAGE_KSM = 21,
};

/* Whether these are of a page that is part of a larger one. */
static inline bool flags_compound(uint64_t flags)
{
	return flags & (1ull << KPAGE_COMPOUND_HEAD | 1ull << KPAGE_COMPOUND_TAIL);
}

/* Bits of a pagemap entry that struct page_fact has no name for. */
enum { PAGEMAP_SOFT_DIRTY = 55, PAGEMAP_GUARD = 58 };

/* Of the page in frame pfn; 0 when it can't be read. */
uint64_t page_flags(unsigned long pfn);
/* The frame at addr, 0 when no page is present. */
unsigned long page_frame(const void *addr);
/* A bit of the pagemap entry of addr; -1 when it can't be read. */
int pagemap_bit(const void *addr, int bit);
/* How many page table entries map the frame; 0 when it can't be read. */
uint64_t page_mapcount(unsigned long pfn);
/*
 * Two pages are one that KSM merged. The frame tells: from 6.10 to 7.1 every anonymous page has
 * the flag (dee3d0bef2b0, "fs/proc: fix KPF_KSM reported for all anonymous pages").
 */
bool page_merged(const void *one, const void *other);

#endif
