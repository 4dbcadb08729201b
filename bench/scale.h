/* SPDX-License-Identifier: GPL-2.0-only */
/* What several workers did at the same time. */
#ifndef BENCH_SCALE_H
#define BENCH_SCALE_H

#include "bench/touch.h"

/* A round in which the workers were together for less than that share of it says nothing. */
#define SCALE_TOGETHER 0.25

struct window {
	uint64_t begin, end; /* all workers were at it; begin >= end: never */
	double share;	     /* of the time from the first begin to the last end */
	double per_sample;   /* ticks from one sample to the next, of all workers together */
};

/* Passes with samples, of counters that agree. */
void scale_window(const struct pass *const pass[], int workers, struct window *w);

/*
 * The samples of a pass that lie in the window as a whole, into to[]; a pass of one sample
 * (a call) always counts. How many.
 */
uint32_t scale_inside(const struct pass *p, const struct window *w, uint64_t *to);

#endif
