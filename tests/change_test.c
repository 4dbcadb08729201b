// SPDX-License-Identifier: GPL-2.0-only
// What became of a cell, and of a side that says less than it seems.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "results/baseline.h"
#include "sides.h"

static void what_became_of_a_cell(void **unused)
{
	static const struct {
		const char *a, *a_more, *b, *b_more;
		int change;
		bool red;
	} row[] = {
		{ "pass", "", "fail", LEAK, CHANGE_NEW, true },
		{ "skip", "", "fail", LEAK, CHANGE_NEW, true },
		{ NULL, "", "fail", LEAK, CHANGE_NEW, true },
		{ "pass", "", "fail", KNOWN, CHANGE_KNOWN, false },
		/* A retried failure that passed is a failure. */
		{ "pass", "", "fail", LEAK ",\"tried\":4,\"failed\":1", CHANGE_NEW, true },
		{ "fail", LEAK ",\"tried\":20,\"failed\":1", "fail",
		  LEAK ",\"tried\":20,\"failed\":20", CHANGE_WORSE, true },
		{ "fail", LEAK ",\"tried\":20,\"failed\":6", "fail",
		  LEAK ",\"tried\":20,\"failed\":8", CHANGE_FLAKY, false },
		{ "fail", LEAK ",\"tried\":4,\"failed\":1", "pass", "", CHANGE_FLAKY, false },
		{ "fail", LEAK, "pass", "", CHANGE_FIXED, false },
		{ "fail", LEAK, "fail", LEAK, -1, false },
		/* It fails otherwise, or is no longer what was known. */
		{ "fail", LEAK, "fail", STALE, CHANGE_NEW, true },
		{ "fail", KNOWN, "fail", LEAK, CHANGE_NEW, true },
		{ "fail", KNOWN, "fail", STALE, CHANGE_NEW, true },
		{ "fail", LEAK ",\"tried\":4,\"failed\":1", "fail", STALE, CHANGE_NEW, true },
		{ "fail", KNOWN, "fail", KNOWN, -1, false },
		{ "fail", LEAK, "fail", KNOWN, -1, false },
		{ "pass", "", "pass", "", -1, false },
		{ "pass", "", "skip", "", CHANGE_LOST, false },
		{ "pass", "", "unreached", "", CHANGE_LOST, false },
		{ "pass", "", NULL, "", CHANGE_LOST, false },
		/* What no longer runs is not fixed. */
		{ "fail", LEAK, "skip", "", CHANGE_LOST, false },
		{ "fail", LEAK, NULL, "", CHANGE_LOST, false },
		{ "skip", "", NULL, "", -1, false },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct compare_result r;

		one_cell("cell-a", 1, row[i].a, row[i].a_more);
		one_cell("cell-b", 2, row[i].b, row[i].b_more);
		r = compared("cell-a", "cell-b", NULL);
		if (r.cells != (row[i].change >= 0) ||
		    (r.cells && (int)r.cell[0].change != row[i].change) ||
		    compare_red(&r) != row[i].red)
			fail_msg("row %zu: %zu changes, the first %d", i, r.cells,
				 r.cells ? (int)r.cell[0].change : -1);
		compare_result_free(&r);
	}
}

static void fisher_is_exact(void **unused)
{
	(void)unused;
	/* 1 of 10 against 5 of 10: by hand 2310/38760 + ... = 0.0704 */
	assert_true(fabs(compare_fisher(1, 10, 5, 10) - 0.0704) < 0.0005);
	assert_true(compare_fisher(0, 5, 5, 5) < 0.005);
	assert_true(compare_fisher(3, 3, 1, 5) > 0.99);
}

/* What failed otherwise in A does not excuse it, in no run of several. */
static void each_run_counts(void **unused)
{
	struct compare_result r;

	(void)unused;
	one_cell("runs-a/1", 1, "fail", KNOWN);
	one_cell("runs-a/2", 2, "fail", STALE);
	one_cell("runs-b/1", 3, "fail", STALE);
	one_cell("runs-b/2", 4, "fail", LEAK);
	r = compared("runs-a", "runs-b", NULL);
	assert_int_equal(compare_count(&r, CHANGE_NEW), 1);
	assert_string_equal(r.cell[0].fail->class, "leak");
	assert_true(compare_red(&r));
	compare_result_free(&r);
	r = compared("runs-b", "runs-a", NULL);
	assert_false(compare_red(&r));
	compare_result_free(&r);
}

static void a_baseline_keeps_the_classes(void **unused)
{
	static const struct {
		const char *a, *b;
		bool red;
	} row[] = { { LEAK, STALE, true }, { KNOWN, LEAK, true }, { LEAK, LEAK, false } };

	(void)unused;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char file[4096];
		struct compare_result r;
		struct digests d;

		one_cell("class-a", 1, "fail", row[i].a);
		one_cell("class-b", 2, "fail", row[i].b);
		read_side(0, "class-a");
		read_side(1, "class-b");
		if (baseline_accept(&side[0], in("base"), file, sizeof(file), why, sizeof(why)) ||
		    baseline_read(&d, &side[1], in("base"), why, sizeof(why)))
			fail_msg("%s", why);
		side_free(&side[0]);
		assert_int_equal(digests_side(&d, &side[0]), 0);
		digests_free(&d);
		assert_int_equal(compare_sides(side, NULL, &r), 0);
		assert_int_equal(compare_red(&r), row[i].red);
		compare_result_free(&r);
	}
}

static void instructions(const char *dir, int boots)
{
	for (int i = 0; i < boots; i++) {
		char name[64];
		FILE *f;

		snprintf(name, sizeof(name), "%s/%d", dir, i);
		f = begin(name, i);
		fputs("{\"type\":\"cost\",\"cell\":\"c/a/mem=anon\",\"step\":1,\"part\":\"step\","
		      "\"text\":\"[P:fork]\",\"per\":\"call\",\"workload\":\"w\","
		      "\"clock\":\"instructions\",\"tick_ns\":0,\"valid\":true,"
		      "\"histogram\":{\"max\":1684,\"sum\":1684,\"bucket\":[[300,1]]},"
		      "\"process\":[[1,1684.0,1684.0,1684.0,1684.0]]}\n",
		      f);
		assert_int_equal(stored_end(f), 0);
	}
}

static void costs_of(const char *dir, const char *const cell[2])
{
	uint64_t state = 7;

	for (int boot = 0; boot < 2; boot++) {
		FILE *f = begin(dir, boot);

		for (int i = 0; i < 2; i++)
			stored_cost(f, cell[i], 1000, 4, &state);
		assert_int_equal(stored_end(f), 0);
	}
}

/* In the head line, in the list and in JSON, once for all boots. */
static void a_cost_of_one_side_is_not_dropped(void **unused)
{
	char *text = NULL;
	struct compare_result r;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)unused;
	assert_non_null(f);
	costs_of("lone-a", (const char *const[]){ "f/both/mem=anon", "f/gone/mem=anon" });
	costs_of("lone-b", (const char *const[]){ "f/both/mem=anon", "f/came/mem=anon" });
	r = compared("lone-a", "lone-b", NULL);
	assert_int_equal(r.lones, 2);
	assert_true(r.only[0] == 1 && r.only[1] == 1);
	compare_text(side, &r, false, f);
	assert_int_equal(compare_json(side, &r, f), 0);
	fclose(f);
	assert_non_null(strstr(text, "\n  costs of one side only: A 1, B 1\n"));
	assert_non_null(strstr(text, "costs that only A has: 1\n  f/gone/mem=anon [P:write=1]\n"));
	assert_non_null(strstr(text, "costs that only B has: 1\n  f/came/mem=anon [P:write=1]\n"));
	assert_non_null(strstr(text, "\"costs_only_in_a\": [\n  \"f/gone/mem=anon [P:write=1]\""));
	compare_result_free(&r);
	free(text);
}

/* A baseline keeps the medians alone. */
static void no_histogram_is_no_difference(void **unused)
{
	(void)unused;
	instructions("path", 4);
	for (int stored = 0; stored < 2; stored++) {
		char *text = NULL, file[4096];
		struct compare_result r;
		struct digests d;
		size_t size;
		FILE *f;

		read_side(0, "path");
		read_side(1, "path");
		if (stored) {
			if (baseline_accept(&side[0], in("paths"), file, sizeof(file), why,
					    sizeof(why)) ||
			    baseline_read(&d, &side[1], in("paths"), why, sizeof(why)))
				fail_msg("%s", why);
			side_free(&side[0]);
			assert_int_equal(digests_side(&d, &side[0]), 0);
			digests_free(&d);
		}
		assert_int_equal(compare_sides(side, NULL, &r), 0);
		assert_int_equal(r.rows, 1);
		assert_true(r.row[0].path);
		f = open_memstream(&text, &size);
		assert_non_null(f);
		compare_text(side, &r, true, f);
		assert_int_equal(compare_json(side, &r, f), 0);
		fclose(f);
		assert_non_null(strstr(text, "path length p50 1684 -> 1684 instructions"));
		assert_int_equal(strstr(text, "of the samples differ") != NULL, !stored);
		assert_int_equal(strstr(text, "\"differing\"") != NULL, !stored);
		free(text);
		compare_result_free(&r);
	}
}

static char *text_of(const struct compare_result *r)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	compare_text(side, r, false, f);
	fclose(f);
	return text;
}

static void green_is_only_what_ran(void **unused)
{
	struct compare_result r;
	char *text;
	FILE *f;

	(void)unused;
	one_cell("whole", 1, "pass", "");
	f = begin("cut-off/7", 2);
	stored_cell(f, "f/x/mem=anon", "pass", "");
	fclose(f);
	one_cell("cut-off/8", 3, "pass", "");
	r = compared("whole", "cut-off", NULL);
	text = text_of(&r);
	assert_true(compare_broken(&r));
	assert_non_null(strstr(text, "BROKEN: 1 run did not finish, 0 cells broken"));
	assert_non_null(strstr(text, "cut-off/7/records.jsonl"));
	assert_null(strstr(text, "cut-off/8/records.jsonl"));
	assert_null(strstr(text, "green"));
	free(text);
	compare_result_free(&r);
	/* What A lacks is not B's fault. */
	r = compared("cut-off", "whole", NULL);
	assert_false(compare_broken(&r));
	compare_result_free(&r);

	/* Broken in one run, passed in another. */
	one_cell("part/1", 4, "broken", "");
	one_cell("part/2", 5, "pass", "");
	r = compared("whole", "part", NULL);
	text = text_of(&r);
	assert_true(compare_broken(&r));
	assert_non_null(strstr(text, "BROKEN: 0 runs did not finish, 1 cell broken"));
	assert_non_null(strstr(text, "\n  broken: f/x/mem=anon\n"));
	free(text);
	compare_result_free(&r);
}

static void green_says_what_is_no_longer_judged(void **unused)
{
	static const char *const verdict[] = { "skip", "unreached", NULL };

	(void)unused;
	one_cell("judged", 1, "pass", "");
	for (size_t i = 0; i < sizeof(verdict) / sizeof(verdict[0]); i++) {
		struct compare_result r;
		char *text, *line;

		one_cell("unjudged", 2, verdict[i], "");
		r = compared("judged", "unjudged", NULL);
		text = text_of(&r);
		line = strstr(text, "green: ");
		assert_non_null(line);
		*strchr(line, '\n') = '\0';
		assert_non_null(strstr(line, " 1 no longer judged"));
		assert_true(strlen(line) <= 72);
		free(text);
		compare_result_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_became_of_a_cell),
		cmocka_unit_test(fisher_is_exact),
		cmocka_unit_test(each_run_counts),
		cmocka_unit_test(a_baseline_keeps_the_classes),
		cmocka_unit_test(no_histogram_is_no_difference),
		cmocka_unit_test(green_is_only_what_ran),
		cmocka_unit_test(a_cost_of_one_side_is_not_dropped),
		cmocka_unit_test(green_says_what_is_no_longer_judged),
	};

	return cmocka_run_group_tests(tests, folder_make, tear_down);
}
