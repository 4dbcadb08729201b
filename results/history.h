/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stored runs over time, for each machine and kernel line: days, what failed when, and the
 * median cost of each day. Reads digests (results/digest.h), one run at a time.
 */
#ifndef RESULTS_HISTORY_H
#define RESULTS_HISTORY_H

#include <stdio.h>

#include "results/digest.h"

struct history_day {
	char date[12], label[64];
	int runs, boots, cut_off;
	int cells, skip, unreached, broken; /* the most in one run */
	int failed, known;		    /* cells */
	size_t costs;
};

struct history_fail {
	const char *cell;
	char class[20];
	bool known;
	int days;	    /* on which it failed */
	size_t first, last; /* of them */
};

/* A cost: log of its p50 for each day, NAN where it was not measured. */
struct history_trend {
	const char *key, *per;
	double *log;
	/* The most likely step: days before `at` against those from it on. */
	size_t at;
	double shift, before, after; /* log ratio; ns */
	double z;		     /* of the rank sum, how unlikely it is */
};

struct history_line {
	struct origin origin; /* of the last run */
	struct history_day *day;
	size_t days;
	struct history_fail *fail; /* those of the last day first */
	size_t fails;
	struct history_trend *trend; /* the clearest step upwards first */
	size_t trends;
};

struct history {
	struct history_line *line;
	size_t lines, runs;
	struct history_store *store; /* private */
};

/* A step counts when it is larger than the margin of p50 and this unlikely. */
#define HISTORY_Z 4.5

struct history *history_open(void);
/*
 * All records at or below path. broken(arg, why) is told of each that can't be read, which
 * is left out. 0, or -EINVAL with why when path itself can't be read.
 */
int history_read(struct history *h, const char *path, void (*broken)(void *arg, const char *why),
		 void *arg, char *why, size_t size);
/* After the last read. 0 or -ENOMEM. */
int history_finish(struct history *h);
void history_close(struct history *h);

bool history_step(const struct history_trend *t);

/* At most 72 columns; the last `days` days of each line. */
void history_text(const struct history *h, size_t days, const char *pattern, FILE *out);
/* Tab-separated: machine, line, date, key, p50 in ns. */
void history_data(const struct history *h, const char *pattern, FILE *out);

#endif
