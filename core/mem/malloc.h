/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages that belong to several allocations of malloc(3). */
#ifndef CORE_MEM_MALLOC_H
#define CORE_MEM_MALLOC_H

#include <stddef.h>

/*
 * Allocates until a row of pages has, in each, an allocation of 6 sectors from the second
 * one on, and malloc's data and neighbours beside it; nothing is ever freed. Returns the
 * first page, or NULL: this malloc() lays its memory out in another way.
 */
char *malloc_row(size_t pages);

#endif
