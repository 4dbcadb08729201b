// SPDX-License-Identifier: GPL-2.0-only
#include "bench/histogram.h"

double histogram_value(unsigned index)
{
	unsigned octave, step;

	if (index < HISTOGRAM_EXACT)
		return index;
	octave = (index - HISTOGRAM_EXACT) / HISTOGRAM_STEPS;
	step = (index - HISTOGRAM_EXACT) % HISTOGRAM_STEPS;
	return (HISTOGRAM_STEPS + step + 0.5) * (double)(2ull << octave) - 0.5;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
	to->count += from->count;
	to->sum += from->sum;
	if (from->max > to->max)
		to->max = from->max;
}

double histogram_quantile(const struct histogram *h, double q)
{
	double wanted = q * (double)h->count, value;
	uint64_t seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		seen += h->bucket[i];
		value = histogram_value(i);
		if ((double)seen >= wanted)
			return value > (double)h->max ? (double)h->max : value;
	}
	return (double)h->max;
}

double histogram_min(const struct histogram *h)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		if (h->bucket[i])
			return histogram_value(i);
	return 0;
}

double histogram_differing(const struct histogram *a, const struct histogram *b)
{
	double same = 0;

	if (!a->count || !b->count)
		return a->count != b->count;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		double x = a->bucket[i] / (double)a->count, y = b->bucket[i] / (double)b->count;

		same += x < y ? x : y;
	}
	return same < 1 ? 1 - same : 0;
}

double histogram_mean(const struct histogram *h)
{
	return h->count ? h->sum / (double)h->count : 0;
}

bool histogram_knows(const struct histogram *h, double q)
{
	return (double)h->count * (1 - q) >= 10 - 1e-6;
}
