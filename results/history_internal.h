/* SPDX-License-Identifier: GPL-2.0-only */
/* What history collects before it is ordered by time. */
#ifndef RESULTS_HISTORY_INTERNAL_H
#define RESULTS_HISTORY_INTERNAL_H

#include "results/history.h"

struct stored_fail {
	size_t name;
	char class[20];
	bool known;
};

struct stored_point {
	size_t name;
	float log;
};

struct stored_run {
	struct origin origin;
	bool ended;
	int count[VERDICT_BROKEN + 1];
	struct stored_fail *fail;
	size_t fails;
	struct stored_point *point;
	size_t points;
};

/* Words that are kept once. */
struct names {
	char **name;
	size_t count, *slot, slots;
};

struct history_store {
	struct stored_run *run;
	size_t runs;
	struct names names;
};

/* All: 0 or -ENOMEM. */
int store_add(struct history_store *s, const struct digest *d);
int store_lines(struct history_store *s, struct history_line **line, size_t *lines);
void store_free(struct history_store *s);

#endif
