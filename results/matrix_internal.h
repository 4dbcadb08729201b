/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RESULTS_MATRIX_INTERNAL_H
#define RESULTS_MATRIX_INTERNAL_H

#include "results/matrix.h"
#include "results/report_internal.h"

struct matrix_square {
	int count[VERDICTS], cells, known;
};

struct matrix_program {
	const char *name;    /* FAMILY/NAME, or steps */
	char file[CELL_MAX]; /* path without .pin, or "steps" */
	bool fails;
	struct matrix_square *square;
};

struct matrix {
	struct report report;
	struct matrix_program *program; /* by file, failing ones first */
	size_t programs;
	struct matrix_square *square; /* of all programs */
};

enum matrix_state matrix_state(const struct matrix_square *q);
/* Its word and number ("known 12"), at most 8 bytes. */
void matrix_word(const struct matrix_square *q, char *text, size_t size);
/* The name inside its file. */
const char *matrix_name(const struct matrix_program *p);
/* The end of the programs from i on that share a line, and their sum in each run. */
size_t matrix_line(const struct matrix *m, size_t i, struct matrix_square sum[]);

#endif
