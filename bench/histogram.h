/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A log-linear histogram of ticks: below 256 exact, above in 128 steps an octave, so
 * a value is known to 0.4 %. It can be merged, and is stored whole.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HISTOGRAM_EXACT = 256,
	HISTOGRAM_STEPS = 128,
	HISTOGRAM_OCTAVES = 32, /* above EXACT: values below 2^40 */
	HISTOGRAM_BUCKETS = HISTOGRAM_EXACT + HISTOGRAM_OCTAVES * HISTOGRAM_STEPS,
};

struct histogram {
	uint64_t count, max;
	double sum;
	uint32_t bucket[HISTOGRAM_BUCKETS];
};

static inline unsigned histogram_index(uint64_t v)
{
	unsigned top;

	if (v < HISTOGRAM_EXACT)
		return (unsigned)v;
	top = 63u - (unsigned)__builtin_clzll(v);
	if (top >= 8 + HISTOGRAM_OCTAVES)
		return HISTOGRAM_BUCKETS - 1;
	return HISTOGRAM_EXACT + (top - 8) * HISTOGRAM_STEPS +
	       (unsigned)(v >> (top - 7) & (HISTOGRAM_STEPS - 1));
}

static inline void histogram_add(struct histogram *h, uint64_t v)
{
	h->bucket[histogram_index(v)]++;
	h->count++;
	h->sum += (double)v;
	if (v > h->max)
		h->max = v;
}

/* The middle of a bucket. */
double histogram_value(unsigned index);

void histogram_merge(struct histogram *to, const struct histogram *from);

/* The smallest recorded value that at least a share q of all does not exceed; 0 when empty. */
double histogram_quantile(const struct histogram *h, double q);
/* The smallest recorded value; 0 when empty. */
double histogram_min(const struct histogram *h);
/* The share of samples that one has in other buckets than the other: 0 alike, 1 disjoint. */
double histogram_differing(const struct histogram *a, const struct histogram *b);
double histogram_mean(const struct histogram *h);

/* Whether there are samples enough to speak of quantile q: ten beyond it. */
bool histogram_knows(const struct histogram *h, double q);

#endif
