/* SPDX-License-Identifier: GPL-2.0-only */
/* Order of numbers, and the middle of few of them. */
#ifndef CORE_BASE_MEDIAN_H
#define CORE_BASE_MEDIAN_H

#include <stddef.h>
#include <stdint.h>

/* For qsort(). */
int by_double(const void *a, const void *b);
int by_u64(const void *a, const void *b);

/* Sorts v and returns the one behind whose place half of them lie; n > 0. See rank_median(). */
double upper_median(double *v, size_t n);

#endif
