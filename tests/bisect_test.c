// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/run/bisect.h"

enum { ITEMS = 32 };

/* Fails when an item of `alone` is among them, or all of `together`. */
struct world {
	uint64_t alone, together;
	int time;	 /* calls of again until it is over */
	bool never;	 /* does not fail again */
	uint64_t blamed; /* items blamed alone */
	size_t first, last, count;
	int blames, runs;
	enum bisect_how how;
};

static int again(void *arg, const size_t *at, size_t n)
{
	struct world *w = arg;
	uint64_t set = 0;

	if (!w->time--)
		return -1;
	w->runs++;
	for (size_t i = 0; i < n; i++) {
		set |= 1ull << at[i];
		assert_true(!i || at[i] > at[i - 1]);
	}
	if (w->never)
		return 0;
	return set & w->alone || (w->together && (set & w->together) == w->together);
}

static void blame(void *arg, const size_t *at, size_t n, enum bisect_how how)
{
	struct world *w = arg;

	assert_true(n > 0);
	w->blames++;
	w->how = how;
	w->first = at[0];
	w->last = at[n - 1];
	w->count = n;
	if (how == BISECT_ALONE)
		w->blamed |= 1ull << at[0];
}

static void run(struct world *w, size_t n)
{
	const struct bisect b = { again, blame, w };
	size_t at[ITEMS];

	for (size_t i = 0; i < n; i++)
		at[i] = i;
	w->time = w->time ? w->time : 1 << 20;
	bisect(&b, at, n);
	assert_true(w->blames > 0);
}

static void each_single_culprit_is_named(void **state)
{
	(void)state;
	for (size_t n = 1; n <= ITEMS; n++)
		for (size_t i = 0; i < n; i++) {
			struct world w = { .alone = 1ull << i };

			run(&w, n);
			assert_int_equal(w.blames, 1);
			assert_int_equal(w.blamed, w.alone);
			assert_true(w.runs <= 1 + 2 * 5);
		}
}

static void all_culprits_are_named(void **state)
{
	(void)state;
	for (uint64_t set = 1; set < 1 << 10; set++) {
		struct world w = { .alone = set };

		run(&w, 10);
		assert_int_equal(w.blamed, set);
	}
}

static void what_fails_only_together_is_kept_together(void **state)
{
	struct world w = { .together = 1ull << 3 | 1ull << 6 };

	(void)state;
	run(&w, 8);
	assert_int_equal(w.blames, 1);
	assert_int_equal(w.how, BISECT_TOGETHER);
	assert_true(w.first <= 3 && w.last >= 6);
	w = (struct world){ .together = 1ull << 4 | 1ull << 5 };
	run(&w, 8);
	assert_int_equal(w.how, BISECT_TOGETHER);
	assert_int_equal(w.first, 4);
	assert_int_equal(w.count, 2);
}

static void what_does_not_come_again_is_said_so(void **state)
{
	struct world w = { .alone = 1, .never = true };

	(void)state;
	run(&w, 8);
	assert_int_equal(w.how, BISECT_ONCE);
	assert_int_equal(w.count, 8);
	assert_int_equal(w.runs, 1);
}

/* Wherever the time ends, the culprit is among the blamed. */
static void time_may_end_at_any_moment(void **state)
{
	(void)state;
	for (int time = 1; time < 12; time++) {
		struct world w = { .alone = 1ull << 5, .time = time };

		run(&w, 16);
		assert_int_equal(w.blames, 1);
		assert_true(w.first <= 5 && w.last >= 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_single_culprit_is_named),
		cmocka_unit_test(all_culprits_are_named),
		cmocka_unit_test(what_fails_only_together_is_kept_together),
		cmocka_unit_test(what_does_not_come_again_is_said_so),
		cmocka_unit_test(time_may_end_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
