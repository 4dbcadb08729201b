// SPDX-License-Identifier: GPL-2.0-only
// Workers at the same time: what is counted of them, and where they and their pages are.
#include "tests/scenario.h"

#include <errno.h>
#include <math.h>
#include <sys/mman.h>

#include "bench/clock.h"
#include "bench/measure.h"
#include "bench/placed.h"
#include "bench/placement.h"
#include "bench/scale.h"
#include "core/base/numbers.h"

static struct pass pass[3];

static void fill(struct pass *p, uint64_t begin, uint32_t samples, uint64_t tick)
{
	*p = (struct pass){ .begin = begin, .samples = samples, .faults = samples };
	for (uint32_t i = 0; i < samples; i++)
		p->tick[i] = tick;
	p->wall_ns = (uint64_t)((double)(samples * tick) * bench_clock.tick_ns + 0.5);
}

static void together(const struct pass *a, const struct pass *b, struct window *w)
{
	const struct pass *const both[] = { a, b };

	scale_window(both, 2, w);
}

static void two_that_run_together_are_twice_as_fast(void **state)
{
	struct window w;

	(void)state;
	fill(&pass[0], 1000, 100, 500);
	fill(&pass[1], 1000, 100, 500);
	together(&pass[0], &pass[1], &w);
	assert_true(fabs(w.share - 1) < 1e-9 && fabs(w.per_sample - 250) < 1e-6);
}

/* The tail of the slower one, when it is alone, is not the rate of two. */
static void only_what_both_did_counts(void **state)
{
	static uint64_t to[TOUCH_SAMPLES];
	struct window w;

	(void)state;
	fill(&pass[0], 0, 100, 500);
	fill(&pass[1], 25000, 100, 500);
	together(&pass[0], &pass[1], &w);
	assert_true(w.begin == 25000 && w.end == 50000);
	assert_true(fabs(w.share - 1.0 / 3) < 1e-9 && fabs(w.per_sample - 250) < 1e-6);
	assert_int_equal(scale_inside(&pass[0], &w, to), 50);
	assert_int_equal(scale_inside(&pass[1], &w, to), 50);
	fill(&pass[1], 60000, 100, 500);
	together(&pass[0], &pass[1], &w);
	assert_true(w.share == 0 && w.begin >= w.end);
}

static void gaps_are_time_too(void **state)
{
	struct window w;

	(void)state;
	fill(&pass[0], 0, 100, 400);
	fill(&pass[1], 0, 100, 400);
	pass[0].gaps = pass[1].gaps = 100 * 100;
	together(&pass[0], &pass[1], &w);
	assert_true(w.end == 50000 && fabs(w.per_sample - 250) < 1e-6);
}

static void calls_that_overlap_are_counted_in_part(void **state)
{
	uint64_t to[1];
	struct window w;

	(void)state;
	fill(&pass[0], 0, 1, 1000);
	fill(&pass[1], 500, 1, 1000);
	together(&pass[0], &pass[1], &w);
	assert_true(fabs(w.per_sample - 500) < 1e-6 && fabs(w.share - 1.0 / 3) < 1e-9);
	assert_int_equal(scale_inside(&pass[0], &w, to), 1);
	assert_true(to[0] == 1000);
}

static struct measure m;
static struct timing timing;
static const struct step step = { .actor = "P", .verb = "write", .timed = true };
static struct op op = { .step = &step, .number = 1, .unit = BASE_PAGE, .npages = 200 };

/* A round of two threads; the planted lies are of the second one. */
static bool round_is_valid(uint64_t faults, uint64_t begin, uint32_t null_faults, int rounds,
			   char *why, size_t size)
{
	int err = measure_init(&m);

	bench_crew->shares = 2;
	crew_reset(CREW_THREADS, 2);
	for (int i = 0; i < rounds && !err; i++) {
		memset(&timing, 0, sizeof(timing));
		timing.faults = true;
		fill(&timing.step, 1000, 100, 100000);
		fill(&bench_crew->take[1][0].pass, begin, 100, 100000);
		fill(&timing.null, 0, 100, 100);
		timing.null.faults = 0;
		bench_crew->take[1][0].pass.faults = faults;
		bench_crew->take[1][0].null = timing.null;
		bench_crew->take[1][0].null.faults = null_faults;
		measure_take(&m, &op, &timing);
		err = measure_end_cell(&m, true);
	}
	assert_int_equal(err, 0);
	return series_valid(&m.series[0], why, size);
}

static void each_worker_is_checked(void **state)
{
	char why[200];

	(void)state;
	assert_true(round_is_valid(100, 1000, 0, 5, why, sizeof(why)));
	assert_int_equal(m.count, 2);
	assert_int_equal(m.series[1].part, COST_TOGETHER);
	assert_true(m.series[0].ticks.count == 5 * 200 && m.series[0].processes == 5);
	assert_true(fabs(m.series[1].process[0].p50 - 50000) < 1);
	assert_true(m.series[0].worker[1].faults == 500);
	measure_free(&m);

	assert_false(round_is_valid(99, 1000, 0, 5, why, sizeof(why)));
	assert_non_null(strstr(why, "99 for 100"));
	measure_free(&m);
	assert_false(round_is_valid(100, 9000000, 0, 5, why, sizeof(why)));
	assert_non_null(strstr(why, "together"));
	measure_free(&m);
	assert_false(round_is_valid(100, 1000, 5, 5, why, sizeof(why)));
	assert_non_null(strstr(why, "null"));
	measure_free(&m);
	crew_reset(CREW_NONE, 0);
}

/* A round in which a worker lost its CPU is slow, and says nothing about contention. */
static void a_lost_cpu_is_no_contention(void **state)
{
	char why[200];

	(void)state;
	assert_true(round_is_valid(100, 1000, 0, 8, why, sizeof(why)));
	for (int i = 0; i < 3; i++) {
		m.series[1].process[i].switched = true;
		m.series[1].process[i].p50 = 1e9;
	}
	measure_settle(&m);
	assert_int_equal(m.series[1].processes, 5);
	assert_true(m.series[1].ticks.count == 5 && m.series[1].ticks.max < 60000);
	m.series[1].process[0].switched = true;
	measure_settle(&m);
	assert_int_equal(m.series[1].processes, 5);
	measure_free(&m);
	crew_reset(CREW_NONE, 0);
}

/* Two threads and two areas on the running kernel. */
static void threads_share_a_step(void **state)
{
	static struct mem_kind kind;
	struct run_options o = { .timeout_ms = 20000, .timed = measure_take, .timed_by = &m };
	struct program *p = program_new();
	struct parse_error error = { "" };
	struct cell c = { .program = p, .mem = &kind };
	struct verdict v = { .kind = VERDICT_BROKEN };
	struct executor *x;
	cpu_set_t cpus;

	(void)state;
	sched_getaffinity(0, sizeof(cpus), &cpus);
	if (CPU_COUNT(&cpus) < 2)
		skip();
	placement_choose(&cpus, -1, bench_crew->cpu, 2);
	o.cpu = bench_crew->cpu[0];
	kind = *mem_kind_find("anon");
	kind.units = 512;
	bench_crew->shares = 2;
	assert_int_equal(steps_parse(p, "P:write=1 P:fork [P:write=2]", "test", 1, 1, &error), 0);
	cell_set_id(&c);
	x = executor_open(&o);
	assert_non_null(x);
	for (enum crew_kind k = CREW_THREADS; k <= CREW_AREAS; k++) {
		assert_int_equal(measure_init(&m), 0);
		for (int i = 0; i < 3; i++) {
			crew_reset(k, 2);
			cell_run(x, &c, &v);
			assert_string_equal(bench_crew->why, "");
			assert_int_equal(v.kind, VERDICT_PASS);
			assert_int_equal(measure_end_cell(&m, true), 0);
		}
		assert_int_equal(m.series[0].passes + m.series[0].apart >= 3, 1);
		assert_int_equal(m.series[0].bad, 0);
		assert_true(bench_crew->take[1][0].pass.samples == 256);
		assert_true(bench_crew->take[1][0].pass.faults == 256);
		measure_free(&m);
	}
	executor_close(x);
	program_free(p);
	crew_reset(CREW_NONE, 0);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* Threads take what they measure into places of a number; one more step is refused. */
static void steps_of_threads_have_places(void **state)
{
	struct range r = { .first = (char *)&timing, .stride = 8, .count = 1, .word = timing.word };

	(void)state;
	crew_reset(CREW_THREADS, 1);
	for (int i = 0; i < CREW_STEPS; i++) {
		struct crew_threads *t = crew_start(&r, TOUCH_PAIR);

		assert_non_null(t);
		/* What a worker did in vain is not kept: the next step has the place. */
		assert_false(crew_join(t, false));
		t = crew_start(&r, TOUCH_PAIR);
		assert_non_null(t);
		assert_int_equal(bench_crew->taken[0], i);
		assert_true(crew_join(t, true));
	}
	assert_null(crew_start(&r, TOUCH_PAIR));
	assert_non_null(strstr(bench_crew->why, "more than 8"));
	crew_reset(CREW_NONE, 0);
}

static void lists_of_numbers(void **state)
{
	int to[4];

	(void)state;
	assert_int_equal(numbers_parse("2", 9, to, 4), 1);
	assert_int_equal(numbers_parse("0,2-3", 9, to, 4), 3);
	assert_true(to[0] == 0 && to[1] == 2 && to[2] == 3);
	assert_int_equal(numbers_parse("", 9, to, 4), -EINVAL);
	assert_int_equal(numbers_parse("1,", 9, to, 4), -EINVAL);
	assert_int_equal(numbers_parse("3-1", 9, to, 4), -EINVAL);
	assert_int_equal(numbers_parse("-1", 9, to, 4), -EINVAL);
	assert_int_equal(numbers_parse("1-", 9, to, 4), -EINVAL);
	assert_int_equal(numbers_parse("1 ", 9, to, 4), -EINVAL);
	assert_int_equal(numbers_parse("10", 9, to, 4), -ERANGE);
	assert_int_equal(numbers_parse("99999999999999999999", 9, to, 4), -ERANGE);
	assert_int_equal(numbers_parse("0-4", 9, to, 4), -E2BIG);
	assert_int_equal(numbers_parse("1,0-2", 9, to, 4), -EEXIST);
}

static void expect_order(struct placement_cpu *c, size_t n, int node, const int *cpu)
{
	placement_order(c, n, node);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(c[i].cpu, cpu[i]);
}

static void idle_cores_away_from_the_first_cpu(void **state)
{
	/* Four cores of two threads each; CPU 6 has work to do, so its sibling 2 is poor. */
	struct placement_cpu smt[8] = { { 0, 0, 0, 0 },	  { 1, 1, 0, 0 }, { 2, 2, 1, 0 },
					{ 3, 3, 1, 0 },	  { 4, 0, 0, 0 }, { 5, 1, 0, 0 },
					{ 6, 2, 1, 0.9 }, { 7, 3, 1, 0 } };
	struct placement_cpu two[2] = { { 0, 0, 0, 0 }, { 1, 1, 0, 0 } };
	struct placement_cpu one[1] = { { 0, 0, 0, 0 } };

	(void)state;
	expect_order(smt, 8, -1, (const int[]){ 7, 5, 4, 6, 3, 1, 0, 2 });
	expect_order(smt, 8, 0, (const int[]){ 5, 4, 1, 0, 7, 6, 3, 2 });
	expect_order(two, 2, -1, (const int[]){ 1, 0 });
	expect_order(one, 1, -1, (const int[]){ 0 });
}

static void pages_are_where_they_are(void **state)
{
	struct placed p = { .on = { [0] = 5, [1] = 2 }, .unknown = 1 };
	char *page = mmap(NULL, 4 * BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	(void)state;
	assert_int_equal(placed_elsewhere(&p, 0), 3);
	assert_int_equal(placed_elsewhere(&p, 1), 6);
	page[0] = 1;
	page[BASE_PAGE] = 1;
	memset(&p, 0, sizeof(p));
	placed_count(&p, page, BASE_PAGE, 4);
	assert_int_equal(p.unknown, 2);
	munmap(page, 4 * BASE_PAGE);
}

/* The planted lie: pages on another node than all had to be on. */
static void a_page_elsewhere_makes_the_number_invalid(void **state)
{
	char why[200];

	(void)state;
	for (int node = 0; node < 2; node++) {
		assert_int_equal(measure_init(&m), 0);
		m.node = node;
		for (int i = 0; i < 3; i++) {
			memset(&timing, 0, sizeof(timing));
			timing.faults = true;
			fill(&timing.step, 1000, 100, 100000);
			timing.placed.on[0] = 100;
			measure_take(&m, &op, &timing);
			assert_int_equal(measure_end_cell(&m, true), 0);
		}
		assert_int_equal(series_valid(&m.series[0], why, sizeof(why)), !node);
		assert_true(m.series[0].ticks.count == (node ? 0 : 300));
		measure_free(&m);
	}
	assert_non_null(strstr(why, "node 1: 100"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_that_run_together_are_twice_as_fast),
		cmocka_unit_test(only_what_both_did_counts),
		cmocka_unit_test(gaps_are_time_too),
		cmocka_unit_test(calls_that_overlap_are_counted_in_part),
		cmocka_unit_test(each_worker_is_checked),
		cmocka_unit_test(a_lost_cpu_is_no_contention),
		cmocka_unit_test(threads_share_a_step),
		cmocka_unit_test(steps_of_threads_have_places),
		cmocka_unit_test(lists_of_numbers),
		cmocka_unit_test(idle_cores_away_from_the_first_cpu),
		cmocka_unit_test(pages_are_where_they_are),
		cmocka_unit_test(a_page_elsewhere_makes_the_number_invalid),
	};

	if (clock_calibrate(NULL) || crew_open())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
