/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of some cells is it that fails when they run one after another? */
#ifndef CORE_RUN_BISECT_H
#define CORE_RUN_BISECT_H

#include <stddef.h>

enum bisect_how {
	BISECT_ALONE,	 /* one item, by itself */
	BISECT_TOGETHER, /* all of them, but neither half */
	BISECT_TIME,	 /* one or more of them; there was no time to tell */
	BISECT_ONCE,	 /* one or more of them, and not again */
};

struct bisect {
	/* Runs the n items at `at` in order: 1 they fail, 0 they don't, -1 no time. */
	int (*again)(void *arg, const size_t *at, size_t n);
	void (*blame)(void *arg, const size_t *at, size_t n, enum bisect_how how);
	void *arg;
};

/* The n > 0 items failed once; blame is called once or, for several culprits, more often. */
void bisect(const struct bisect *b, const size_t *at, size_t n);

#endif
