/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory kinds: what backs a region, how it is mapped, and the proof of it. */
#ifndef CORE_MEM_MEM_H
#define CORE_MEM_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/model/model.h"

/* When a kind's settle op runs. */
enum settle_at {
	SETTLE_NEVER,
	SETTLE_MAP,	    /* once, after map */
	SETTLE_FIRST_STORE, /* once, after the first P:write of all of the region */
};

/*
 * A region as one process sees it. Each actor has its own copy (fork copies it),
 * so addr is that process's address; remap changes it there only.
 */
struct region {
	const struct mem_kind *kind;
	int index;  /* in the program, from 0 */
	char *addr; /* NULL while unmapped */
	size_t len; /* bytes, a multiple of kind->unit */
	int fd;	    /* of the file behind it, or -1; open in all actors */
	int root;   /* of a file system of its own, in the runner; or -1 */
	bool settled;
};

struct mem_kind {
	const char *name, *about;
	const char *needs[6]; /* NULL-terminated, see need.h */
	enum share share;
	size_t unit;	/* bytes of one page of the notation */
	unsigned units; /* default size of a region, in units */
	enum settle_at settle_at;
	bool hugetlb;	  /* hugetlbfs: advice that works on LRU pages is refused */
	bool grows;	  /* a hole in it fills itself when it is touched: MAP_GROWSDOWN */
	bool window;	  /* a region is a part of one huge page, and calls can't divide that */
	unsigned long fs; /* type of the file system (linux/magic.h) its file has to be on, or 0 */
	bool remounts; /* the file system is of the region alone; actors open the file to store */
	/*
	 * Of each page the bytes that are the region's, in sectors; 0: all of them. Then a
	 * place stores to, shows and judges these alone, and calls must leave all bytes of
	 * the page where they are (VERB_LEAVES).
	 */
	unsigned own_off, own_len;
	unsigned pool; /* huge pages of a cell, with all of its processes; 0: no bound */
	bool mutant;

	/*
	 * In the runner, before the actor exists: opens r->fd of r->len bytes
	 * (first content is written by the caller). NULL: no file. 0 or -errno.
	 */
	int (*prepare)(struct region *r);
	/*
	 * In the actor: maps r->len bytes at the wished address `at` (MAP_FIXED_
	 * NOREPLACE, aligned to 2 MiB), read-write, nothing populated beyond what
	 * the kind is defined by; the stack and the heap have places of their own.
	 * Sets r->addr. 0 or -errno.
	 */
	int (*map)(struct region *r, char *at);
	/* Brings the memory into the kind's state; must not change its bytes. */
	int (*settle)(struct region *r);
	/*
	 * Proves the kind's state: after settle, else after the first store of all
	 * of the region (never before). Must not touch the memory; pagemap and
	 * smaps only. 0: it is what it says; 1: it is not (why is set); -errno.
	 */
	int (*check)(struct region *r, char *why, size_t size);
	/*
	 * Where own_len is set, behind the last look, in each process. Of a page that it can
	 * load from: whether the bytes beside the region's are what they were. Of a region
	 * that it can store to: whether those whose they are can go on; may store to all of
	 * it. 0; 1 with why.
	 */
	int (*beside)(const struct region *r, size_t page, char *why, size_t size);
	int (*works)(struct region *r, char *why, size_t size);
};

/* What the needs hugetlb-2M and hugetlb-1G promise. */
enum { POOL_PAGES_2M = 8, POOL_PAGES_1G = 2 };

/* All kinds; NULL-terminated. */
extern const struct mem_kind *const mem_kinds[];

/* Finds mutants as well, also those that are not among mem_kinds. */
const struct mem_kind *mem_kind_find(const char *name);

/* A word for several kinds, in lists of kinds. */
struct mem_class {
	const char *name, *about;
	const char *const *kinds; /* names, NULL-terminated */
};
extern const struct mem_class mem_classes[]; /* ends with a NULL name */

/* Whether a word of a list stands for any kind, and whether it stands for k. */
bool mem_word_known(const char *word);
bool mem_word_means(const char *word, const struct mem_kind *k);

/* --- Facts about a page from /proc/self/pagemap and smaps, for check and verbs --- */

struct page_fact {
	bool present, swapped, file_or_shared, exclusive;
	unsigned long pfn; /* 0 without CAP_SYS_ADMIN */
};

/* Of the n base pages from addr on in the calling process. 0 or -errno. */
int page_facts(const void *addr, size_t n, struct page_fact *fact);
int page_fact(const void *addr, struct page_fact *fact);

enum page_states { PAGE_PRESENT = 1, PAGE_SWAPPED = 2 };
/* How many of the n base pages are in one of the states. -errno. */
long page_count(const void *addr, size_t n, unsigned states);

/*
 * A field of the smaps entry that holds addr, in kB ("AnonHugePages", "Swap"),
 * or which of the VmFlags in `flags` ("rd wr": words of two letters) are set, the
 * first one as bit 0. -errno on failure.
 */
long smaps_kb(const void *addr, const char *field);
int smaps_flag(const void *addr, const char *flags);

#endif
