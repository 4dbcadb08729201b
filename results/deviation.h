/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deviations: failures that are known, as data. A known failure is still run,
 * counted and shown, as known; an unexpected pass is reported.
 */
#ifndef RESULTS_DEVIATION_H
#define RESULTS_DEVIATION_H

#include "core/run/cell.h"

struct deviation {
	const char *cells; /* pattern of cell ids, see name_matches() */
	/* Of the verdict, one of several words; "refused:pin": in a step pin, pin-... */
	const char *class;
	int first, last;    /* kernels, major * 1000 + minor; 0: open */
	const char *source; /* commit, CVE, public thread, or a file in docs/findings/ */
	bool some;	    /* some of these cells fail: a pass of one is nothing special */
};

extern const struct deviation deviations[]; /* cells == NULL ends the table */

/* "6.18.44-x" -> 6018; 0 when it can't be read. */
int kernel_number(const char *release);

/* The row that explains a failure of this cell on this kernel, or NULL. */
const struct deviation *deviation_find(const char *cell, const struct verdict *v, int kernel);

/* The row that expects a failure of this cell on this kernel, or NULL. */
const struct deviation *deviation_expects(const char *cell, int kernel);

#endif
