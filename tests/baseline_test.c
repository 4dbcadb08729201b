// SPDX-License-Identifier: GPL-2.0-only
// Baselines and waivers.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/baseline.h"
#include "sides.h"

static char file[4096];

static void write_text(const char *name, const char *text)
{
	FILE *f = fopen(in(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void broken_waivers_have_a_line_number(void **unused)
{
	static const char *const text[] = {
		"soon me * f/* reason\n",	 "2026-12-31 me\n",
		"2026-12-31 me * f/*\n",	 "2026-12-31 me * f/*   \n",
		"2026-13-31 me * f/* reason\n",	 "2026-12-31 me latest f/* reason\n",
		"2026-12-31x me * f/* reason\n",
	};
	struct waivers w;

	(void)unused;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		char whole[200];

		snprintf(whole, sizeof(whole), "# head\n\n%s", text[i]);
		write_text("waivers", whole);
		assert_int_equal(waivers_read(&w, in("waivers"), "2026-11-21", why, sizeof(why)),
				 -EINVAL);
		assert_non_null(strstr(why, "/waivers:3: expected "));
		assert_null(strchr(why, '\n'));
	}
	assert_int_equal(waivers_read(&w, in("absent"), "2026-11-21", why, sizeof(why)), 0);
	assert_int_equal(w.count, 0);
}

static void waived_until_its_last_day(void **unused)
{
	static const struct {
		const char *line;
		bool red;
	} row[] = {
		{ "2026-11-21 me * f/x/* for now\n", false },
		{ "2026-11-20 me * f/x/* for now\n", true },
		{ "2026-11-21 me 6.18 f/x/* for now\n", false },
		{ "2026-11-21 me 6.1 f/x/* for now\n", true },
		{ "2026-11-21 me * f/y/* for now\n", true },
	};

	(void)unused;
	one_cell("wa", 1, "pass", "");
	one_cell("wb", 2, "fail", LEAK);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct compare_result r;
		struct waivers w;

		write_text("waivers", row[i].line);
		assert_int_equal(waivers_read(&w, in("waivers"), "2026-11-21", why, sizeof(why)),
				 0);
		r = compared("wa", "wb", &w);
		/* Still there, with who answers for it. */
		assert_int_equal(compare_count(&r, CHANGE_NEW), 1);
		assert_int_equal(compare_red(&r), row[i].red);
		assert_int_equal(r.cell[0].waiver != NULL, !row[i].red);
		assert_int_equal(w.waiver[0].used, !row[i].red);
		compare_result_free(&r);
		waivers_free(&w);
	}
}

static void waive_refuses_what_it_could_not_read(void **unused)
{
	struct waiver w = { .until = "2999-01-01", .owner = "me", .line = "*", .cells = "f/*" };
	struct waivers all;

	(void)unused;
	assert_int_equal(baseline_waive(&w, in("bw"), file, sizeof(file), why, sizeof(why)),
			 -EINVAL);
	strcpy(w.reason, "a\nb");
	assert_int_equal(baseline_waive(&w, in("bw"), file, sizeof(file), why, sizeof(why)),
			 -EINVAL);
	strcpy(w.reason, "a reason");
	strcpy(w.owner, "m e");
	assert_int_equal(baseline_waive(&w, in("bw"), file, sizeof(file), why, sizeof(why)),
			 -EINVAL);
	strcpy(w.owner, "me");
	strcpy(w.until, "2001-01-01");
	assert_int_equal(baseline_waive(&w, in("bw"), file, sizeof(file), why, sizeof(why)),
			 -EINVAL);
	strcpy(w.until, "2999-01-01");
	assert_int_equal(baseline_waive(&w, in("bw"), file, sizeof(file), why, sizeof(why)), 0);
	/* An editor left no newline at the end. */
	write_text("bw/waivers", "2999-01-01 you * g/* why");
	assert_int_equal(baseline_waive(&w, in("bw"), file, sizeof(file), why, sizeof(why)), 0);
	assert_int_equal(waivers_read(&all, file, "2026-11-21", why, sizeof(why)), 0);
	assert_int_equal(all.count, 2);
	assert_string_equal(all.waiver[1].reason, "a reason");
	waivers_free(&all);
	write_text("bw/waivers", "nonsense\n");
	assert_int_equal(baseline_waive(&w, in("bw"), file, sizeof(file), why, sizeof(why)),
			 -EINVAL);
	assert_non_null(strstr(why, ":1: "));
}

static void costs(const char *dir, int boots, double p50)
{
	uint64_t state = 7;

	for (int i = 0; i < boots; i++) {
		char name[64];
		FILE *f;

		snprintf(name, sizeof(name), "%s/%d", dir, i);
		f = begin(name, (int)p50 * 100 + i);
		stored_cell(f, "c/a/mem=anon", "pass", "");
		stored_cell(f, "f/x/mem=anon", "fail", LEAK);
		stored_cost(f, "c/a/mem=anon", p50 * (1 + 0.002 * i), 10, &state);
		assert_int_equal(stored_end(f), 0);
	}
}

static int accept(const char *runs)
{
	read_side(0, runs);
	return baseline_accept(&side[0], in("base"), file, sizeof(file), why, sizeof(why));
}

static struct compare_result against_baseline(const char *runs)
{
	struct compare_result r;
	struct digests d;

	read_side(1, runs);
	if (baseline_read(&d, &side[1], in("base"), why, sizeof(why)))
		fail_msg("%s", why);
	side_free(&side[0]);
	assert_int_equal(digests_side(&d, &side[0]), 0);
	digests_free(&d);
	assert_int_equal(compare_sides(side, NULL, &r), 0);
	return r;
}

static void a_change_against_the_accepted_run(void **unused)
{
	struct compare_result r;
	char old[4200];

	(void)unused;
	costs("accepted", 5, 1000);
	costs("same", 5, 1001);
	costs("slow", 5, 1150);
	assert_int_equal(accept("accepted"), 0);
	r = against_baseline("same");
	/* It failed when it was accepted. */
	assert_int_equal(r.cells, 0);
	assert_int_equal(r.still, 1);
	assert_int_equal(r.rows, 2);
	assert_int_equal(r.row[0].level, LEVEL_BOOT);
	assert_int_equal(r.row[0].verdict, COMPARISON_EQUIVALENT);
	assert_false(compare_red(&r));
	compare_result_free(&r);
	r = against_baseline("slow");
	assert_int_equal(r.row[0].verdict, COMPARISON_REGRESSED);
	assert_true(compare_red(&r));
	compare_result_free(&r);

	/* The next acceptance keeps this one. */
	assert_int_equal(accept("slow"), 0);
	snprintf(old, sizeof(old), "%s~1", file);
	assert_int_equal(access(old, F_OK), 0);
	r = against_baseline("slow");
	assert_false(compare_red(&r));
	compare_result_free(&r);
}

/* Boots of one build share its layout; several builds of a kernel are the higher unit. */
static void the_build_is_above_the_boot(void **unused)
{
	static const char *const name[] = { "#1", "#2", "#3", "#4" };
	struct compare_result r;

	(void)unused;
	for (int i = 0; i < 4; i++) {
		char dir[64];

		build = name[i];
		snprintf(dir, sizeof(dir), "builds-a/%d", i);
		costs(dir, 2, 1000 + i);
		snprintf(dir, sizeof(dir), "builds-b/%d", i);
		costs(dir, 2, 1200 + i);
	}
	build = NULL;
	r = compared("builds-a", "builds-b", NULL);
	assert_int_equal(r.row[0].level, LEVEL_BUILD);
	assert_int_equal(r.row[0].units[0], 4);
	assert_int_equal(side_boots(&side[0]), 8);
	assert_int_equal(r.row[0].verdict, COMPARISON_REGRESSED);
	compare_result_free(&r);
}

static void cut_off_and_mixed_runs_are_not_accepted(void **unused)
{
	struct stored other = { "6.1.1", "2026-11-21T01:02:03Z", "b", NULL, NULL };
	FILE *f = begin("cut/1", 1);

	(void)unused;
	stored_cell(f, "f/x/mem=anon", "pass", "");
	fclose(f);
	assert_int_equal(accept("cut"), -EINVAL);
	assert_non_null(strstr(why, "did not finish"));
	one_cell("mixed/1", 1, "pass", "");
	f = stored_begin(in("mixed/2"), &other);
	assert_non_null(f);
	stored_end(f);
	assert_int_equal(accept("mixed"), -EINVAL);
	assert_non_null(strstr(why, "6.1 on"));
	one_cell("broke", 1, "broken", "");
	assert_int_equal(accept("broke"), -EINVAL);
}

static void a_broken_baseline_has_a_line_number(void **unused)
{
	struct digests d;
	FILE *f;

	(void)unused;
	costs("accepted", 5, 1000);
	assert_int_equal(accept("accepted"), 0);
	read_side(1, "accepted");
	f = fopen(file, "a");
	fputs("cost\tonly\ttwo\n", f);
	fclose(f);
	assert_int_equal(baseline_read(&d, &side[1], in("base"), why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, ".baseline:"));
	assert_null(strchr(why, '\n'));
	f = fopen(file, "w");
	fputs("pinfold-baseline\t2\n", f);
	fclose(f);
	assert_int_equal(baseline_read(&d, &side[1], in("base"), why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, ".baseline:1: expected"));
	remove(file);
	assert_int_equal(baseline_read(&d, &side[1], in("base"), why, sizeof(why)), -ENOENT);
}

static void the_list_counts_cells_once(void **unused)
{
	static const struct waivers none;
	char *text = NULL;
	size_t size;
	FILE *f;

	(void)unused;
	for (int i = 0; i < 3; i++) {
		char name[32];

		snprintf(name, sizeof(name), "thrice/%d", i);
		f = begin(name, i);
		stored_cell(f, "f/x/mem=anon", "fail", LEAK);
		stored_cell(f, "f/y/mem=anon", "fail", KNOWN);
		/* Known in all runs but the last. */
		stored_cell(f, "f/z/mem=anon", "fail", i < 2 ? KNOWN : LEAK);
		if (i == 2)
			stored_cell(f, "f/late/mem=anon", "pass", "");
		assert_int_equal(stored_end(f), 0);
	}
	read_side(0, "thrice");
	assert_int_equal(
		baseline_accept(&side[0], in("list"), file, sizeof(file), why, sizeof(why)), 0);
	f = open_memstream(&text, &size);
	assert_non_null(f);
	assert_int_equal(baseline_list(in("list"), &none, f, why, sizeof(why)), 0);
	fclose(f);
	assert_non_null(strstr(text, "3 runs, 3 boots"));
	assert_non_null(strstr(text, "4 cells, 3 fail (1 known), 0 costs"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_waivers_have_a_line_number),
		cmocka_unit_test(waived_until_its_last_day),
		cmocka_unit_test(waive_refuses_what_it_could_not_read),
		cmocka_unit_test(a_change_against_the_accepted_run),
		cmocka_unit_test(the_build_is_above_the_boot),
		cmocka_unit_test(cut_off_and_mixed_runs_are_not_accepted),
		cmocka_unit_test(a_broken_baseline_has_a_line_number),
		cmocka_unit_test(the_list_counts_cells_once),
	};

	return cmocka_run_group_tests(tests, folder_make, tear_down);
}
