// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "results/environment.h"
#include "results/ktap.h"
#include "results/record.h"
#include "results/report.h"
#include "tests/folder.h"

static char why[256];

static struct verdict stale(void)
{
	struct verdict v = {
		.kind = VERDICT_FAIL,
		.class = "stale-pin",
		.law = "coherence",
		.step = 6,
		.step_text = "D:read",
		.page = 0,
		.offset = 512,
		.read = "value 1",
		.allowed = "value 2",
		.whose = "\xff\"P\"",
		.why = "one\ntwo",
		.wall_ns = 12345678901234,
		.step_ns = 7,
	};

	return v;
}

static void put_text(const char *path, const char *text, int flags)
{
	own_fd fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void start_run(const char *dir, bool finish)
{
	int count[] = { 1, 1, 0, 0, 0 };
	struct verdict pass = { .kind = VERDICT_PASS, .page = -1, .offset = -1 }, fail = stale();
	struct record *r = record_open(dir, false, "pinfold check", why, sizeof(why));

	assert_non_null(r);
	record_start(r, "a/one");
	record_cell(r, "a/one", &pass);
	record_start(r, "a/two");
	record_cell(r, "a/two", &fail);
	if (!finish)
		record_start(r, "a/three");
	assert_int_equal(record_end(r, count, 1), 0);
}

/* As a panic leaves it: without the end line, the last line cut off. */
static void cut(const char *path, const char *from_boot)
{
	char text[32768], *end, *boot;

	assert_true(file_read(path, text, sizeof(text)) > 0);
	end = strstr(text, "{\"type\":\"end\"");
	assert_non_null(end);
	strcpy(end, "{\"type\":\"cel");
	boot = strstr(text, "\"boot\":\"");
	if (from_boot && boot)
		memcpy(boot + strlen("\"boot\":\""), from_boot, strlen(from_boot));
	put_text(path, text, O_TRUNC);
}

static void test_round_trip(void **state)
{
	struct verdict want = stale();
	struct run run;

	(void)state;
	start_run(in("deep/er"), true);
	assert_int_equal(run_read(&run, in("deep/er"), why, sizeof(why)), 0);
	assert_true(run.ended);
	assert_int_equal(run.count, 2);
	assert_string_equal(run.result[0].cell, "a/one");
	assert_int_equal(run.result[0].verdict.kind, VERDICT_PASS);
	assert_int_equal(run.result[0].verdict.page, -1);
	strcpy(want.whose, "?\"P\"");
	assert_memory_equal(&run.result[1].verdict, &want, sizeof(want));
	assert_non_null(strstr(run.env_json, "\"command\":\"pinfold check\""));
	run_free(&run);
}

static void test_refuses_existing(void **state)
{
	(void)state;
	start_run(folder, true);
	assert_null(record_open(folder, false, "x", why, sizeof(why)));
	assert_int_equal(errno, EEXIST);
	assert_non_null(strstr(why, "records.jsonl: exists"));
}

static void test_resume_after_panic(void **state)
{
	int count[] = { 1, 2, 0, 0, 0 };
	struct verdict v;
	struct record *r;
	struct run run;

	(void)state;
	start_run(folder, false);
	cut(in("records.jsonl"), "another-boot");
	assert_int_equal(run_read(&run, folder, why, sizeof(why)), 0);
	assert_false(run.ended);
	assert_int_equal(run.count, 3);
	assert_string_equal(run.result[2].verdict.class, "crash");
	run_free(&run);
	r = record_open(folder, true, "pinfold check", why, sizeof(why));
	assert_non_null(r);
	assert_int_equal(record_done(r, "a/none", &v), 0);
	assert_int_equal(record_done(r, "a/two", &v), 1);
	assert_string_equal(v.class, "stale-pin");
	assert_int_equal(record_done(r, "a/three", &v), 2);
	assert_string_equal(v.class, "crash");
	record_cell(r, "a/three", &v);
	assert_int_equal(record_end(r, count, 1), 0);
	assert_int_equal(run_read(&run, folder, why, sizeof(why)), 0);
	assert_true(run.ended);
	assert_int_equal(run.count, 3);
	run_free(&run);
}

static void test_resume_same_boot(void **state)
{
	struct verdict v;
	struct record *r;

	(void)state;
	start_run(folder, false);
	cut(in("records.jsonl"), NULL);
	r = record_open(folder, true, "x", why, sizeof(why));
	assert_non_null(r);
	assert_int_equal(record_done(r, "a/three", &v), 0);
	assert_null(record_open(folder, true, "x", why, sizeof(why)));
	assert_int_equal(errno, EBUSY);
	assert_int_equal(record_end(r, (int[5]){ 0 }, 0), 0);
}

static void test_resume_nothing(void **state)
{
	struct record *r;
	struct run run;

	(void)state;
	put_text(in("records.jsonl"), "{\"type\":\"env", 0);
	assert_int_equal(run_read(&run, folder, why, sizeof(why)), -EINVAL);
	r = record_open(folder, true, "x", why, sizeof(why));
	assert_non_null(r);
	assert_int_equal(record_end(r, (int[5]){ 0 }, 0), 0);
	assert_int_equal(run_read(&run, folder, why, sizeof(why)), 0);
	run_free(&run);
}

static void test_bad_line(void **state)
{
	struct run run;

	(void)state;
	start_run(folder, true);
	put_text(in("records.jsonl"), "{\"type\":\"cell\",\"cell\":\"x\",\"verdict\":\"meh\"}\n",
		 O_APPEND);
	assert_int_equal(run_read(&run, folder, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "records.jsonl:7: expected a verdict, got \"meh\""));
	assert_null(record_open(folder, true, "x", why, sizeof(why)));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(run_read(&run, in("absent"), why, sizeof(why)), -EINVAL);
}

static void test_full_disk(void **state)
{
	struct rlimit old, small = { 0 };
	struct verdict v = stale();
	struct record *r = record_open(folder, false, "x", why, sizeof(why));
	struct stat st;
	struct run run;

	(void)state;
	assert_non_null(r);
	assert_int_equal(stat(record_path(r), &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_cur = (rlim_t)st.st_size + 10;
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	record_cell(r, "a/lost", &v);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_true(record_failed(r));
	/* What would follow is not there twice when the run is resumed. */
	record_cell(r, "a/later", &v);
	assert_int_equal(record_end(r, (int[5]){ 0 }, 0), -ENOSPC);
	assert_int_equal(run_read(&run, folder, why, sizeof(why)), 0);
	assert_int_equal(run.count, 0);
	run_free(&run);
}

/* The disk is full when a cell ends: the machine did not go down. */
static void test_full_disk_is_no_crash(void **state)
{
	struct rlimit old, small = { 0 };
	struct verdict v = stale();
	struct record *r = record_open(folder, false, "x", why, sizeof(why));
	struct stat st;
	struct run run;

	(void)state;
	assert_non_null(r);
	record_start(r, "a/kept");
	record_cell(r, "a/kept", &v);
	record_start(r, "a/lost");
	assert_int_equal(stat(record_path(r), &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_cur = (rlim_t)st.st_size + 10;
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	record_cell(r, "a/lost", &v);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(record_end(r, (int[5]){ 0 }, 0), -ENOSPC);
	assert_int_equal(run_read(&run, folder, why, sizeof(why)), 0);
	assert_int_equal(run.count, 1);
	assert_string_equal(run.result[0].cell, "a/kept");
	assert_string_equal(run.result[0].verdict.class, "stale-pin");
	run_free(&run);
}

static void test_label(void **state)
{
	static const char *const row[][3] = {
		{ "6.1.0-41-amd64", "#1 SMP Debian 6.1.158-1 (2025-11-09)", "6.1.158" },
		{ "6.18.15+deb13-amd64", "#1 SMP Debian 6.18.15-1~bpo13+1", "6.18.15" },
		{ "6.18.5", "#1 SMP @0", "6.18.5" },
		{ "7.2.0-rc3-00012-gabc", "#4 SMP", "7.2.0-rc3-00012-gabc" },
		{ "6.8.0-45-generic", "#45-Ubuntu SMP", "6.8.0-45" },
	};
	char label[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		kernel_label(row[i][0], row[i][1], label, sizeof(label));
		assert_string_equal(label, row[i][2]);
	}
}

static void test_ktap(void **state)
{
	static const char want[] = "KTAP version 1\n1..4\n"
				   "# stale-pin: breaks coherence\n"
				   "#   step     6  D:read\n"
				   "#   page     0, byte 512\n"
				   "#   read     value 1\n"
				   "#   allowed  value 2\n"
				   "#   whose    P\n"
				   "#   why      one two\n"
				   "#   repeat   pinfold run 'a/'\\''x' --mutant 'lie'\n"
				   "not ok 1 a/'x\n"
				   "ok 2 b # SKIP swap: swapon FILE\n"
				   "ok 3 b # SKIP unreached: not swapped\n"
				   "not ok 4 b # ERROR broken: EIO\n"
				   "# pass:0 fail:1 skip:1 unreached:1 broken:1\n";
	struct verdict v = stale(),
		       skip = { .kind = VERDICT_SKIP, .class = "swap", .why = "swapon FILE" };
	struct verdict not = { .kind = VERDICT_UNREACHED, .why = "not swapped" };
	struct verdict broken = { .kind = VERDICT_BROKEN, .why = "EIO" };
	char *text = NULL;
	size_t size;
	struct ktap k = { .out = open_memstream(&text, &size), .repeat = " --mutant 'lie'" };

	(void)state;
	strcpy(v.whose, "P");
	ktap_plan(&k, 4);
	ktap_cell(&k, "a/'x", &v);
	ktap_cell(&k, "b", &skip);
	ktap_cell(&k, "b", &not );
	ktap_cell(&k, "b", &broken);
	ktap_end(&k, "");
	ktap_totals(&k, (int[5]){ 0, 1, 1, 1, 1 });
	fclose(k.out);
	assert_string_equal(text, want);
	free(text);
}

static void quiet_ktap_has_a_plan(void **state)
{
	static const char want[] = "KTAP version 1\n"
				   "# crash\n"
				   "#   step     after the last  P:exit\n"
				   "#   repeat   pinfold run 'c'\n"
				   "1..2\n"
				   "not ok 1 c\n"
				   "ok 2 the rest: 1 passed, 2 skipped\n";
	struct verdict pass = { .page = -1 }, skip = { .kind = VERDICT_SKIP };
	struct verdict fail = {
		.kind = VERDICT_FAIL, .class = "crash", .step_text = "P:exit", .page = -1
	};
	char *text = NULL;
	size_t size;
	struct ktap k = { .out = open_memstream(&text, &size), .quiet = true };

	(void)state;
	ktap_plan(&k, 4);
	ktap_cell(&k, "a", &pass);
	ktap_cell(&k, "b", &skip);
	ktap_cell(&k, "c", &fail);
	ktap_end(&k, "time is over");
	fclose(k.out);
	assert_string_equal(text, want);
	free(text);
}

static void test_report(void **state)
{
	char *text = NULL, *line, *rest, *path[] = { (char *)in("a"), (char *)in("b") };
	struct side side[2];
	struct stat st;
	size_t size;
	FILE *f;

	(void)state;
	start_run(path[0], true);
	start_run(path[1], false);
	for (int i = 0; i < 2; i++)
		assert_int_equal(side_read(&side[i], path + i, 1, why, sizeof(why)), 0);
	assert_int_equal(report_write(side, 2, NULL, in("r/s"), why, sizeof(why)), 0);
	assert_int_equal(stat(in("r/s/index.html"), &st), 0);
	f = open_memstream(&text, &size);
	assert_int_equal(report_text(side, 2, f), 0);
	fclose(f);
	assert_non_null(strstr(text, "stale-pin"));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		assert_true(strlen(line) <= 72);
	free(text);
	for (int i = 0; i < 2; i++)
		side_free(&side[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_refuses_existing),
		TEST(test_resume_after_panic),
		TEST(test_resume_same_boot),
		TEST(test_resume_nothing),
		TEST(test_bad_line),
		TEST(test_full_disk),
		TEST(test_full_disk_is_no_crash),
		TEST(test_label),
		TEST(test_ktap),
		TEST(quiet_ktap_has_a_plan),
		TEST(test_report),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
