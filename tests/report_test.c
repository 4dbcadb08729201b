// SPDX-License-Identifier: GPL-2.0-only
// The HTML file: the worst at its top, nothing fetched from elsewhere, whole without gnuplot.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/report.h"
#include "stored.h"
#include "tests/folder.h"

static char why[4500], *page;
static struct side side[3];

static void write_kernel(int k, const char *release, double slower, const char *verdict)
{
	uint64_t state = 99;
	char path[160];

	for (int b = 0; b < 5; b++) {
		char dir[160], boot[32], name[32];
		struct stored s = { release, "2026-11-21T01:00:00Z", boot, NULL, NULL };
		FILE *f;

		snprintf(boot, sizeof(boot), "%s-%d", release, b);
		snprintf(dir, sizeof(dir), "%s/%s/%d", folder, release, b);
		f = stored_begin(dir, &s);
		assert_non_null(f);
		stored_cell(f, "f/new/mem=anon", verdict, ",\"class\":\"leak\"");
		stored_cell(f, "f/old/mem=anon", "fail",
			    ",\"class\":\"torn\",\"known\":\"a commit\"");
		stored_cell(f, "<b>&f/mem=anon", "pass", "");
		for (int i = 0; i < 4; i++) {
			snprintf(name, sizeof(name), "fork-cost/fork-%dk/mem=anon", 4 << i);
			stored_cost(f, name, 1000 * (i == 2 ? 1 + slower : 1), 10, &state);
		}
		assert_int_equal(stored_end(f), 0);
	}
	snprintf(path, sizeof(path), "%s/%s", folder, release);
	assert_int_equal(side_read(&side[k], (char *[]){ path }, 1, why, sizeof(why)), 0);
}

/* Into page. */
static void read_file(const char *name)
{
	size_t size, length;
	FILE *f = fopen(in(name), "r");

	free(page);
	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	size = (size_t)ftell(f);
	rewind(f);
	page = malloc(size + 1);
	length = fread(page, 1, size, f);
	page[length] = '\0';
	fclose(f);
}

static void write_page(size_t n)
{
	if (report_write(side, n, NULL, in("out"), why, sizeof(why)))
		fail_msg("%s", why);
	read_file("out/index.html");
}

static const char *at(const char *text)
{
	const char *found = strstr(page, text);

	if (!found)
		fail_msg("the page has no %s", text);
	return found;
}

static void the_worst_is_at_the_top(void **unused)
{
	(void)unused;
	write_page(3);
	/* Before everything else: the failure that nobody knows, and the largest regression. */
	assert_true(at("1 failing cell that nobody knows") < at("<h2"));
	assert_true(at("Worst regression: +4") < at("<h2"));
	assert_true(at("fork-cost/fork-16k/mem=anon") < at("<h2"));
	/* The kernel that regressed comes before the one that did not. */
	assert_true(at(">6.18.15 against 6.1.192<") < at(">6.12.117 against 6.1.192<"));
	at("✗ newly fails");
	at("<td class=fail>✗ 1/1 leak");
	at("<td class=known>◇ 1/1 torn");
	assert_non_null(strstr(page, "&lt;b&gt;&amp;f"));
	assert_null(strstr(page, "<b>&f"));
}

static void without_changes_it_says_so(void **unused)
{
	(void)unused;
	write_page(2);
	assert_true(at("No new failure, no regression") < at("<h2"));
	assert_null(strstr(page, "Worst regression"));
}

/* A run that was cut off, or in which nothing ran, is not well. */
static void nothing_is_well_that_did_not_run(void **unused)
{
	struct stored s = { "6.1.192", "2026-11-21T02:00:00Z", "other", NULL, NULL };
	struct side all[3];
	FILE *f;

	(void)unused;
	memcpy(all, side, sizeof(all));
	f = stored_begin(in("cut"), &s);
	stored_cell(f, "f/x/mem=anon", "pass", "");
	fclose(f);
	assert_int_equal(side_read(&side[0], (char *[]){ (char *)in("cut") }, 1, why, sizeof(why)),
			 0);
	write_page(1);
	assert_true(at("1 column did not finish") < at("<h2"));
	assert_null(strstr(page, "No new failure"));
	side_free(&side[0]);
	f = stored_begin(in("skipped"), &s);
	stored_cell(f, "f/x/mem=anon", "skip", "");
	stored_end(f);
	assert_int_equal(
		side_read(&side[0], (char *[]){ (char *)in("skipped") }, 1, why, sizeof(why)), 0);
	write_page(1);
	assert_true(at("Nothing was judged") < at("<h2"));
	assert_null(strstr(page, "No new failure"));
	side_free(&side[0]);
	memcpy(side, all, sizeof(all));
}

/* Throughput of one, two workers; as the record has it. */
static void put_crew(FILE *f, const char *as, int workers, double ticks)
{
	fprintf(f,
		"{\"type\":\"cost\",\"cell\":\"f/x/mem=anon\",\"step\":1,\"part\":\"together\","
		"\"text\":\"[P:write=1]\",\"per\":\"fault\",\"workload\":\"%s%d\","
		"\"clock\":\"tsc\",\"tick_ns\":0.5,\"bytes\":4096,\"unit\":4096,\"valid\":true,"
		"\"as\":\"%s\","
		"\"crew\":\"%d %.*s\",\"workers\":%d,\"histogram\":{\"max\":9,\"sum\":9,"
		"\"bucket\":[9,1]},\"calls\":[%.1f]}\n",
		as, workers, as, workers, (int)strlen(as) - (workers == 1), as, workers, ticks);
}

/* Two kernels, the second of which did not finish; costs that one alone has. */
static void a_broken_pair_and_workers_are_shown(void **unused)
{
	struct side all[3];

	(void)unused;
	memcpy(all, side, sizeof(all));
	for (int k = 0; k < 2; k++) {
		const char *dir = k ? "half" : "full";
		struct stored s = { k ? "6.18.15" : "6.1.192", "2026-11-21T02:00:00Z", dir, NULL,
				    NULL };
		FILE *f = stored_begin(in(dir), &s);

		stored_cell(f, "f/x/mem=anon", k ? "broken" : "pass", "");
		put_crew(f, "threads", 1, 2000);
		put_crew(f, "threads", 2, 1100);
		if (k)
			put_crew(f, "processes", 2, 1000);
		if (k)
			fclose(f);
		else
			assert_int_equal(stored_end(f), 0);
		assert_int_equal(
			side_read(&side[k], (char *[]){ (char *)in(dir) }, 1, why, sizeof(why)), 0);
	}
	write_page(2);
	at("BROKEN: 1 run did not finish, 1 cell broken; says too little");
	at("did not finish: <code>");
	at("broken: <code>f/x/mem=anon</code>");
	at("1 cost that only 6.18.15 has (B)");
	at("<code>f/x/mem=anon [P:write=1] 2 processes together</code>");
	at("1 of one side only");
	at("f/x/mem=anon [P:write=1] by workers: faults a second");
	read_file("out/plots/scale-1.dat");
	at("1 1e+06\n2 1.81818e+06\n");
	at("6.18.15, processes\"\n1 1e+06\n2 2e+06\n");
	for (int k = 0; k < 2; k++)
		side_free(&side[k]);
	memcpy(side, all, sizeof(all));
}

static void every_figure_has_units_machine_and_kernels(void **unused)
{
	size_t captions = 0;

	(void)unused;
	write_page(3);
	for (const char *c = page; (c = strstr(c, "<figcaption>")); c++) {
		const char *end = strstr(c, "</figcaption>");
		char text[1000];

		snprintf(text, sizeof(text), "%.*s", (int)(end - c), c);
		assert_non_null(strstr(text, "machine "));
		assert_non_null(strstr(text, "ernels "));
		assert_true(strstr(text, "time") || strstr(text, "percent") ||
			    strstr(text, "numbers of cells"));
		captions++;
	}
	/* Two forests, four distributions, a matrix. */
	assert_int_equal(captions, 7);
}

static void nothing_comes_from_elsewhere(void **unused)
{
	static const char *const never[] = { "<script", "<link", "<img",    "@import",
					     "src=",	"url(h", "href='h", "href=\"h" };
	bool drawn = !system("command -v gnuplot >/dev/null");

	(void)unused;
	write_page(3);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strstr(page, never[i]))
			fail_msg("the page has %s", never[i]);
	if (!drawn)
		skip();
	assert_string_equal(why, "");
	assert_non_null(strstr(page, "<svg"));
	assert_null(strstr(page, "<?xml"));
	/* Names within one drawing are not those of another. */
	assert_non_null(strstr(page, "id=\"cdf-1-gnuplot_plot_1\""));
	assert_null(strstr(page, "id=\"gnuplot_plot_1\""));
}

static void without_gnuplot_the_tables_remain(void **unused)
{
	char path[4096];

	(void)unused;
	snprintf(path, sizeof(path), "%s", getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
	setenv("PATH", "/nonexistent", 1);
	write_page(3);
	setenv("PATH", path, 1);
	assert_non_null(strstr(why, "gnuplot is not installed"));
	at("gnuplot is not installed");
	at("Worst regression");
	at("data: plots/forest-1.dat");
	at("Percentiles by kernel");
	assert_null(strstr(page, "<svg"));
	assert_int_equal(access(in("out/plots/forest-1.dat"), R_OK), 0);
}

/* What a kernel ran elsewhere is one column with it; the same cells again are another one. */
static void columns(void **unused)
{
	struct stored s = { "6.1.192", "2026-11-21T02:00:00Z", "other", NULL, NULL };
	struct side more, again;
	char path[160];
	FILE *f;

	(void)unused;
	f = stored_begin(in("more"), &s);
	stored_cell(f, "only/here/mem=anon", "pass", "");
	stored_end(f);
	snprintf(path, sizeof(path), "%s/more", folder);
	assert_int_equal(side_read(&more, (char *[]){ path }, 1, why, sizeof(why)), 0);
	assert_int_equal(side_read(&again, (char *[]){ path }, 1, why, sizeof(why)), 0);
	assert_false(side_join(&side[1], &more));
	assert_true(side_join(&side[0], &more));
	assert_int_equal(side[0].count, 6);
	assert_non_null(side_tally(&side[0], "only/here/mem=anon"));
	assert_false(side_join(&side[0], &again));
	side_free(&again);
}

static int set_up(void **unused)
{
	if (folder_make(unused))
		return -1;
	write_kernel(0, "6.1.192", 0, "pass");
	write_kernel(1, "6.12.117", 0, "pass");
	write_kernel(2, "6.18.15", 0.4, "fail");
	return 0;
}

static int tear_down(void **unused)
{
	free(page);
	for (int i = 0; i < 3; i++)
		side_free(&side[i]);
	return folder_remove(unused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_is_at_the_top),
		cmocka_unit_test(without_changes_it_says_so),
		cmocka_unit_test(nothing_is_well_that_did_not_run),
		cmocka_unit_test(a_broken_pair_and_workers_are_shown),
		cmocka_unit_test(every_figure_has_units_machine_and_kernels),
		cmocka_unit_test(nothing_comes_from_elsewhere),
		cmocka_unit_test(without_gnuplot_the_tables_remain),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
