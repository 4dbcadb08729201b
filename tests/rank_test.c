// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/rank.h"

static uint64_t state = 20260101;

static double normal(void)
{
	double u = rank_random(&state) + 1e-12, v = rank_random(&state);

	return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

/* Tables of the Mann-Whitney test: 3 and 3 give at best 1/20 a side, 4 and 4 1/70. */
static void small_samples_have_the_p_of_the_tables(void **unused)
{
	const double a[] = { 1, 2, 3, 4, 5 }, b[] = { 11, 12, 13, 14, 15 };

	(void)unused;
	assert_true(near(rank_p_above(a, 3, b, 3, 0), 1 / 20.));
	assert_true(near(rank_p_above(a, 4, b, 4, 0), 1 / 70.));
	assert_true(near(rank_p_above(a, 5, b, 5, 0), 1 / 252.));
	assert_true(near(rank_p_two_sided(a, 4, b, 4), 2 / 70.));
	assert_true(rank_p_above(b, 4, a, 4, 0) > 0.99);
	assert_true(rank_p_above(a, 4, b, 4, 20) > 0.99);
}

static void the_shift_is_that_of_pairs(void **unused)
{
	const double a[] = { 1, 2, 3, 4 }, b[] = { 3, 4, 5, 6 };
	struct shift s;

	(void)unused;
	assert_int_equal(rank_shift(a, 4, b, 4, 0.05, &s), 0);
	assert_true(near(s.estimate, 2));
	/* One tail of 1/70 is below 0.025, the next (2/70) is not: the outermost pairs. */
	assert_true(s.interval && near(s.low, -1) && near(s.high, 5));
	assert_int_equal(rank_shift(a, 3, b, 3, 0.05, &s), 0);
	assert_false(s.interval);
}

static void the_interval_holds_the_truth_as_often_as_it_says(void **unused)
{
	enum { TIMES = 2000 };
	int held = 0;

	(void)unused;
	for (int t = 0; t < TIMES; t++) {
		double a[6], b[6];
		struct shift s;

		for (int i = 0; i < 6; i++) {
			a[i] = normal();
			b[i] = normal() + 0.7;
		}
		assert_int_equal(rank_shift(a, 6, b, 6, 0.05, &s), 0);
		held += s.low <= 0.7 && s.high >= 0.7;
	}
	printf("# interval of 6 and 6: holds the truth in %.1f %%\n", 100. * held / TIMES);
	assert_in_range(held, TIMES * 94 / 100, TIMES * 98 / 100);
}

static void exact_and_approximate_meet(void **unused)
{
	double a[RANK_EXACT + 1], b[RANK_EXACT + 1], exact, approximate;

	(void)unused;
	for (int i = 0; i <= RANK_EXACT; i++) {
		a[i] = normal();
		b[i] = normal() + 0.3;
	}
	exact = rank_p_above(a, RANK_EXACT, b, RANK_EXACT, 0);
	approximate = rank_p_above(a, RANK_EXACT + 1, b, RANK_EXACT, 0);
	assert_true(fabs(exact - approximate) < 0.05);
	assert_true(exact > 0 && exact < 1);
}

static void discoveries_are_adjusted(void **unused)
{
	double p[] = { 0.04, 0.01, 0.03, 0.5 };

	(void)unused;
	assert_int_equal(rank_adjust(p, 4), 0);
	assert_true(near(p[1], 0.04) && near(p[0], 0.04 * 4 / 3) && near(p[3], 0.5));
	assert_true(near(p[2], 0.04 * 4 / 3));
}

/* G6: processes of one boot differ by 1.9 %, as was measured; equal code must look equal. */
static void equal_runs_are_called_different_as_often_as_nominal(void **unused)
{
	double v[20], mean = 0;

	(void)unused;
	for (int t = 0; t < 20; t++) {
		for (int i = 0; i < 20; i++)
			v[i] = log(1750) + 0.019 * normal();
		mean += rank_split_rate(v, 20, 1000, 0.05, 7 + (uint64_t)t) / 20;
	}
	printf("# A/A: %.1f %% of random splits differ at a nominal 5 %%\n", 100 * mean);
	assert_true(mean > 0.02 && mean < 0.07);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_samples_have_the_p_of_the_tables),
		cmocka_unit_test(the_shift_is_that_of_pairs),
		cmocka_unit_test(the_interval_holds_the_truth_as_often_as_it_says),
		cmocka_unit_test(exact_and_approximate_meet),
		cmocka_unit_test(discoveries_are_adjusted),
		cmocka_unit_test(equal_runs_are_called_different_as_often_as_nominal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
