// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/clock.h"
#include "bench/histogram.h"
#include "core/base/median.h"

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* G4: 0.4 % from one tick to 2^36, in 32 KiB. */
static void any_value_is_known_to_four_thousandths(void **unused)
{
	(void)unused;
	assert_true(sizeof(struct histogram) <= 32768);
	for (uint64_t v = 0; v < 1ull << 36; v += 1 + v / 997) {
		double back = histogram_value(histogram_index(v));

		assert_true(fabs(back - (double)v) <= 0.004 * (double)v);
	}
	assert_int_equal(histogram_index(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void buckets_ascend_without_a_gap(void **unused)
{
	(void)unused;
	for (uint64_t v = 1; v < 1 << 20; v++) {
		unsigned a = histogram_index(v - 1), b = histogram_index(v);

		assert_true(b == a || b == a + 1);
	}
}

static void quantiles_are_those_of_the_raw_samples(void **unused)
{
	enum { N = 100000 };
	static const double q[] = { 0.5, 0.9, 0.99, 0.999 };
	static struct histogram h;
	uint64_t *raw = calloc(N, sizeof(*raw));

	(void)unused;
	assert_non_null(raw);
	memset(&h, 0, sizeof(h));
	for (int i = 0; i < N; i++) {
		raw[i] = 1000 + next_random() % 4000 + (i % 100 ? 0 : next_random() % 100000000);
		histogram_add(&h, raw[i]);
	}
	qsort(raw, N, sizeof(*raw), by_u64);
	for (size_t i = 0; i < sizeof(q) / sizeof(*q); i++) {
		double exact = (double)raw[(size_t)ceil(q[i] * N) - 1];

		assert_true(fabs(histogram_quantile(&h, q[i]) - exact) <= 0.004 * exact);
	}
	assert_true(h.max == raw[N - 1]);
	assert_true(histogram_quantile(&h, 1) <= (double)h.max);
	free(raw);
}

static void merging_is_adding_all(void **unused)
{
	static struct histogram a, b, both;

	(void)unused;
	for (int i = 0; i < 5000; i++) {
		uint64_t v = next_random() % 1000000;

		histogram_add(i % 3 ? &a : &b, v);
		histogram_add(&both, v);
	}
	histogram_merge(&a, &b);
	assert_memory_equal(a.bucket, both.bucket, sizeof(a.bucket));
	assert_true(a.count == both.count && a.max == both.max);
}

static void a_tail_needs_ten_samples(void **unused)
{
	static struct histogram h;

	(void)unused;
	for (int i = 0; i < 999; i++)
		histogram_add(&h, 1);
	assert_true(histogram_knows(&h, 0.9));
	assert_false(histogram_knows(&h, 0.99));
	histogram_add(&h, 1);
	assert_true(histogram_knows(&h, 0.99));
	assert_false(histogram_knows(&h, 0.999));
}

static void a_sample_costs_a_few_nanoseconds(void **unused)
{
	enum { N = 1000000 };
	static struct histogram h;
	uint64_t start = clock_kernel(), ns;

	(void)unused;
	for (int i = 0; i < N; i++)
		histogram_add(&h, 4000 + ((uint64_t)i * 2654435761u >> 7 & 2047));
	ns = clock_kernel() - start;
	printf("# histogram: %.2f ns a sample, %zu bytes\n", (double)ns / N, sizeof(h));
	assert_true(h.count == N);
}

static void what_differs_is_counted(void **unused)
{
	static struct histogram a, b;

	(void)unused;
	assert_true(histogram_differing(&a, &b) == 0);
	for (int i = 0; i < 100; i++) {
		histogram_add(&a, 11379);
		histogram_add(&b, i < 3 ? 24520 : 11379);
	}
	assert_true(histogram_differing(&a, &a) == 0);
	assert_true(histogram_differing(&a, &b) > 0.0299 && histogram_differing(&a, &b) < 0.0301);
	assert_true(histogram_min(&a) == histogram_min(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_differs_is_counted),
		cmocka_unit_test(any_value_is_known_to_four_thousandths),
		cmocka_unit_test(buckets_ascend_without_a_gap),
		cmocka_unit_test(quantiles_are_those_of_the_raw_samples),
		cmocka_unit_test(merging_is_adding_all),
		cmocka_unit_test(a_tail_needs_ten_samples),
		cmocka_unit_test(a_sample_costs_a_few_nanoseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
