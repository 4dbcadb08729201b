/* SPDX-License-Identifier: GPL-2.0-only */
/* A report over runs: what is worst first, programs by kernels, costs, trends. */
#ifndef RESULTS_REPORT_H
#define RESULTS_REPORT_H

#include <stdio.h>

#include "results/history.h"
#include "results/side.h"

/*
 * Writes DIR/index.html, self-contained, and DIR/plots with what gnuplot drew and its data;
 * folders are made. A side is a column; costs are compared with the first side of the same
 * machine. history may be NULL. 0 or -errno with why; why is a remark or "" with 0.
 */
int report_write(const struct side side[], size_t n, const struct history *history, const char *dir,
		 char *why, size_t size);

/* At most 72 columns, ASCII, to paste into a mail. 0 or -errno. */
int report_text(const struct side side[], size_t n, FILE *out);

#endif
