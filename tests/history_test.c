// SPDX-License-Identifier: GPL-2.0-only
// Trends: steps that are there and steps that are not, digests, runs that can't be read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/history.h"
#include "stored.h"
#include "tests/folder.h"

static char why[4500], told[4500];
static int tells;

static void broken(void *arg, const char *text)
{
	(void)arg;
	tells++;
	snprintf(told, sizeof(told), "%s", text);
}

/* One run a day of `days` with `costs` costs; those that are odd are slower from `at` on. */
static void write_store(const char *name, int days, int costs, int at, double slower)
{
	uint64_t state = 12345;

	for (int day = 0; day < days; day++) {
		char dir[160], utc[32], boot[32], cell[64];
		struct stored s = { "6.18.15", utc, boot, NULL, NULL };
		FILE *f;

		snprintf(utc, sizeof(utc), "2026-%02d-%02dT01:00:00Z", 1 + day / 28, 1 + day % 28);
		snprintf(boot, sizeof(boot), "boot-%d", day);
		snprintf(dir, sizeof(dir), "%s/%s/%d", folder, name, day);
		f = stored_begin(dir, &s);
		assert_non_null(f);
		stored_cell(f, "f/x/mem=anon", day >= days - 2 ? "fail" : "pass",
			    ",\"class\":\"leak\"");
		for (int i = 0; i < costs; i++) {
			double p50 = 1000 * (i % 2 && day >= at ? 1 + slower : 1);

			snprintf(cell, sizeof(cell), "c/%d/mem=anon", i);
			stored_cost(f, cell, p50 * exp(0.019 * stored_normal(&state)), 3, &state);
		}
		assert_int_equal(stored_end(f), 0);
	}
}

static struct history *history_of(const char *name)
{
	struct history *h = history_open();

	assert_non_null(h);
	tells = 0;
	if (history_read(h, in(name), broken, NULL, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(history_finish(h), 0);
	return h;
}

static size_t steps(const struct history_line *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->trends; i++)
		n += history_step(&l->trend[i]);
	return n;
}

static void steps_are_found_where_they_are(void **unused)
{
	struct history *h;
	size_t at = 0;

	(void)unused;
	write_store("steps", 60, 40, 45, 0.06);
	h = history_of("steps");
	assert_int_equal(h->lines, 1);
	assert_int_equal(h->line[0].days, 60);
	assert_int_equal(h->line[0].trends, 40);
	printf("# 6 %% from day 45 of 60 on, sd 1.9 %%: %zu of 20 found, and among 20 others %d\n",
	       steps(h->line), (int)steps(h->line) - 20);
	assert_int_equal(steps(h->line), 20);
	for (size_t i = 0; i < 20; i++)
		at += h->line[0].trend[i].at == 45;
	assert_true(at >= 15);
	assert_true(fabs(h->line[0].trend[10].shift - log(1.06)) < 0.02);
	/* It failed on the last two days. */
	assert_int_equal(h->line[0].fails, 1);
	assert_int_equal(h->line[0].fail[0].days, 2);
	assert_int_equal(h->line[0].fail[0].first, 58);
	history_close(h);
}

static void noise_has_no_steps(void **unused)
{
	struct history *h;

	(void)unused;
	write_store("noise", 60, 300, 1000, 0);
	h = history_of("noise");
	printf("# of 300 costs that did not change %zu have a step\n", steps(h->line));
	assert_true(steps(h->line) <= 3);
	history_close(h);
}

static void digests_fit_their_record(void **unused)
{
	struct history *h;
	FILE *f;

	(void)unused;
	write_store("one", 1, 1, 1000, 0);
	history_close(history_of("one"));
	assert_int_equal(access(in("one/0/digest"), F_OK), 0);
	/* A longer record makes another digest. */
	f = fopen(in("one/0/records.jsonl"), "a");
	stored_cell(f, "f/y/mem=anon", "fail", "");
	stored_end(f);
	h = history_of("one");
	assert_int_equal(h->line[0].fails, 2);
	history_close(h);
	/* A damaged one is made again. */
	f = fopen(in("one/0/digest"), "a");
	fputs("cost\tx\n", f);
	fclose(f);
	h = history_of("one");
	assert_int_equal(h->line[0].fails, 2);
	assert_int_equal(tells, 0);
	history_close(h);
	/* It is enough when the record is gone; damaged, it is named. */
	assert_int_equal(remove(in("one/0/records.jsonl")), 0);
	h = history_of("one");
	assert_int_equal(h->line[0].fails, 2);
	history_close(h);
	f = fopen(in("one/0/digest"), "a");
	fputs("cost\tx\n", f);
	fclose(f);
	h = history_of("one");
	assert_int_equal(h->runs, 0);
	assert_int_equal(tells, 1);
	assert_non_null(strstr(told, "one/0/digest:"));
	history_close(h);
}

static void what_cannot_be_read_is_named_and_left_out(void **unused)
{
	struct history *h;
	FILE *f;

	(void)unused;
	write_store("mixed", 3, 1, 1000, 0);
	f = fopen(in("mixed/1/records.jsonl"), "w");
	fputs("{\"name\":\"somebody else's\"}\n", f);
	fclose(f);
	h = history_of("mixed");
	assert_int_equal(h->runs, 2);
	assert_int_equal(tells, 1);
	assert_non_null(strstr(told, "mixed/1/records.jsonl:1: expected the environment line"));
	history_close(h);
	/* Cut off within a line: what is whole counts, as a run that did not finish. */
	f = fopen(in("mixed/1/records.jsonl"), "w");
	fputs("{\"type\":\"env\",\"format\":1,\"release\":\"6.18.15\",\"boot\":\"b\","
	      "\"utc\":\"2026-01-02T00:00:00Z\"}\n{\"type\":\"cell\",\"ce",
	      f);
	fclose(f);
	h = history_of("mixed");
	assert_int_equal(h->runs, 3);
	assert_int_equal(tells, 0);
	history_close(h);
}

/* Two runs of one day, in either order: what one of them does not know is not known. */
static void a_day_knows_what_all_its_runs_know(void **unused)
{
	static const char *const more[] = { ",\"class\":\"leak\",\"known\":\"a commit\"",
					    ",\"class\":\"stale-pin\"" };

	(void)unused;
	for (int first = 0; first < 2; first++) {
		const struct history_line *l;
		struct history *h;
		char name[32];

		for (int i = 0; i < 2; i++) {
			char dir[160], utc[32], boot[32];
			struct stored s = { "6.18.15", utc, boot, NULL, NULL };
			FILE *f;

			snprintf(utc, sizeof(utc), "2026-01-01T0%d:00:00Z", i);
			snprintf(boot, sizeof(boot), "boot-%d", i);
			snprintf(dir, sizeof(dir), "%s/day-%d/%d", folder, first, i);
			f = stored_begin(dir, &s);
			assert_non_null(f);
			stored_cell(f, "f/x/mem=anon", "fail", more[i ^ first]);
			assert_int_equal(stored_end(f), 0);
		}
		snprintf(name, sizeof(name), "day-%d", first);
		h = history_of(name);
		l = &h->line[0];
		assert_int_equal(l->days, 1);
		assert_int_equal(l->day[0].failed, 1);
		assert_int_equal(l->day[0].known, 0);
		assert_int_equal(l->fails, 1);
		assert_false(l->fail[0].known);
		assert_string_equal(l->fail[0].class, "stale-pin");
		assert_int_equal(l->fail[0].days, 1);
		history_close(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_found_where_they_are),
		cmocka_unit_test(noise_has_no_steps),
		cmocka_unit_test(digests_fit_their_record),
		cmocka_unit_test(what_cannot_be_read_is_named_and_left_out),
		cmocka_unit_test(a_day_knows_what_all_its_runs_know),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
