/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waivers: changes that somebody answers for until a date. A text file, one a line:
 *
 *   # last day   owner            kernel  cells or costs        reason
 *   2026-12-31   mm@example.org   6.18    fork/x/mem=thp*       fixed in 6.18.20 ...
 *
 * kernel is a line such as 6.18 or *. A pattern as in name_matches(). What is waived is
 * still shown; after its last day a waiver has no effect.
 */
#ifndef RESULTS_WAIVER_H
#define RESULTS_WAIVER_H

#include <stdbool.h>
#include <stddef.h>

struct waiver {
	char until[16], owner[64], line[16], cells[256], reason[256];
	size_t number; /* of its line in the file */
	bool expired, used;
};

struct waivers {
	struct waiver *waiver;
	size_t count;
};

/*
 * A file that is not there has no waivers. today: "2026-11-21". 0, or -EINVAL with
 * FILE:LINE in why.
 */
int waivers_read(struct waivers *w, const char *file, const char *today, char *why, size_t size);
void waivers_free(struct waivers *w);

/* The valid one for this cell (or cost's cell) and kernel line, or NULL. It is now used. */
const struct waiver *waiver_find(const struct waivers *w, const char *cell, const char *line);

/* Appends a line; false words are refused. 0, or -EINVAL with why. */
int waiver_add(const char *file, const struct waiver *w, const char *today, char *why, size_t size);

#endif
