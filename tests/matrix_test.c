// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "results/matrix.h"

/* Old and new kernel: what passes, fails as known, fails anew, is skipped, is unreached, breaks. */
#define T(text) ((char[]){ text })

static struct result result[2][8] = {
	{ { T("fork/a/mem=anon/pin=x"), { .kind = VERDICT_PASS } },
	  { T("fork/a/mem=thp/pin=x"), { .kind = VERDICT_SKIP } },
	  { T("fork/b/mem=anon"), { .kind = VERDICT_FAIL, .class = "leak", .known = "CVE-1" } },
	  { T("fork/c/mem=anon"), { .kind = VERDICT_PASS } },
	  { T("fork/d/mem=anon"), { .kind = VERDICT_SKIP, .class = "swap", .why = "no <swap>" } },
	  { T("fork/e/mem=anon"), { .kind = VERDICT_UNREACHED } },
	  { T("fork/f/mem=anon"), { .kind = VERDICT_FAIL, .class = "leak", .known = "CVE-1" } },
	  { T("fork/f/mem=thp"), { .kind = VERDICT_FAIL, .class = "leak" } } },
	{ { T("fork/a/mem=anon/pin=x"), { .kind = VERDICT_PASS } },
	  { T("fork/a/mem=thp/pin=x"), { .kind = VERDICT_PASS } },
	  { T("fork/b/mem=anon"), { .kind = VERDICT_PASS } },
	  { T("fork/c/mem=anon"), { .kind = VERDICT_BROKEN } },
	  { T("fork/d/mem=anon"), { .kind = VERDICT_PASS } },
	  { T("fork/g/mem=anon"), { .kind = VERDICT_PASS } },
	  { T("fork/h/mem=anon"), { .kind = VERDICT_PASS } },
	  { T("P:write=1 P:read/mem=anon"), { .kind = VERDICT_PASS } } },
};

static char *printed(int (*put)(const struct matrix *m, FILE *out))
{
	struct run run[2] = {
		{ .label = T("5.10.1"),
		  .release = T("5.10.1-x"),
		  .env_json = T("{}"),
		  .ended = true,
		  .result = result[0],
		  .count = 8 },
		{ .label = T("7.1"),
		  .release = T("7.1.0"),
		  .env_json = T("{}"),
		  .ended = true,
		  .result = result[1],
		  .count = 8 },
	};
	struct cost_run cost[2] = { 0 };
	struct side side[2] = { { .run = &run[0], .cost = &cost[0], .count = 1 },
				{ .run = &run[1], .cost = &cost[1], .count = 1 } };
	struct matrix *m;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(side_finish(&side[0]) | side_finish(&side[1]), 0);
	m = matrix_new(side, 2);
	assert_non_null(m);
	assert_non_null(out);
	assert_int_equal(put(m, out), 0);
	fclose(out);
	matrix_free(m);
	for (int i = 0; i < 2; i++) {
		side[i].run = NULL;
		side[i].cost = NULL;
		side[i].count = 0;
		side_free(&side[i]);
	}
	return text;
}

/* The words behind a name; rows of the same program are one line. */
static void expect_line(const char *text, const char *name, const char *first, const char *second)
{
	const char *at = strstr(text, name);
	char one[32], two[32];

	assert_non_null(at);
	assert_int_equal(sscanf(at + strlen(name), " %31[^ \n] %31[^\n]", one, two), 2);
	snprintf(one + strlen(one), sizeof(one) - strlen(one), " %s", two);
	snprintf(two, sizeof(two), "%s%s", first, second);
	for (const char *a = one, *b = two; *a || *b; a++, b++) {
		while (*a == ' ')
			a++;
		while (*b == ' ')
			b++;
		assert_int_equal(*a, *b);
		if (!*a)
			break;
	}
}

static void each_state_has_a_word_of_its_own(void **state)
{
	char *text = printed(matrix_text), *line, *rest;

	(void)state;
	assert_non_null(strstr(text, "\nstress/fork "));
	expect_line(text, "\n  a ", "ok 1*", "ok 2");
	expect_line(text, "\n  b ", "known 1", "ok 1");
	expect_line(text, "\n  c ", "ok 1", "BRKN 1");
	expect_line(text, "\n  d ", "skip", "ok 1");
	expect_line(text, "\n  e ", "unreach", ".");
	expect_line(text, "\n  f ", "NEW 1", ".");
	expect_line(text, "\n  (2 programs) ", ".", "ok 2");
	assert_non_null(strstr(text, "\nsteps "));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		assert_true(strlen(line) <= 72);
	free(text);
}

static void detail_names_what_did_not_pass(void **state)
{
	char *text = printed(matrix_detail);

	(void)state;
	assert_non_null(strstr(text, "<code>b</code> | known 1 | ok 1"));
	assert_non_null(strstr(text, "known     leak          mem=anon; CVE-1"));
	assert_non_null(strstr(text, "NEW       leak          mem=thp"));
	assert_non_null(strstr(text, "no &lt;swap&gt;"));
	assert_non_null(strstr(text, "<code>g</code> | . | ok 1"));
	free(text);
}

static void plot_data_has_four_blocks(void **state)
{
	char *text = printed(matrix_data);
	int blocks = 1;

	(void)state;
	for (const char *at = text; (at = strstr(at, "\n\n\n")); at++)
		blocks++;
	assert_int_equal(blocks, 4);
	assert_non_null(strstr(text, "0 \"5.10.1\"\n1 \"7.1\"\n"));
	assert_non_null(strstr(text, " \"stress/fork\"\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_has_a_word_of_its_own),
		cmocka_unit_test(detail_names_what_did_not_pass),
		cmocka_unit_test(plot_data_has_four_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
