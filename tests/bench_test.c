// SPDX-License-Identifier: GPL-2.0-only
// Timed steps on the running kernel, and what makes a number invalid.
#include "tests/scenario.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/mman.h>

#include "bench/clock.h"
#include "bench/measure.h"

enum { PAGES = 64 };

static struct measure m;

/* Runs the steps three times over a region of PAGES; the verdict of the last. */
static struct verdict measure(const char *steps)
{
	static struct mem_kind kind;
	struct run_options o = {
		.cpu = 0, .timeout_ms = 10000, .timed = measure_take, .timed_by = &m
	};
	struct program *p = program_new();
	struct parse_error err = { "" };
	struct executor *x;
	struct cell c = { .program = p, .mem = &kind };
	struct verdict v = { .kind = VERDICT_BROKEN };

	kind = *mem_kind_find("anon");
	kind.units = PAGES;
	assert_int_equal(measure_init(&m), 0);
	if (steps_parse(p, steps, "test", 1, 1, &err))
		fail_msg("%s", err.text);
	c.pin[PIN_RW] = pin_kind_find("uring-rw");
	cell_set_id(&c);
	x = executor_open(&o);
	assert_non_null(x);
	for (int i = 0; i < 3; i++) {
		cell_run(x, &c, &v);
		assert_int_equal(measure_end_cell(&m, v.kind == VERDICT_PASS), 0);
	}
	executor_close(x);
	program_free(p);
	return v;
}

/* What else ran on this CPU may have been in a pass, or between its samples. */
static bool disturbed(void)
{
	char why[200];

	for (int i = 0; i < m.count; i++)
		if (m.series[i].disturbed || !series_valid(&m.series[i], why, sizeof(why)))
			return true;
	return false;
}

static void expect(const char *steps, int series, uint64_t samples)
{
	struct verdict v = measure(steps);
	char why[200];

	for (int i = 0; i < 9 && disturbed(); i++) {
		measure_free(&m);
		v = measure(steps);
	}
	if (v.kind != VERDICT_PASS)
		fail_msg("'%s': %s %s %s", steps, verdict_name(v.kind), v.class, v.why);
	assert_int_equal(m.count, series);
	for (int i = 0; i < m.count; i++) {
		const struct series *s = &m.series[i];

		if (!series_valid(s, why, sizeof(why)))
			fail_msg("'%s', %s: %s", steps, s->text, why);
		assert_true(s->ticks.count == samples);
		assert_int_equal(s->processes, 3);
	}
}

static void each_fault_is_a_sample(void **state)
{
	static const char *const steps[] = {
		"[P:write=1]",
		"[P:read] P:write=1",
		"P:write=1 P:fork [P:write=2]",
		"P:write=1 P:fork [C:write=2]",
		"P:write=1 P:fork C:exit [P:write=2]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		expect(steps[i], 1, 3 * PAGES);
		assert_true(m.series[0].per_fault);
		assert_true(m.series[0].faults == 3 * PAGES);
		assert_true(m.series[0].null_faults == 0);
		/* A fault takes a thousand cycles and more, none takes next to nothing. */
		assert_true(histogram_quantile(&m.series[0].ticks, 0.5) * bench_clock.tick_ns >
			    100);
		assert_true(histogram_quantile(&m.series[0].null, 0.5) * bench_clock.tick_ns < 100);
		measure_free(&m);
	}
}

static struct timing fake;
static const struct step fake_step = { .actor = "P", .verb = "write", .timed = true };
static struct op fake_op = { .step = &fake_step, .number = 1, .unit = BASE_PAGE };

static void fake_pass(uint32_t samples, uint64_t faults, double wall)
{
	memset(&fake, 0, sizeof(fake));
	fake_op.npages = samples;
	fake.faults = true;
	fake.step.samples = samples;
	fake.step.faults = faults;
	for (uint32_t i = 0; i < samples; i++)
		fake.step.tick[i] = 100000;
	fake.step.wall_ns = (uint64_t)(wall * samples * 100000 * bench_clock.tick_ns);
}

/* A sanitizer would look at its shadow of the page, which is a fault of its own. */
__attribute__((no_sanitize("address"))) static void store_each(volatile char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		p[i * BASE_PAGE] = 1;
}

static void counters_count_the_faults(void **state)
{
	char why[200];
	struct counting c;
	struct counts counts;
	char *p = mmap(NULL, 8 * BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	(void)state;
	madvise(p, 8 * BASE_PAGE, MADV_NOHUGEPAGE);
	counters_begin(&c);
	store_each(p, 8);
	counters_end(&c, &counts);
	munmap(p, 8 * BASE_PAGE);
	if (counts.err[COUNT_FAULTS]) {
		printf("# perf_event: %s\n", errno_name(counts.err[COUNT_FAULTS]));
		return;
	}
	assert_int_equal(counts.value[COUNT_FAULTS], 8);

	/* The planted lie: one fault that getrusage did not see. */
	for (int lie = 0; lie < 2; lie++) {
		assert_int_equal(measure_init(&m), 0);
		fake_pass(8, 8, 1.0);
		fake.counts = counts;
		fake.counts.value[COUNT_FAULTS] += (uint64_t)lie;
		measure_take(&m, &fake_op, &fake);
		assert_int_equal(measure_end_cell(&m, true), 0);
		assert_int_equal(series_valid(&m.series[0], why, sizeof(why)), !lie);
		measure_free(&m);
	}
}

static void a_place_limits_the_samples(void **state)
{
	(void)state;
	expect("[P:write=1@[3..7]]", 1, 3 * 5);
	measure_free(&m);
}

static void what_does_not_fault_is_invalid(void **state)
{
	char why[200];

	(void)state;
	assert_int_equal(measure("P:write=1 [P:write=2]").kind, VERDICT_PASS);
	assert_int_equal(m.count, 1);
	assert_false(series_valid(&m.series[0], why, sizeof(why)));
	assert_non_null(strstr(why, "0 for 64"));
	assert_true(m.series[0].ticks.count == 0);
	measure_free(&m);
}

static void what_the_model_refuses_gives_no_number(void **state)
{
	(void)state;
	assert_int_equal(measure("P:write=1 [P:fork] claim errno P:fork EAGAIN").kind,
			 VERDICT_FAIL);
	assert_true(measure_samples(&m) == 0);
	measure_free(&m);
}

static void calls_and_exits_are_samples(void **state)
{
	(void)state;
	expect("P:write=1 [P:dontfork] [P:dofork]", 2, 3);
	assert_false(m.series[0].per_fault);
	measure_free(&m);
	expect("P:write=1 [P:fork] [C:exit]", 3, 3);
	assert_int_equal(m.series[0].part, COST_STEP);
	assert_int_equal(m.series[1].part, COST_EXIT);
	assert_int_equal(m.series[2].part, COST_REAP);
	measure_free(&m);
}

/* Not the CPU's own loads: what is timed is the system call. */
static void a_remote_access_is_a_call(void **state)
{
	(void)state;
	expect("P:write=1 [P:vm-read] [P:mem-write=2]", 2, 3);
	assert_false(m.series[0].per_fault);
	assert_true(m.series[0].bytes == (size_t)PAGES * BASE_PAGE);
	measure_free(&m);
}

static void refused_calls_are_not_mixed_with_others(void **state)
{
	static const struct step step = { .actor = "F", .verb = "seal", .timed = true };
	struct op op = { .step = &step, .number = 1, .npages = 1, .unit = BASE_PAGE };
	char why[200];

	(void)state;
	assert_int_equal(measure_init(&m), 0);
	memset(&fake, 0, sizeof(fake));
	fake.step.samples = 1;
	fake.step.tick[0] = 100000;
	for (int i = 0; i < 2; i++) {
		fake.step.err = i ? 0 : EBUSY;
		assert_true(!i || series_valid(&m.series[0], why, sizeof(why)));
		measure_take(&m, &op, &fake);
		assert_int_equal(measure_end_cell(&m, true), 0);
		assert_int_equal(m.series[0].err, EBUSY);
	}
	assert_false(series_valid(&m.series[0], why, sizeof(why)));
	assert_non_null(strstr(why, "EBUSY"));
	measure_free(&m);
}

static struct series *fake_series(uint32_t samples, uint64_t faults, double wall)
{
	assert_int_equal(measure_init(&m), 0);
	fake_pass(samples, faults, wall);
	measure_take(&m, &fake_op, &fake);
	assert_int_equal(measure_end_cell(&m, true), 0);
	return &m.series[0];
}

/* G5: the planted lies are one fault too few, and two hundredths of time that nobody has. */
static void closure_and_counts_are_checked(void **state)
{
	char why[200];

	(void)state;
	assert_true(series_valid(fake_series(100, 100, 1.0), why, sizeof(why)));
	measure_free(&m);
	assert_false(series_valid(fake_series(100, 99, 1.0), why, sizeof(why)));
	measure_free(&m);
	assert_false(series_valid(fake_series(100, 100, 1.02), why, sizeof(why)));
	measure_free(&m);
	for (int i = 0; i < 2; i++) {
		fake_series(100, 100, i ? 1.0 : 1.02);
		for (int again = 0; again < 40; again++) {
			measure_take(&m, &fake_op, &fake);
			assert_int_equal(measure_end_cell(&m, true), 0);
		}
		assert_int_equal(series_valid(&m.series[0], why, sizeof(why)), i);
		if (!i)
			assert_non_null(strstr(why, "wall time"));
		measure_free(&m);
	}
}

static void each_fault_of_a_chain_is_a_sample(void **state)
{
	bench_clock.chained = true;
	each_fault_is_a_sample(state);
	bench_clock.chained = false;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_of_a_chain_is_a_sample),
		cmocka_unit_test(each_fault_is_a_sample),
		cmocka_unit_test(counters_count_the_faults),
		cmocka_unit_test(a_place_limits_the_samples),
		cmocka_unit_test(what_does_not_fault_is_invalid),
		cmocka_unit_test(what_the_model_refuses_gives_no_number),
		cmocka_unit_test(calls_and_exits_are_samples),
		cmocka_unit_test(a_remote_access_is_a_call),
		cmocka_unit_test(refused_calls_are_not_mixed_with_others),
		cmocka_unit_test(closure_and_counts_are_checked),
	};

	if (clock_calibrate(NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
