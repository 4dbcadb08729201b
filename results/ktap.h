/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP version 1 (Documentation/dev-tools/ktap.rst) on standard output. Everything
 * that is no result is a line that starts with "# ".
 */
#ifndef RESULTS_KTAP_H
#define RESULTS_KTAP_H

#include <stdbool.h>
#include <stdio.h>

#include "core/run/cell.h"

struct ktap {
	FILE *out;
	/*
	 * Only what neither passed nor was skipped. Diagnostics appear at once; plan
	 * and results follow at the end, the last of them stands for all the rest.
	 */
	bool quiet;
	bool color;
	char repeat[1024]; /* options that the repeat line needs, with a blank before, or "" */
	/* Private: */
	bool begun;
	size_t planned, number;
	FILE *held; /* quiet: the result lines */
	char *held_text;
	size_t held_size, shown, passed, skipped;
};

/* The version line. ktap_plan() prints it when nobody did. */
void ktap_begin(struct ktap *k);
void ktap_plan(struct ktap *k, size_t tests);
/* "ok 3 ID", "ok 4 ID # SKIP need: hint", "not ok 5 ID" with # lines before it. */
void ktap_cell(struct ktap *k, const char *id, const struct verdict *v);
/* A result that is no cell: pass, fail or skip; why only with skip. */
void ktap_test(struct ktap *k, enum verdict_kind kind, const char *text, const char *why);
/* What was planned and has no result is skipped; ends the results. */
void ktap_end(struct ktap *k, const char *why);
/* "# pass:N fail:N skip:N unreached:N broken:N" */
void ktap_totals(struct ktap *k, const int count[]);

#endif
