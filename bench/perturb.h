/* SPDX-License-Identifier: GPL-2.0-only */
/* By how much timing slows the loop of faults, and how much of that is reading the clock. */
#ifndef BENCH_PERTURB_H
#define BENCH_PERTURB_H

#include "bench/touch.h"

enum {
	/* Beside the loop of bare accesses, and that loop a second time: */
	PERTURB_PAIR,
	PERTURB_CHAINED,
	PERTURB_AGAIN,
	/* Beside their own code without the readings: */
	PERTURB_PAIR_READINGS,
	PERTURB_CHAINED_READINGS,
	PERTURB_MODES
};

extern const char *const perturb_name[PERTURB_MODES];

/* The median of the ratios to what is beside it, less 1, and its 95 % interval. */
struct perturbation {
	double ratio, low, high;
};

struct perturbations {
	int rounds;	 /* 0: not measured */
	bool quiet;	 /* of a core that was alone; else it had other work, or nobody looked */
	double fault_ns; /* of bare accesses, median */
	struct perturbation mode[PERTURB_MODES];
};

/* Of this run. */
extern struct perturbations bench_perturbations;

/*
 * On this CPU, in this process: `rounds` times, in random order, passes of first touches
 * in all these ways. 0 or -errno.
 */
int perturb_measure(struct perturbations *p, int rounds);

#endif
