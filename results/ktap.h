/* SPDX-License-Identifier: GPL-2.0-only */
/* KTAP (Documentation/dev-tools/ktap.rst) on standard output. */
#ifndef RESULTS_KTAP_H
#define RESULTS_KTAP_H

#include <stdbool.h>
#include <stdio.h>

#include "core/cell.h"

struct ktap {
	FILE *out;
	bool quiet, color; /* quiet: only cells that neither passed nor skipped */
	size_t number;
};

void ktap_plan(struct ktap *k, size_t cells);
/* "ok 3 ID", "ok 4 ID # SKIP need: hint", "not ok 5 ID" with # lines before it. */
void ktap_cell(struct ktap *k, const char *id, const struct verdict *v);
/* "# pass:N fail:N skip:N unreached:N broken:N" */
void ktap_totals(struct ktap *k, const int count[]);

#endif
