/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_MEASURE_INTERNAL_H
#define BENCH_MEASURE_INTERNAL_H

#include "bench/measure.h"

/* Of a crew, that have to be left when others are left out. */
enum { ROUNDS_LEAST = 5 };

/* What a cell measured until its verdict is known. */
struct pending {
	struct series *series;
	struct pass step, null;
	struct counts counts, null_counts;
	struct placed placed;
};

/* Ticks without the cost of the readings. */
uint64_t series_net(const struct series *s, uint64_t ticks);
/* Whether the pass measured what the series is named after; counts why not. */
bool series_usable(struct series *s, const struct pass *p, double *inside_ns);
/* Sorts the samples. 0 or -ENOMEM. */
int series_add_process(struct series *s, struct pass *p, double mean);

/* The same for a crew, whose first worker is p and the k-th step of whose others is meant. */
int measure_commit_crew(struct measure *m, struct pending *p, int k);

#endif
