/* SPDX-License-Identifier: GPL-2.0-only */
/* By how much reading the clock slows the loop of faults that it times. */
#ifndef BENCH_PERTURB_H
#define BENCH_PERTURB_H

#include "bench/touch.h"

enum { PERTURB_PAIR, PERTURB_CHAINED, PERTURB_AGAIN, PERTURB_MODES };

/* The median of the ratios to the untimed loop beside it, less 1, and its 95 % interval. */
struct perturbation {
	double ratio, low, high;
};

struct perturbations {
	int rounds;	 /* 0: not measured */
	double fault_ns; /* of the untimed loop, median */
	/* Each beside its own code without readings, and that code a second time. */
	struct perturbation mode[PERTURB_MODES];
};

/* Of this run. */
extern struct perturbations bench_perturbations;

/*
 * On this CPU, in this process: `rounds` times, in random order, passes of first touches
 * untimed, chained, in pairs and untimed again. 0 or -errno.
 */
int perturb_measure(struct perturbations *p, int rounds);

#endif
