/* SPDX-License-Identifier: GPL-2.0-only */
/* A report over runs: programs by kernels, failures first. */
#ifndef RESULTS_REPORT_H
#define RESULTS_REPORT_H

#include <stdio.h>

#include "results/record.h"

/* Writes DIR/index.html, self-contained; the folder is made. 0 or -errno with why. */
int report_write(const struct run runs[], size_t n, const char *dir, char *why, size_t size);

/* At most 72 columns, ASCII, to paste into a mail. 0 or -errno. */
int report_text(const struct run runs[], size_t n, FILE *out);

#endif
