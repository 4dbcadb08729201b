/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Costs of two kernels, A the one before and B the one after. The boot is the unit of
 * inference, below it the process; samples are never pooled. See docs/measuring.md.
 */
#ifndef RESULTS_COMPARE_H
#define RESULTS_COMPARE_H

#include <stdio.h>

#include "results/cost.h"
#include "results/rank.h"

enum { COMPARE_UNITS_MIN = 4 }; /* a side: fewer cannot reach 0.05 */

enum comparison {
	COMPARISON_REGRESSED,  /* the interval lies above the margin */
	COMPARISON_IMPROVED,   /* below it */
	COMPARISON_UNDECIDED,  /* neither; boots says how many a side would decide */
	COMPARISON_EQUIVALENT, /* inside +- margin */
	COMPARISON_UNLIKE,     /* the two sides measured different things; why */
};

struct compare_row {
	char *key;
	const char *metric; /* "p50", "p99" */
	double margin;	    /* 0.03: 3 % */
	double q;	    /* false-discovery rate of "above the margin" */
	size_t needed;	    /* boots a side, 0 unknown */
	double value[2];    /* ns (or ticks): median of the units */
	size_t boots[2], processes[2];
	struct shift log; /* of logarithms */
	enum comparison verdict;
	bool by_boot; /* else the process is the unit, and nothing regresses */
	char why[120];
};

/* A cell that fails in B and in no run of A. */
struct compare_failure {
	char *cell;
	struct verdict verdict;
};

struct compare_side {
	struct run *run; /* verdicts */
	struct cost_run *cost;
	size_t count;
	char name[128];
};

struct compare_result {
	struct compare_row *row;
	size_t rows;
	struct compare_failure *failure;
	size_t failures;
};

/* Reads all records.jsonl at or below path. 0, or -EINVAL with why. */
int compare_side_read(struct compare_side *s, const char *path, char *why, size_t size);
void compare_side_free(struct compare_side *s);

/* 0 or -ENOMEM. */
int compare_sides(const struct compare_side side[2], struct compare_result *r);
void compare_result_free(struct compare_result *r);

/* One unit's value for a metric, in logarithms of ns; for tests too. The row's verdict. */
int compare_judge(struct compare_row *row, const double *a, size_t n, const double *b, size_t m);
/* After all rows: what is no discovery among so many rows has not regressed. 0 or -ENOMEM. */
int compare_adjust(struct compare_result *r);

/* The processes of one side, as the A/A check splits them: p50 of each cost. */
int compare_splits(const struct compare_side *s, unsigned splits, FILE *out);

bool compare_regressed(const struct compare_result *r);
/* At most 72 columns. */
void compare_text(const struct compare_side side[2], const struct compare_result *r, FILE *out);
int compare_json(const struct compare_side side[2], const struct compare_result *r, FILE *out);

#endif
