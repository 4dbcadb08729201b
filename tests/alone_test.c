// SPDX-License-Identifier: GPL-2.0-only
/* Samples of a core that was not alone are left out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "bench/alone.h"
#include "bench/clock.h"
#include "bench/measure.h"
#include "core/base/util.h"
#include "results/compare.h"
#include "results/digest.h"
#include "results/side.h"
#include "tests/folder.h"

enum { BLOCKS = 8, SAMPLES = BLOCKS * ALONE_BLOCK, SHORT = 1000, LONG = 1700 };

static struct measure m;
static struct timing fake;
static const struct step step = { .actor = "P", .verb = "write", .timed = true };
static struct op op = { .step = &step, .number = 1, .unit = BASE_PAGE, .npages = SAMPLES };

/* others: a bit for each block in which the core has other work too. */
static void pass(unsigned others)
{
	memset(&fake, 0, sizeof(fake));
	fake.faults = true;
	fake.step.samples = SAMPLES;
	fake.step.faults = SAMPLES;
	fake.step.block = ALONE_BLOCK;
	fake.step.looks = BLOCKS + 1;
	for (unsigned i = 0; i <= BLOCKS; i++)
		fake.step.look[i] = 0.6f;
	for (unsigned i = 0; i < SAMPLES; i++) {
		bool other = others & 1u << i / ALONE_BLOCK;

		fake.step.tick[i] = other ? LONG : SHORT;
		if (other)
			fake.step.look[i / ALONE_BLOCK] = 0.9f;
	}
	for (unsigned i = 0; i < SAMPLES; i++)
		fake.step.wall_ns += (uint64_t)((double)fake.step.tick[i] * bench_clock.tick_ns);
	measure_take(&m, &op, &fake);
	assert_int_equal(measure_end_cell(&m, true), 0);
}

static void begin(void)
{
	bench_clock = (struct clock_facts){ .kind = CLOCK_COUNTER, .name = "tsc", .tick_ns = 1 };
	alone_least = 0.6;
	assert_int_equal(measure_init(&m), 0);
}

static void such_samples_are_left_out(void **state)
{
	char why[200];

	(void)state;
	begin();
	for (int i = 0; i < 6; i++)
		pass(1u << 7);
	/* Of the block before, too: the look behind it saw the others. */
	assert_int_equal(m.series[0].ticks.count, 6 * (SAMPLES - 2 * ALONE_BLOCK));
	assert_int_equal(m.series[0].shared, 6 * 2 * ALONE_BLOCK);
	assert_int_equal(m.series[0].faults, m.series[0].ticks.count);
	assert_int_equal(m.series[0].ticks.max, SHORT);
	assert_true(m.series[0].process[5].p99 <= SHORT);
	assert_true(series_valid(&m.series[0], why, sizeof(why)));
	measure_free(&m);
}

static void such_a_pass_is_left_out(void **state)
{
	char why[200];

	(void)state;
	begin();
	for (int i = 0; i < 4; i++)
		pass(0);
	pass(0x54);
	assert_int_equal(m.series[0].processes, 4);
	assert_true(series_valid(&m.series[0], why, sizeof(why)));
	for (int i = 0; i < 4; i++)
		pass(0x55);
	assert_false(series_valid(&m.series[0], why, sizeof(why)));
	assert_non_null(strstr(why, "other work"));
	measure_free(&m);
}

/* Of one that was disturbed nothing is learned. */
static void one_look_is_no_measure(void **state)
{
	(void)state;
	bench_clock.kind = CLOCK_KERNEL;
	alone_calibrate();
	assert_true(alone_least == 0);
	alone_learn(0.9f);
	alone_learn(0.1f);
	assert_true(alone_least > 0.89);
	/* Nor where that one is the first. */
	alone_calibrate();
	alone_learn(0.1f);
	alone_learn(0.9f);
	alone_learn(0.9f);
	assert_true(alone_least > 0.89);
	alone_learn(0.8f);
	assert_true(alone_least > 0.79 && alone_least < 0.81);
	alone_calibrate();
	alone_learn(0.9f);
	alone_learn(0.8f);
	alone_learn(0.81f);
	alone_learn(0.85f);
	assert_true(alone_least > 0.8 && alone_least < 0.82);
	assert_true(alone_was(0.82f));
	assert_false(alone_was(0.9f));
}

struct boot {
	double p50, alone;
	bool invalid;
	int shared, processes, whole; /* processes with a thousand samples */
};

static void write_boot(const char *at, int boot, const struct boot *b)
{
	char path[200];
	FILE *f;

	mkdir(at, 0700);
	snprintf(path, sizeof(path), "%s/%d", at, boot);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%d/records.jsonl", at, boot);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "{\"type\":\"env\",\"format\":1,\"release\":\"6.1\",\"boot\":\"%d\"}\n", boot);
	fprintf(f,
		"{\"type\":\"cost\",\"cell\":\"f/a/mem=anon\",\"step\":1,\"part\":\"step\","
		"\"text\":\"[P:write=1]\",\"per\":\"fault\",\"workload\":\"w\",\"clock\":\"tsc\","
		"\"tick_ns\":1,\"valid\":%s,\"samples\":1000,\"shared\":%d,\"alone\":%f,"
		"\"process\":[",
		b->invalid ? "false" : "true", b->shared, b->alone);
	for (int i = 0; i < b->processes; i++)
		fprintf(f, "%s[%d,%f,1,%f,1]", i ? "," : "", i < b->whole ? 1000 : 100, b->p50,
			(i < b->whole ? 2 + i : 9) * b->p50);
	fprintf(f, "]}\n{\"type\":\"end\"}\n");
	fclose(f);
}

/* `most`, but for one that is `other`. */
static void read_boots(struct side *s, const char *name, int n, struct boot most, int which,
		       struct boot other)
{
	char at[150], why[200];

	snprintf(at, sizeof(at), "%s/%s", folder, name);
	most.processes = most.processes ? most.processes : 1;
	other.processes = other.processes ? other.processes : 1;
	for (int i = 0; i < n; i++) {
		struct boot b = i == which ? other : most;

		b.alone += i == which ? 0 : 0.002 * i;
		write_boot(at, i, &b);
	}
	if (side_read(s, (char *[]){ at }, 1, why, sizeof(why)))
		fail_msg("%s", why);
}

static const struct compare_row *row_of(const struct compare_result *r, const char *metric)
{
	for (size_t i = 0; i < r->rows; i++)
		if (!strcmp(r->row[i].metric, metric))
			return &r->row[i];
	return NULL;
}

/* An invalid number teaches nothing; what is left out is said, all of a side is no green. */
static void what_is_left_out_is_said(void **state)
{
	const struct boot alone = { .p50 = 1000, .alone = 0.6 };
	const struct boot never = { .p50 = 1000, .alone = 0.85, .shared = 1000 };
	const struct boot low = { .p50 = 1000, .alone = 0.3, .invalid = true };
	struct compare_result r;
	struct side side[2];

	(void)state;
	read_boots(&side[0], "said-a", 6, alone, 2, low);
	read_boots(&side[1], "said-b", 6, alone, 3, never);
	assert_int_equal(compare_sides(side, NULL, &r), 0);
	assert_int_equal(r.rows, 1);
	assert_true(r.row[0].units[0] == 5 && r.row[0].units[1] == 5);
	assert_int_equal(r.row[0].verdict, COMPARISON_EQUIVALENT);
	assert_string_equal(r.row[0].why, "1 of 6 runs of B had never seen their core alone");
	assert_true(r.never == 1 && !r.lost && !compare_broken(&r));
	assert_true(r.row[0].apart && fabs(r.row[0].shared[1] - 1.0 / 7) < 1e-9);
	compare_result_free(&r);
	side_free(&side[1]);
	read_boots(&side[1], "said-c", 6, never, 6, never);
	assert_int_equal(compare_sides(side, NULL, &r), 0);
	assert_int_equal(r.row[0].verdict, COMPARISON_UNLIKE);
	assert_string_equal(r.row[0].why, "6 of 6 runs of B had never seen their core alone");
	assert_true(r.never == 6 && r.lost == 1 && compare_broken(&r));
	assert_true(r.row[0].apart && fabs(r.row[0].shared[1] - 0.5) < 1e-9);
	compare_text(side, &r, true, stdout);
	compare_result_free(&r);
	side_free(&side[0]);
	side_free(&side[1]);
}

/* Of processes that left out a part most are enough, and not in the first run. */
static void most_processes_are_a_tail(void **state)
{
	const struct boot few = { .p50 = 1000, .alone = 0.6, .processes = 5, .whole = 2 };
	const struct boot most = { .p50 = 1000, .alone = 0.6, .processes = 5, .whole = 3 };
	struct compare_result r;
	struct side side[2];
	size_t size;
	char *text;
	FILE *f;

	(void)state;
	read_boots(&side[0], "tail-a", 6, most, 0, few);
	read_boots(&side[1], "tail-b", 6, most, 0, few);
	assert_int_equal(compare_sides(side, NULL, &r), 0);
	assert_non_null(row_of(&r, "p99"));
	assert_true(row_of(&r, "p99")->units[0] == 6);
	compare_result_free(&r);
	for (int i = 0; i < 2; i++) {
		f = open_memstream(&text, &size);
		digest_write(&side[0].run[i], &side[0].cost[i], false, f);
		fclose(f);
		assert_non_null(strstr(text, i ? "\t1000\t3000\t5\t" : "\t1000\t0\t5\t"));
		free(text);
	}
	side_free(&side[0]);
	side_free(&side[1]);
}

/* One boot took a core that others used all the time for one that is alone. */
static void who_never_was_alone_is_no_unit(void **state)
{
	struct units u[LEVELS];
	struct side s;

	(void)state;
	read_boots(&s, "apart", 6, (struct boot){ .p50 = 1000, .alone = 0.6 }, 4,
		   (struct boot){ .p50 = 1700, .alone = 0.85 });
	assert_int_equal(side_units(&s, "f/a/mem=anon [P:write=1]", QUANTILE_P50, u), 0);
	assert_int_equal(u[LEVEL_BOOT].count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_true(u[LEVEL_BOOT].value[i] < log(1001));
	units_free(u);
	/* As where another side knows the machine better. */
	s.alone = 0.3;
	assert_int_equal(side_units(&s, "f/a/mem=anon [P:write=1]", QUANTILE_P50, u), 0);
	assert_int_equal(u[LEVEL_BOOT].count, 0);
	units_free(u);
	side_free(&s);
}

static void a_look_shows_something(void **state)
{
	int err = clock_calibrate(NULL);

	(void)state;
	assert_int_equal(err, 0);
	alone_calibrate();
	if (bench_clock.kind != CLOCK_COUNTER || bench_clock.emulated)
		assert_true(alone_least == 0);
	else
		assert_true(alone_least > 0.1 && alone_least < 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(such_samples_are_left_out),
		cmocka_unit_test(such_a_pass_is_left_out),
		cmocka_unit_test(one_look_is_no_measure),
		cmocka_unit_test(what_is_left_out_is_said),
		cmocka_unit_test(most_processes_are_a_tail),
		cmocka_unit_test(who_never_was_alone_is_no_unit),
		cmocka_unit_test(a_look_shows_something),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
