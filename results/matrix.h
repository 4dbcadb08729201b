/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels x programs: for each program and run one word. Programs of a file whose
 * words are alike and tell no failure share a line.
 */
#ifndef RESULTS_MATRIX_H
#define RESULTS_MATRIX_H

#include <stdio.h>

#include "results/side.h"

struct matrix;

/* What stands in a square; a later one outranks those before it. */
enum matrix_state {
	MATRIX_NONE,	  /* no cell in this run */
	MATRIX_SKIP,	  /* nothing of it could run */
	MATRIX_UNREACHED, /* no cell got where it had to */
	MATRIX_OK,	  /* every cell passed */
	MATRIX_SOME,	  /* what ran passed; other cells were skipped or unreached */
	MATRIX_KNOWN,	  /* failures, each explained by a deviation */
	MATRIX_BROKEN,	  /* the harness failed */
	MATRIX_NEW,	  /* failures that nothing explains */
	MATRIX_STATES
};

/* A column for each side. NULL without memory. The sides must outlive it. */
struct matrix *matrix_new(const struct side side[], size_t n);
void matrix_free(struct matrix *m);

/* At most 72 columns, ASCII. 0 or -errno. */
int matrix_text(const struct matrix *m, FILE *out);

/* Markdown: each program to unfold, with each cell that did not pass. 0 or -errno. */
int matrix_detail(const struct matrix *m, FILE *out);

/*
 * For scripts/report.d/matrix.gp, blocks parted by two empty lines: kernels
 * `COLUMN "LABEL"`, then headings `ROW "FILE"`, lines `ROW "NAME"`, squares
 * `COLUMN ROW STATE COUNT`. 0 or -errno.
 */
int matrix_data(const struct matrix *m, FILE *out);

#endif
