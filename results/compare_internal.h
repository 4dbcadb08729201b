/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a comparison. */
#ifndef RESULTS_COMPARE_INTERNAL_H
#define RESULTS_COMPARE_INTERNAL_H

#include "results/compare.h"

/* Both: 0 or -ENOMEM. */
int compare_cells(const struct side side[2], const struct waivers *waivers,
		  struct compare_result *r);
int compare_groups(const struct side side[2], struct compare_result *r);

/* The highest level that has units enough on both sides. */
enum level compare_level(const size_t a[LEVELS], const size_t b[LEVELS]);

#endif
