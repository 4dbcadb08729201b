/* SPDX-License-Identifier: GPL-2.0-only */
/* How printed programs make a memory kind. */
#ifndef CORE_EMIT_KIND_H
#define CORE_EMIT_KIND_H

#include <stdbool.h>

/* Texts; in settle and proof $ stands for "address, length" of a region, $0 and $1 for one.
 * Elsewhere the words at, n and len stand for its address, number and bytes. */
struct emit_kind {
	const char *mem;
	const char *flags;  /* of mmap; NULL: `map` is the whole call */
	const char *map;    /* n: the region, len: its bytes */
	const char *advice; /* after mmap */
	const char *bind;   /* statement after that */
	const char *file;   /* an expression that opens it; len is its size */
	const char *settle; /* into the kind's state, when the kind says */
	const char *proof;  /* that it is in it: an expression; NULL: its mapping and a store are */
	bool whole_thps;    /* what is mapped ends with a whole huge page */
};

/* NULL for a kind without text. */
const struct emit_kind *emit_kind_find(const char *mem);

#endif
