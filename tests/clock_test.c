// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench/clock.h"
#include "bench/parts.h"
#include "bench/perturb.h"

static void only_known_clocks_are_taken(void **unused)
{
	(void)unused;
	assert_int_equal(clock_calibrate("sundial"), -EINVAL);
}

static void the_clock_of_this_host_is_sound(void **unused)
{
	char why[200] = "";
	bool sound = false;

	(void)unused;
	/* Another process may take the CPU away for a whole try. */
	for (int i = 0; i < 20 && !sound; i++) {
		assert_int_equal(clock_calibrate(NULL), 0);
		sound = clock_sound(&bench_clock, why, sizeof(why));
	}
	printf("# %s %s tick %.4f ns, step %u, pair %.1f ticks, empty %+.1f, "
	       "chains %.1f ns %+.2f %%, %.1f ns %+.2f %%\n",
	       bench_clock.name, bench_clock.note, bench_clock.tick_ns, bench_clock.step,
	       bench_clock.pair, bench_clock.empty, bench_clock.chain_ns[0],
	       bench_clock.chain[0] * 100, bench_clock.chain_ns[1], bench_clock.chain[1] * 100);
	assert_true(bench_clock.tick_ns > 0);
	if (!sound)
		printf("# not sound: %s\n", why);
#ifndef __OPTIMIZE__
	if (!sound)
		skip(); /* every link of the chain goes through memory */
#endif
	assert_true(sound);
}

static void a_wrong_subtraction_is_noticed(void **unused)
{
	struct clock_facts wrong;
	char why[200];

	(void)unused;
	assert_int_equal(clock_calibrate(NULL), 0);
	wrong = bench_clock;
	wrong.chain[0] = 0.03;
	assert_false(clock_sound(&wrong, why, sizeof(why)));
	wrong = bench_clock;
	wrong.chain[0] = wrong.chain[1] = 0;
	wrong.empty = 10;
	assert_false(clock_sound(&wrong, why, sizeof(why)));
}

static void time_goes_forward(void **unused)
{
	(void)unused;
	for (int i = 0; i < 100000; i++) {
		uint64_t start = clock_begin(), end = clock_end();

		assert_true(end >= start);
	}
}

static void what_readings_cost_is_measured(void **unused)
{
	struct perturbations p;

	(void)unused;
	assert_int_equal(perturb_measure(&p, 51), 0);
	assert_in_range(p.rounds, 1, 51);
	assert_true(p.fault_ns > 0);
	for (int i = 0; i < PERTURB_MODES; i++) {
		printf("# %s %+.2f %% (%+.2f to %+.2f)\n", perturb_name[i], p.mode[i].ratio * 100,
		       p.mode[i].low * 100, p.mode[i].high * 100);
		assert_true(p.mode[i].low <= p.mode[i].ratio);
		assert_true(p.mode[i].high >= p.mode[i].ratio);
		assert_true(p.mode[i].ratio > -0.9);
	}
}

/* G9; on a busy host one try may be disturbed. */
static void the_parts_of_fork_are_the_whole(void **unused)
{
	struct fork_parts p = { 0 };
	bool close = false;

	(void)unused;
	for (int i = 0; i < 20 && !close; i++) {
		assert_int_equal(fork_parts_measure(&p, 256, 101), 0);
		close = fork_parts_close(&p);
		printf("# %zu pages: sum %.0f whole %.0f, %+.2f %%; %d discarded\n", p.pages, p.sum,
		       p.whole, 100 * (p.ratio - 1), p.discarded);
	}
	assert_true(close);
	for (int i = 0; i < FORK_PARTS; i++)
		assert_true(p.part[i] > 0);
	/* The planted lie: a part that nobody counted. */
	p.ratio *= 1.05;
	assert_false(fork_parts_close(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_known_clocks_are_taken),
		cmocka_unit_test(the_clock_of_this_host_is_sound),
		cmocka_unit_test(a_wrong_subtraction_is_noticed),
		cmocka_unit_test(the_parts_of_fork_are_the_whole),
		cmocka_unit_test(what_readings_cost_is_measured),
		cmocka_unit_test(time_goes_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
