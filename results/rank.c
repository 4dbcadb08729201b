// SPDX-License-Identifier: GPL-2.0-only
#include "results/rank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/median.h"

double rank_median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_double);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Ways to choose n of n + m ranks, by U, into ways[0..n*m]. */
static void count_ways(double *ways, size_t n, size_t m)
{
	/* The Gaussian binomial: times (1 - x^(m+i)), divided by (1 - x^i). */
	size_t most = n * m;

	memset(ways, 0, (most + 1) * sizeof(*ways));
	ways[0] = 1;
	for (size_t i = 1; i <= n; i++) {
		for (size_t u = most + 1; u-- > m + i;)
			ways[u] -= ways[u - m - i];
		for (size_t u = i; u <= most; u++)
			ways[u] += ways[u - i];
	}
}

static double normal_tail(double z)
{
	return 0.5 * erfc(z / sqrt(2));
}

/* P(U <= u) when the sides do not differ; the last distribution is kept. */
static double u_at_most(double u, size_t n, size_t m)
{
	static double share[RANK_EXACT * RANK_EXACT + 1];
	static size_t of_n, of_m;
	double nm = (double)n * (double)m, all = 0, sum = 0;

	if (u < 0)
		return 0;
	if (n > RANK_EXACT || m > RANK_EXACT)
		return normal_tail((nm / 2 - u - 0.5) / sqrt(nm * (double)(n + m + 1) / 12));
	if (u >= nm)
		return 1;
	if (of_n != n || of_m != m) {
		count_ways(share, n, m);
		for (size_t i = 0; i <= n * m; i++)
			all += share[i];
		for (size_t i = 0; i <= n * m; i++) {
			sum += share[i];
			share[i] = sum / all;
		}
		of_n = n;
		of_m = m;
	}
	return share[(size_t)u];
}

/* Pairs in which a is below b - by; ties are half. */
static double u_of(const double *a, size_t n, const double *b, size_t m, double by)
{
	double u = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			u += a[i] < b[j] - by ? 1 : a[i] == b[j] - by ? 0.5 : 0;
	return u;
}

double rank_p_above(const double *a, size_t n, const double *b, size_t m, double by)
{
	double u = floor(u_of(a, n, b, m, by));

	/* As many pairs above as here below, by symmetry. */
	return u_at_most((double)(n * m) - u, n, m);
}

double rank_p_two_sided(const double *a, size_t n, const double *b, size_t m)
{
	double up = rank_p_above(a, n, b, m, 0), down = rank_p_above(b, m, a, n, 0);
	double p = 2 * (up < down ? up : down);

	return p < 1 ? p : 1;
}

int rank_shift(const double *a, size_t n, const double *b, size_t m, double alpha, struct shift *s)
{
	double *d = malloc(n * m * sizeof(*d));
	size_t k = 0;

	if (!d)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			d[i * m + j] = b[j] - a[i];
	s->estimate = rank_median(d, n * m);
	while (k < n * m / 2 && u_at_most((double)k, n, m) <= alpha / 2)
		k++;
	s->interval = k > 0;
	s->low = d[k ? k - 1 : 0];
	s->high = d[n * m - (k ? k : 1)];
	free(d);
	return 0;
}

static const double *sorting;

static int by_p(const void *a, const void *b)
{
	return by_double(&sorting[*(const size_t *)a], &sorting[*(const size_t *)b]);
}

int rank_adjust(double *p, size_t n)
{
	size_t *order = malloc((n + 1) * sizeof(*order));
	double least = 1;

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	sorting = p;
	qsort(order, n, sizeof(*order), by_p);
	for (size_t i = n; i-- > 0;) {
		double q = p[order[i]] * (double)n / (double)(i + 1);

		least = q < least ? q : least;
		p[order[i]] = least;
	}
	free(order);
	return 0;
}

double rank_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (double)(*state >> 11) / 9007199254740992.0;
}

double rank_split_rate(double *v, size_t n, unsigned splits, double alpha, uint64_t seed)
{
	uint64_t state = seed | 1;
	unsigned different = 0;

	for (unsigned s = 0; s < splits; s++) {
		for (size_t i = n; i > 1; i--) {
			size_t j = (size_t)(rank_random(&state) * (double)i);
			double t = v[i - 1];

			v[i - 1] = v[j];
			v[j] = t;
		}
		different += rank_p_two_sided(v, n / 2, v + n / 2, n / 2) < alpha;
	}
	return (double)different / splits;
}
