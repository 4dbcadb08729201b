/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two independent samples by ranks: Hodges-Lehmann shift with the exact interval that
 * the Mann-Whitney distribution gives, one-sided tests against a margin, and the
 * Benjamini-Hochberg adjustment. Beyond RANK_EXACT a side: the normal approximation.
 */
#ifndef RESULTS_RANK_H
#define RESULTS_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RANK_EXACT = 40 };

struct shift {
	double estimate;  /* of b - a */
	bool interval;	  /* there are values enough for one at this level */
	double low, high; /* two-sided, at least 1 - alpha */
};

/* 0 or -ENOMEM. n and m at least 1. */
int rank_shift(const double *a, size_t n, const double *b, size_t m, double alpha, struct shift *s);

/* The probability, were b - a at most `by`, of values that speak for more as clearly as these. */
double rank_p_above(const double *a, size_t n, const double *b, size_t m, double by);
/* That a and b differ as much when they do not differ. */
double rank_p_two_sided(const double *a, size_t n, const double *b, size_t m);

/* p becomes the smallest false-discovery rate at which its row is a discovery. 0 or -ENOMEM. */
int rank_adjust(double *p, size_t n);

/* Sorts v. */
double rank_median(double *v, size_t n);

/* A sequence that a seed fixes, in [0, 1). */
double rank_random(uint64_t *state);
/*
 * Splits v at random in two halves, `splits` times: the share of splits that a two-sided
 * test at `alpha` calls different. v is shuffled.
 */
double rank_split_rate(double *v, size_t n, unsigned splits, double alpha, uint64_t seed);

#endif
