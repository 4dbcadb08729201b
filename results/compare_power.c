// SPDX-License-Identifier: GPL-2.0-only
/* How many units a side would decide. */
#include <math.h>

#include "results/compare_internal.h"

double compare_variance(const double *v, size_t n)
{
	double mean = 0, sum = 0;

	for (size_t i = 0; i < n; i++)
		mean += v[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	return n > 1 ? sum / (double)(n - 1) : 0;
}

double compare_units(double variance, double far)
{
	return 2 * (1.96 + 0.84) * (1.96 + 0.84) * variance / (far * far) * M_PI / 3 + 1;
}

/* The same for an interval of which both ends, near and far away, must lie inside the margin. */
static double units_inside(double variance, double near, double far)
{
	double low = 1, high = compare_units(variance, near) * 2;

	while (high - low > 0.5) {
		double n = (low + high) / 2, sd = sqrt(2 * variance / n * M_PI / 3);
		double power = 1 - 0.5 * erfc((near / sd - 1.96) / sqrt(2)) -
			       0.5 * erfc((far / sd - 1.96) / sqrt(2));

		if (power < 0.8)
			low = n;
		else
			high = n;
	}
	return high + 1;
}

size_t compare_needed(const struct compare_row *row, const double *a, size_t n, const double *b,
		      size_t m)
{
	double margin = log1p(row->margin), far = fabs(fabs(row->log.estimate) - margin);
	double both = (compare_variance(a, n) + compare_variance(b, m)) / 2;
	double need = compare_units(both, far);

	if (n < 2 || m < 2 || far <= 0 || !(need < 10000))
		return 0;
	if (fabs(row->log.estimate) < margin)
		need = units_inside(both, far, margin + fabs(row->log.estimate));
	return need > COMPARE_UNITS_MIN ? (size_t)ceil(need) : COMPARE_UNITS_MIN;
}
