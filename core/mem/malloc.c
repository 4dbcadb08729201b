// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/malloc.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/util.h"
#include "core/mem/kind.h"

/*
 * Of each page, as glibc lays allocations out that follow each other:
 *   0     the end of a neighbour
 *   504   the size of the region's chunk
 *   512   the region's bytes
 *   3584  a word behind them that free() would use
 *   3592  the size of the next neighbour's chunk
 *   3600  its beginning; it ends in the next page
 */
enum {
	WORD = sizeof(uint64_t),
	OWN_AT = SECTOR,
	OWN = 6 * SECTOR,
	OWN_CHUNK = OWN + 2 * WORD,
	NEXT_CHUNK = BASE_PAGE - OWN_CHUNK,
	NEIGHBOUR = NEXT_CHUNK - WORD,
	OWN_SIZE_AT = OWN_AT - WORD,
	NEXT_AT = OWN_AT + OWN_CHUNK,
	NEXT_SIZE_AT = NEXT_AT - WORD,
	IN_USE = 1, /* the chunk before it is, in its size */
	LEAST_CHUNK = 4 * WORD,
	TRIES = 1024,
};

/* What no byte of a region can be. */
static uint64_t word_beside(const char *at)
{
	size_t in = (uintptr_t)at % BASE_PAGE;

	return in == OWN_SIZE_AT  ? (uint64_t)OWN_CHUNK | IN_USE :
	       in == NEXT_SIZE_AT ? (uint64_t)NEXT_CHUNK | IN_USE :
				    ~(uint64_t)(uintptr_t)at;
}

static bool is_beside(size_t in)
{
	return in < OWN_AT || in >= OWN_AT + OWN;
}

/* Not by memcpy: the headers are no object's, and a sanitizer would say so. */
__attribute__((no_sanitize("address"))) static uint64_t word_at(const char *at)
{
	return *(const volatile uint64_t *)at;
}

/* Fills what the neighbours may use; the sizes are malloc's, and have to be as expected. */
static bool neighbours_fill(char *page)
{
	for (size_t in = 0; in < BASE_PAGE; in += WORD) {
		uint64_t w = word_beside(page + in);

		if (in == OWN_SIZE_AT || in == NEXT_SIZE_AT) {
			if (word_at(page + in) != w)
				return false;
		} else if (is_beside(in)) {
			memcpy(page + in, &w, sizeof(w));
		}
	}
	return true;
}

/* Neighbours live as long as their process. NOLINTBEGIN(clang-analyzer-unix.Malloc) */

/* A neighbour in front, then for each page the region's bytes and the next neighbour. */
static char *lay_row(char *first, size_t pages)
{
	char *own = first + NEXT_CHUNK;

	for (size_t i = 0; i < pages; i++) {
		char *at = own + i * BASE_PAGE;

		/* What does not fit stays allocated: it would come again. */
		if (malloc(OWN) != at || malloc(NEIGHBOUR) != at + OWN_CHUNK)
			return NULL;
	}
	return own - OWN_AT;
}

char *malloc_row(size_t pages)
{
	char *base = NULL;

	for (int i = 0; i < TRIES && !base; i++) {
		char *first = malloc(NEIGHBOUR);
		size_t in, gap;

		if (!first)
			return NULL;
		in = ((uintptr_t)first + NEXT_CHUNK) % BASE_PAGE;
		if (in == OWN_AT) {
			base = lay_row(first, pages);
			continue;
		}
		gap = (2 * BASE_PAGE + OWN_AT - NEXT_CHUNK - in) % BASE_PAGE;
		gap += gap < LEAST_CHUNK ? (size_t)BASE_PAGE : 0;
		if (!malloc(gap - 2 * WORD))
			return NULL;
	}
	for (size_t i = 0; base && i < pages; i++)
		if (!neighbours_fill(base + i * BASE_PAGE))
			return NULL;
	return base;
}

static int malloc_map(struct region *r, char *at)
{
	char *base = malloc_row(r->len / BASE_PAGE);

	(void)at;
	if (!base)
		return -ENOMEM;
	if (madvise(base, r->len, MADV_NOHUGEPAGE) && errno != EINVAL)
		return -errno;
	for (size_t off = 0; off < r->len; off += BASE_PAGE)
		memset(base + off + OWN_AT, 0, OWN);
	r->addr = base;
	return 0;
}

static int malloc_beside(const struct region *r, size_t page, char *why, size_t size)
{
	const char *at = r->addr + page * BASE_PAGE;

	for (size_t in = 0; in < BASE_PAGE; in += WORD)
		if (is_beside(in) && word_at(at + in) != word_beside(at + in)) {
			snprintf(why, size, "page %zu, byte %zu: %s changed", page, in,
				 in == OWN_SIZE_AT || in == NEXT_SIZE_AT ? "malloc's own data" :
									   "a neighbour's data");
			return 1;
		}
	return 0;
}

/* glibc looks at the chunks around it, and aborts when they are not what they were. */
static int malloc_works(struct region *r, char *why, size_t size)
{
	for (size_t off = 0; off < r->len; off += BASE_PAGE) {
		free(r->addr + off + OWN_AT);
		if (malloc(OWN))
			continue;
		snprintf(why, size, "malloc() has no memory any more");
		return 1;
	}
	return 0;
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */

const struct mem_kind mem_malloc = {
	.name = "malloc",
	.about = "base pages of the heap that malloc's own data and neighbours are on as well: of "
		 "each the bytes 512 to 3583",
	.needs = { "malloc" },
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.own_off = OWN_AT,
	.own_len = OWN,
	.map = malloc_map,
	.check = region_check_heap,
	.beside = malloc_beside,
	.works = malloc_works,
};
