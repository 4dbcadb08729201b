/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a comparison. */
#ifndef RESULTS_COMPARE_INTERNAL_H
#define RESULTS_COMPARE_INTERNAL_H

#include "results/compare.h"

/* Both: 0 or -ENOMEM. */
int compare_cells(const struct side side[2], const struct waivers *waivers,
		  struct compare_result *r);
int compare_groups(const struct side side[2], struct compare_result *r);

double compare_variance(const double *v, size_t n);
/*
 * Units a side that decide about a row with 80 % power, when it is `far` from the margin
 * in logarithms: two-sided 5 %, the efficiency of ranks 3 / pi, and one more for the
 * steps of an exact test.
 */
double compare_units(double variance, double far);
/* Units a side that would decide about the row, were its estimate the truth; 0 unknown. */
size_t compare_needed(const struct compare_row *row, const double *a, size_t n, const double *b,
		      size_t m);

/* What a row lacks for the core (bench/alone.h), and its sum over the rows. */
void compare_left_out(struct compare_row *row, const struct side side[2]);
void compare_never_alone(struct compare_result *r);

/* The highest level that has units enough on both sides. */
enum level compare_level(const size_t a[LEVELS], const size_t b[LEVELS]);

#endif
