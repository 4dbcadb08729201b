// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "results/compare.h"
#include "tests/folder.h"

static uint64_t state = 424242;
static char why[256];

static double normal(void)
{
	double u = rank_random(&state) + 1e-12, v = rank_random(&state);

	return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* Boots that differ by 1.9 %, the second side slower by `slower`. */
static struct compare_row compare_boots(size_t n, double slower, double margin)
{
	struct compare_row row = { .margin = margin };
	double a[32], b[32];

	for (size_t i = 0; i < n; i++) {
		a[i] = log(1750) + 0.019 * normal();
		b[i] = log(1750) + log1p(slower) + 0.019 * normal();
	}
	assert_int_equal(compare_judge(&row, a, n, b, n), 0);
	return row;
}

static double share(size_t n, double slower, double margin, enum comparison wanted)
{
	enum { TIMES = 1000 };
	int hits = 0;

	for (int i = 0; i < TIMES; i++)
		hits += compare_boots(n, slower, margin).verdict == wanted;
	return (double)hits / TIMES;
}

/* G7 */
static void planted_slowdowns_are_found(void **unused)
{
	double ten = share(5, 0.10, 0.03, COMPARISON_REGRESSED);
	double three = 0;
	double six = share(10, 0.06, 0.03, COMPARISON_REGRESSED);
	double four = share(4, 0.10, 0.03, COMPARISON_REGRESSED);

	(void)unused;
	for (int i = 0; i < 1000; i++)
		three += compare_boots(10, 0.03, 0.03).log.low > 0 ? 0.001 : 0;
	printf("# 10 %% slower, margin 3 %%: found in %.1f %%, 5 boots a side; %.1f %%, 4\n",
	       100 * ten, 100 * four);
	printf("# 3 %% slower: the interval excludes 1 in %.1f %% with 10 boots a side\n",
	       100 * three);
	printf("# 6 %% slower, margin 3 %%: found in %.1f %% with 10 boots a side\n", 100 * six);
	assert_true(six >= 0.8 && ten >= 0.8 && four >= 0.8 && three >= 0.8);
}

static void equal_kernels_do_not_regress(void **unused)
{
	double wrong = share(5, 0, 0.03, COMPARISON_REGRESSED);
	double nominal = share(5, 0, 0, COMPARISON_REGRESSED);
	double equal = share(20, 0, 0.03, COMPARISON_EQUIVALENT);
	double ten = share(10, 0, 0, COMPARISON_REGRESSED);

	(void)unused;
	printf("# equal: %.1f %% regressed, %.1f %% at margin 0, %.1f %% of 20 boots equivalent\n",
	       100 * wrong, 100 * nominal, 100 * equal);
	printf("# equal, 10 boots a side, noise far above the margin: %.1f %% regressed\n",
	       100 * ten);
	assert_true(wrong <= 0.01 && nominal <= 0.015 && ten <= 0.015 && equal >= 0.8);
}

static void three_boots_are_no_verdict(void **unused)
{
	struct compare_row row = { .margin = 0.03 };
	const double a[] = { 1, 1.01, 1.02 }, b[] = { 2, 2.01, 2.02 };

	(void)unused;
	assert_int_equal(compare_judge(&row, a, 3, b, 3), 0);
	assert_int_equal(row.verdict, COMPARISON_UNDECIDED);
	assert_int_equal(row.needed, COMPARE_UNITS_MIN);
}

/* --- Whole records --- */

struct written {
	const char *side, *boot, *workload, *verdict;
	int number;
	double p50;
	const char *known;
};

static void write_record(const struct written *w)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, w->side);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%d", folder, w->side, w->number);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%d/records.jsonl", folder, w->side, w->number);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "{\"type\":\"env\",\"format\":1,\"release\":\"6.1\",\"boot\":\"%s\"}\n",
		w->boot);
	fprintf(f,
		"{\"type\":\"cost\",\"cell\":\"f/a/mem=anon\",\"step\":1,\"part\":\"step\","
		"\"text\":\"[P:fork]\",\"per\":\"call\",\"workload\":\"%s\",\"clock\":\"tsc\","
		"\"tick_ns\":0.5,\"valid\":true,\"histogram\":{\"max\":9,\"sum\":9,"
		"\"bucket\":[[9,1]]},\"process\":[",
		w->workload);
	for (int i = 0; i < 5; i++)
		fprintf(f, "%s[1,%f,1.0,1.0,1.0]", i ? "," : "", w->p50 * (1 + 0.001 * i));
	fprintf(f, "]}\n{\"type\":\"cell\",\"cell\":\"f/b/mem=anon\",\"verdict\":\"%s\"%s}\n",
		w->verdict, w->known ? w->known : "");
	fclose(f);
}

static void write_side(const char *side, const char *workload, const char *verdict, double p50,
		       int boots)
{
	char boot[32];

	for (int i = 0; i < boots; i++) {
		struct written w = {
			side, boot, workload, verdict, i, p50 * (1 + 0.002 * i), NULL
		};

		snprintf(boot, sizeof(boot), "%s-%d", side, i);
		write_record(&w);
	}
}

static struct side side[2]; /* the result refers to them */
static const struct waivers *waivers;

static struct compare_result compared(const char *a, const char *b)
{
	struct compare_result r;
	char path[160];

	side_free(&side[0]);
	side_free(&side[1]);
	snprintf(path, sizeof(path), "%s/%s", folder, a);
	if (side_read(&side[0], (char *[]){ path }, 1, why, sizeof(why)))
		fail_msg("%s", why);
	snprintf(path, sizeof(path), "%s/%s", folder, b);
	if (side_read(&side[1], (char *[]){ path }, 1, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(compare_sides(side, waivers, &r), 0);
	return r;
}

static void the_boot_is_the_unit(void **unused)
{
	struct compare_result r;

	(void)unused;
	write_side("a", "w1", "pass", 4000, 6);
	write_side("slow", "w1", "pass", 4600, 6);
	write_side("same", "w1", "pass", 4002, 6);
	write_side("one", "w1", "pass", 8000, 1);
	write_side("other", "w2", "pass", 4000, 6);

	r = compared("a", "slow");
	assert_int_equal(r.rows, 1);
	assert_int_equal(r.row[0].verdict, COMPARISON_REGRESSED);
	assert_true(r.row[0].level == LEVEL_BOOT && r.row[0].units[1] == 6 &&
		    r.row[0].processes[1] == 30);
	assert_true(fabs(exp(r.row[0].log.estimate) - 1.15) < 0.01);
	assert_true(compare_red(&r));
	compare_result_free(&r);

	r = compared("a", "same");
	assert_int_equal(r.row[0].verdict, COMPARISON_EQUIVALENT);
	compare_result_free(&r);
	r = compared("slow", "a");
	assert_int_equal(r.row[0].verdict, COMPARISON_IMPROVED);
	assert_false(compare_red(&r));
	compare_result_free(&r);
	/* Twice as slow, but one boot. */
	r = compared("a", "one");
	assert_int_equal(r.row[0].verdict, COMPARISON_UNDECIDED);
	assert_false(compare_red(&r));
	assert_non_null(strstr(r.row[0].why, "one boot"));
	compare_result_free(&r);
	r = compared("a", "other");
	assert_int_equal(r.row[0].verdict, COMPARISON_UNLIKE);
	compare_result_free(&r);
}

static void new_failures_come_first(void **unused)
{
	struct compare_result r;

	(void)unused;
	write_side("broken", "w1", "fail", 4002, 6);
	r = compared("a", "broken");
	assert_int_equal(compare_count(&r, CHANGE_NEW), 1);
	assert_string_equal(r.cell[0].cell, "f/b/mem=anon");
	assert_true(compare_red(&r));
	compare_result_free(&r);
	r = compared("broken", "broken");
	assert_int_equal(r.cells, 0);
	assert_int_equal(r.still, 1);
	assert_false(compare_red(&r));
	compare_result_free(&r);
	r = compared("broken", "a");
	assert_int_equal(compare_count(&r, CHANGE_FIXED), 1);
	assert_false(compare_red(&r));
	compare_result_free(&r);
}

/* One row of a hundred at p = 0.02 is what chance gives. */
static void a_lone_row_among_many_is_no_regression(void **unused)
{
	struct compare_row row[100];
	struct compare_result r = { .row = row, .rows = 100 };

	(void)unused;
	for (int i = 0; i < 100; i++)
		row[i] = (struct compare_row){ .level = LEVEL_BOOT,
					       .q = i ? 0.5 : 0.02,
					       .units = { 5, 5 },
					       .verdict = i ? COMPARISON_EQUIVALENT :
							      COMPARISON_REGRESSED };
	assert_int_equal(compare_adjust(&r), 0);
	assert_int_equal(row[0].verdict, COMPARISON_UNDECIDED);
	/* 100 / C(12, 6) is above 5 %. */
	assert_int_equal(row[0].needed, 7);
}

/* What is printed as needed is enough for the correction, however clear the row is. */
static void advice_can_be_followed(void **unused)
{
	struct compare_row row[300];
	struct compare_result r = { .row = row, .rows = 300 };

	(void)unused;
	for (int clear = 0; clear < 2; clear++) {
		size_t n = clear ? row[0].needed : 4;
		double a[16], b[16];

		for (size_t i = 0; i < n; i++) {
			a[i] = 7 + 0.001 * (double)i;
			b[i] = 8 + 0.001 * (double)i;
		}
		for (int i = 0; i < 300; i++) {
			row[i] = (struct compare_row){ .level = LEVEL_BOOT, .margin = 0.03 };
			assert_int_equal(compare_judge(&row[i], a, n, i ? a : b, n), 0);
			row[i].units[0] = row[i].units[1] = n;
		}
		assert_int_equal(compare_adjust(&r), 0);
		assert_int_equal(row[0].verdict,
				 clear ? COMPARISON_REGRESSED : COMPARISON_UNDECIDED);
		assert_int_equal(row[0].needed, 8);
	}
	assert_int_equal(compare_units_min(3), 4);
	assert_int_equal(compare_units_min(4), 5);
	assert_int_equal(compare_units_min(100), 7);
}

/* --- The A/A arm, and a planted slowdown --- */

/* Boots whose values have exactly this deviation. */
static void write_boots(const char *side_name, int boots, double sd)
{
	double v[32], mean = 0, sum = 0;
	char boot[32];

	for (int i = 0; i < boots; i++)
		mean += (v[i] = normal()) / boots;
	for (int i = 0; i < boots; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	for (int i = 0; i < boots; i++) {
		double log = (v[i] - mean) * sd / sqrt(sum / (boots - 1));
		struct written w = { side_name, boot, "w1", "pass", i, 4000 * exp(log), NULL };

		snprintf(boot, sizeof(boot), "aa-%d", i);
		write_record(&w);
	}
}

static void halves_of_one_kernel(void **unused)
{
	struct compare_aa *aa;
	char path[160];
	size_t n;

	(void)unused;
	write_boots("aa", 20, 0.019);
	snprintf(path, sizeof(path), "%s/aa", folder);
	side_free(&side[0]);
	assert_int_equal(side_read(&side[0], (char *[]){ path }, 1, why, sizeof(why)), 0);
	assert_int_equal(compare_aa(&side[0], 1000, &aa, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(aa->level, LEVEL_BOOT);
	assert_int_equal(aa->units, 10);
	printf("# 20 boots, sd 1.9 %%, 1000 random halves: %.1f %% exclude 1, %.1f %% regressed; "
	       "6 %% slower: found in %.1f %%; sd %.1f %%, %zu needed\n",
	       100 * aa->differ, 100 * aa->regressed, 100 * aa->power, 100 * aa->sd, aa->needed);
	assert_true(aa->differ >= 0.03 && aa->differ <= 0.07);
	assert_true(aa->regressed <= 0.01 && aa->power >= 0.8);
	free(aa);
}

/* Runs of another machine are no other kernel. */
static void machines_are_not_compared(void **unused)
{
	struct compare_result r = compared("a", "slow");

	(void)unused;
	compare_result_free(&r);
	for (size_t i = 0; i < side[1].count; i++)
		strcpy(side[1].cost[i].origin.machine, "other");
	assert_int_equal(compare_sides(side, NULL, &r), 0);
	assert_int_equal(r.row[0].verdict, COMPARISON_UNLIKE);
	assert_string_equal(r.row[0].why, "the machines differ");
	assert_int_equal(r.groups, 0);
	compare_result_free(&r);
}

static void groups_are_means_of_boots(void **unused)
{
	struct compare_result r = compared("a", "slow");

	(void)unused;
	assert_int_equal(r.groups, 1);
	assert_string_equal(r.group[0].name, "f");
	assert_int_equal(r.group[0].units[0], 6);
	assert_true(fabs(exp(r.group[0].log.estimate) - 1.15) < 0.01);
	assert_true(r.group[0].log.interval && r.group[0].log.low > log(1.13));
	compare_result_free(&r);
}

static void text_fits_a_mail(void **unused)
{
	struct compare_result r = compared("a", "slow");
	char *text = NULL, *line;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)unused;
	assert_non_null(f);
	compare_text(side, &r, true, f);
	fclose(f);
	assert_non_null(strstr(text, "regressed"));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 72);
	free(text);
	compare_result_free(&r);
}

static int teardown(void **unused)
{
	side_free(&side[0]);
	side_free(&side[1]);
	return folder_remove(unused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_slowdowns_are_found),
		cmocka_unit_test(equal_kernels_do_not_regress),
		cmocka_unit_test(three_boots_are_no_verdict),
		cmocka_unit_test(the_boot_is_the_unit),
		cmocka_unit_test(new_failures_come_first),
		cmocka_unit_test(a_lone_row_among_many_is_no_regression),
		cmocka_unit_test(advice_can_be_followed),
		cmocka_unit_test(halves_of_one_kernel),
		cmocka_unit_test(machines_are_not_compared),
		cmocka_unit_test(groups_are_means_of_boots),
		cmocka_unit_test(text_fits_a_mail),
	};

	return cmocka_run_group_tests(tests, folder_make, teardown);
}
