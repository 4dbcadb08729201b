// SPDX-License-Identifier: GPL-2.0-only
// Whether as many boots as compare says it needs decide.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "results/compare.h"
#include "stored.h"

static uint64_t state = 424242;

/* Boots that differ by 1.9 %, the second side slower by `slower`. */
static double share(size_t n, double slower, enum comparison wanted)
{
	enum { TIMES = 1000, MOST = 64 };
	int hits = 0;

	assert_true(n <= MOST);
	for (int i = 0; i < TIMES; i++) {
		struct compare_row row = { .margin = 0.03 };
		double a[MOST], b[MOST];

		for (size_t k = 0; k < n; k++) {
			a[k] = 0.019 * stored_normal(&state);
			b[k] = log1p(slower) + 0.019 * stored_normal(&state);
		}
		assert_int_equal(compare_judge(&row, a, n, b, n), 0);
		hits += row.verdict == wanted;
	}
	return (double)hits / TIMES;
}

/* What is said to be needed where the estimate is the truth, from sides with that spread. */
static size_t needed(double slower)
{
	enum { TIMES = 1000, FIRST = 6 };
	size_t all = 0;

	for (int i = 0; i < TIMES; i++) {
		struct compare_row row = { .margin = 0.03 };
		double a[FIRST], b[FIRST];

		for (size_t k = 0; k < FIRST; k++) {
			a[k] = 0.019 * stored_normal(&state);
			b[k] = log1p(slower) + a[k];
		}
		assert_int_equal(compare_judge(&row, a, FIRST, b, FIRST), 0);
		all += row.needed;
	}
	return (all + TIMES - 1) / TIMES;
}

static void boots_that_are_needed_decide(void **unused)
{
	static const struct {
		double slower;
		enum comparison wanted;
	} row[] = {
		{ 0, COMPARISON_EQUIVALENT },
		{ 0.01, COMPARISON_EQUIVALENT },
		{ 0.06, COMPARISON_REGRESSED },
		{ 0.08, COMPARISON_REGRESSED },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		size_t n = needed(row[i].slower);
		double found = share(n, row[i].slower, row[i].wanted);

		printf("# %.0f %% slower: %zu boots a side, %s in %.1f %%\n", 100 * row[i].slower,
		       n, comparison_name[row[i].wanted], 100 * found);
		assert_true(found >= 0.75 && found <= 0.99);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boots_that_are_needed_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
