/* SPDX-License-Identifier: GPL-2.0-only */
/* What both forms of the report are printed from. */
#ifndef RESULTS_REPORT_INTERNAL_H
#define RESULTS_REPORT_INTERNAL_H

#include <jansson.h>

#include "results/record.h"

enum { VERDICTS = VERDICT_BROKEN + 1, CELL_MAX = 256 };

/* The cells of one program in one run. */
struct square {
	int count[VERDICTS], cells;
	const char *class; /* of its first failure, or NULL */
	bool more_classes;
};

struct row {
	char program[CELL_MAX];
	struct square *square; /* for each run */
	bool bad;
};

/* A cell that did not pass. */
struct finding {
	const struct result *result;
	size_t run;
	char program[CELL_MAX];
	const char *axes; /* "mem=thp/pin=vfio-ro", or "" */
};

struct report {
	const struct run *run;
	size_t runs;
	json_t **env; /* for each run */
	char **label; /* unlike each other */
	int (*total)[VERDICTS];
	struct row *row; /* bad ones first, then by name */
	size_t rows;
	struct finding *finding; /* by verdict, class, program, detail, run, cell */
	size_t findings;
};

int report_collect(struct report *r, const struct run runs[], size_t n);
void report_release(struct report *r);

const char *env_text(const struct report *r, size_t run, const char *key);

/* The first and the one behind the last finding of a verdict. */
size_t findings_of(const struct report *r, enum verdict_kind k, size_t *end);
/* The end of the findings from i on that share class, program or all details. */
enum finding_part { SAME_CLASS, SAME_PROGRAM, SAME_DETAIL };
size_t findings_alike(const struct report *r, size_t i, size_t end, enum finding_part part);

/* What a class of failure means, one line; "" for an unknown one. */
const char *class_meaning(const char *class);

#endif
