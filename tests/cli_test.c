// SPDX-License-Identifier: GPL-2.0-only
// The commands as a user sees them: output, exit codes, the printed repeat command.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "tests/shell.h"

/* Exit 3 and 4 of a host where nothing can run are no failure of what is tested here. */
static int sh_or_skip(const char *command)
{
	int code = sh(command);

	if (code == EXIT_NOTHING)
		skip();
	return code;
}

/* Version first, one plan, results numbered from 1, everything else "# ". */
static void assert_ktap(void)
{
	size_t planned = 0, results = 0, plans = 0, number = 0;
	char *rest = text, *line;

	if (strncmp(text, "KTAP version 1\n", strlen("KTAP version 1\n")) != 0)
		fail_msg("no version line: %.200s", text);
	strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n")) && *line) {
		if (!strncmp(line, "# ", 2) || !strncmp(line, "#  ", 3))
			continue;
		if (sscanf(line, "1..%zu", &planned) == 1) {
			assert_int_equal(results, 0);
			plans++;
			continue;
		}
		if (sscanf(line, "ok %zu ", &number) != 1 &&
		    sscanf(line, "not ok %zu ", &number) != 1)
			fail_msg("no KTAP: %s", line);
		assert_int_equal(number, ++results);
	}
	assert_int_equal(plans, 1);
	assert_int_equal(planned, results);
}

static void output_is_ktap(void **state)
{
	static const char *const commands[] = {
		"pinfold check fork/ --mem anon --out a 2>/dev/null",
		"pinfold check fork/ --mem anon -q --out b 2>/dev/null",
		"pinfold check fork/ --mem anon --mutant write-nothing --out c 2>/dev/null",
		"pinfold check fork/ --mem anon --mutant write-nothing -q --out d 2>/dev/null",
		"pinfold check fork/ --mem anon --time 0.000001 --out e 2>/dev/null",
		"pinfold run 'P:write=1 P:read' --trace --out f 2>/dev/null",
		"pinfold sweep --depth 2 --alphabet write,fork,get --out g 2>/dev/null",
		"pinfold sweep --depth 2 --alphabet write,fork,get -q --out h 2>/dev/null",
		"pinfold mutants fork/parent-write --mem anon 2>/dev/null",
		"pinfold mutants fork/ --mem anon -q 2>/dev/null",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		sh(commands[i]);
		assert_ktap();
	}
}

static void repeat_command_repeats(void **state)
{
	static const char *const commands[] = {
		"pinfold check fork/ --mem anon --mutant write-nothing --out i",
		"pinfold check \"it's/x\" --corpus \"it's.pin\" --mutant write-nothing --out j",
		"pinfold run \"it's.pin\" --mutant write-nothing --out k",
		"pinfold run 'P:write=1 P:read' --mutant write-nothing --out l",
	};
	char command[2048], out[32];

	(void)state;
	assert_int_equal(sh("printf '[x]\\nabout A.\\nsteps P:write=1 P:read\\n' >\"it's.pin\""),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		char *line, *end;

		assert_int_equal(sh_or_skip(commands[i]), EXIT_LAW);
		line = strstr(text, "#   repeat   ");
		assert_non_null(line);
		line += strlen("#   repeat   ");
		end = strchr(line, '\n');
		snprintf(out, sizeof(out), "repeat%zu", i);
		snprintf(command, sizeof(command), "%.*s --out %s", (int)(end - line), line, out);
		assert_int_equal(sh(command), EXIT_LAW);
		assert_non_null(strstr(text, "\n1..1\n"));
	}
}

/* A reference that vmsplice took has no device write: such programs are left out. */
static void sweep_has_no_meaningless_programs(void **state)
{
	(void)state;
	assert_int_equal(
		sh_or_skip("pinfold sweep --depth 3 --alphabet write,get,device-write --out m"),
		EXIT_OK);
	assert_null(strstr(text, "not ok"));
}

static void wrong_usage_is_2(void **state)
{
	static const char *const commands[] = {
		"pinfold sweep --depth 2 --alphabet write,frok",
		"pinfold sweep --depth 2 --mutant frok",
		"pinfold check --mutant frok",
		"pinfold check no-such-program",
		"pinfold frok",
		"pinfold env --vfio 3:0",
		"pinfold env --vfio 0000:03:00.8",
		"pinfold env --vfio ../../etc",
		"pinfold env --vfio 0000:03:00.0,",
		"pinfold env --vfio 03:00.0,0000:03:00.0",
		"pinfold env --vfio 03:00.0 --nvme-scratch 03:00.0",
		"pinfold env --vfio 03:00.0 --nvme-scratch 03:00.0/0",
		"pinfold env --vfio 03:00.0 --nvme-scratch 03:00.0/1x",
		"pinfold env --vfio 03:00.0 --nvme-scratch 03:00.0/1,03:00.0/2",
		"pinfold env --nvme-scratch 03:00.0/1",
		"pinfold report --depth 3 x",
		"pinfold list --trace",
		"pinfold check --time soon",
		"pinfold check --tier both",
		"pinfold check fork/ --junit none/x.xml",
		"pinfold check fork/ --junit .",
		"pinfold check fork/ --cpu 0,1",
		"pinfold check fork/ --cpu 1023",
		"pinfold check fork/ --threads 2",
		"pinfold bench --cpu 0,0",
		"pinfold bench --cpu 0-",
		"pinfold bench --threads 0",
		"pinfold bench --threads 1,1",
		"pinfold bench --threads 65",
		"pinfold bench --threads 2 --cpu 0",
		"pinfold bench --threads 1 --as fibres",
		"pinfold bench --as threads",
		"pinfold bench --node 63",
		"pinfold bench --node x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		assert_int_equal(sh(commands[i]), EXIT_USAGE);
		assert_null(strstr(text, "KTAP"));
	}
	assert_int_equal(sh("test ! -e results"), 0);
}

/* One line that says what is wrong and what there is. */
static void more_workers_than_cpus_are_refused(void **state)
{
	(void)state;
	assert_int_equal(sh("pinfold bench --threads 1,2 --cpu $(taskset -cp $$ | "
			    "sed 's/.*[ ,-]//') 2>&1"),
			 EXIT_USAGE);
	assert_string_equal(text, "pinfold: --threads: 2 workers, but only 1 CPU\n");
}

/* Escapes only on a terminal; bsdutils' script makes one. */
static void progress_is_for_terminals(void **state)
{
	(void)state;
	sh("pinfold check fork/ --mem anon -q --out p1");
	assert_null(strchr(text, '\r'));
	if (sh("command -v script"))
		skip();
	setenv("CHECK", PINFOLD_BINARY " check fork/ --mem anon -q", 1);
	sh("export TERM=xterm; script -qec \"$CHECK --out p2\" /dev/null");
	assert_non_null(strstr(text, " cells, 0 failed, "));
	assert_non_null(strstr(text, " left\033[K"));
	sh("export TERM=xterm; script -qec \"$CHECK --no-color --out p3\" /dev/null");
	assert_null(strstr(text, " left"));
	assert_null(strchr(text, '\033'));
	sh("export TERM=dumb; script -qec \"$CHECK --out p4\" /dev/null");
	assert_null(strstr(text, " left"));
}

static void tier_and_junit(void **state)
{
	(void)state;
	setenv("CHECK", PINFOLD_BINARY " check pin-after-fork/ --mem anon,thp --tier pairwise", 1);
	sh("$CHECK -q --junit x.xml --out q1");
	assert_ktap();
	sh("$CHECK --out q2");
	assert_non_null(strstr(text, "\n# tier pairwise: "));
	assert_ktap();
	sh("$CHECK --out q3 >q3.ktap; grep -cE '^(not )?ok ' q3.ktap >n; "
	   "grep -c '<testcase ' x.xml | cmp - n && echo same");
	assert_non_null(strstr(text, "same\n"));
}

/* Whatever the score, a failure stays one. */
static void retried_failures_keep_their_score(void **state)
{
	(void)state;
	assert_int_equal(sh_or_skip("pinfold check fork/parent-write/mem=anon --retry 2 --out s1 "
				    "--mutant write-nothing --mem anon"),
			 EXIT_LAW);
	assert_non_null(strstr(text, "#   score    failed 3 of 3 executions\n"));
	assert_ktap();
	assert_int_equal(sh("grep -c '\"tried\":3,\"failed\":3' s1/records.jsonl"), 0);
	assert_int_equal(sh("pinfold check fork/parent-write --mem anon --retry 0 --out s2"),
			 EXIT_USAGE);
}

/* From an accepted run over a waiver to green, and each broken file is one line and 2. */
static void baselines_and_waivers(void **state)
{
	(void)state;
	sh_or_skip("pinfold check fork/ --mem anon -q --out t1");
	assert_int_equal(sh("pinfold baseline show t1"), EXIT_NOTHING);
	assert_int_equal(sh("pinfold baseline accept t1"), EXIT_OK);
	assert_int_equal(sh("pinfold baseline show t1"), EXIT_OK);
	assert_int_equal(sh("pinfold check fork/ --mem anon -q --mutant write-nothing --out t2"),
			 EXIT_LAW);
	assert_int_equal(sh("pinfold baseline show t2"), EXIT_LAW);
	assert_non_null(strstr(text, "RED: "));
	assert_int_equal(sh("pinfold baseline waive '*fork/*' --owner me --until 2999-12-31"),
			 EXIT_USAGE);
	assert_int_equal(sh("pinfold baseline waive '*fork/*' --owner me --until 2999-12-31 "
			    "--reason planted"),
			 EXIT_OK);
	assert_int_equal(sh("pinfold baseline show t2"), EXIT_OK);
	assert_non_null(strstr(text, "waived until 2999-12-31 by me"));
	assert_int_equal(sh("pinfold history t1 t2"), EXIT_OK);
	assert_int_equal(sh("echo nonsense >>results/baselines/waivers; pinfold baseline show t2"),
			 EXIT_USAGE);
	assert_non_null(strstr(text, "results/baselines/waivers:4: expected "));
	assert_int_equal(sh("rm -r results/baselines"), 0);
}

static void write_run(const char *name, const char *verdict, bool ended)
{
	static const char env[] =
		"{\"type\":\"env\",\"format\":1,\"release\":\"6.1\",\"boot\":\"b\"}";
	static const char cell[] = "{\"type\":\"cell\",\"cell\":\"f/x/mem=anon\",";
	char command[512];

	snprintf(command, sizeof(command),
		 "mkdir -p %s; (echo '%s'; echo '%s\"verdict\":\"%s\"}'; %s) >%s/records.jsonl",
		 name, env, cell, verdict, ended ? "echo '{\"type\":\"end\"}'" : ":", name);
	assert_int_equal(sh(command), 0);
}

/* 3 goes before 1, and that before 0, in whatever order the sides stand. */
static void what_was_cut_off_is_not_green(void **state)
{
	(void)state;
	write_run("whole", "pass", true);
	write_run("cut", "pass", false);
	write_run("broke", "broken", true);
	write_run("worse", "fail", true);
	assert_int_equal(sh("pinfold compare whole whole"), EXIT_OK);
	assert_int_equal(sh("pinfold compare whole cut"), EXIT_BROKEN);
	assert_non_null(strstr(text, "did not finish: cut/records.jsonl"));
	assert_int_equal(sh("pinfold compare whole broke"), EXIT_BROKEN);
	assert_int_equal(sh("pinfold compare whole cut worse"), EXIT_BROKEN);
	assert_int_equal(sh("pinfold compare whole worse cut"), EXIT_BROKEN);
	assert_int_equal(sh("pinfold compare whole worse whole"), EXIT_LAW);
	assert_int_equal(sh("pinfold baseline accept whole"), EXIT_OK);
	assert_int_equal(sh("pinfold baseline show whole"), EXIT_OK);
	assert_int_equal(sh("pinfold baseline show cut"), EXIT_BROKEN);
	assert_int_equal(sh("pinfold baseline show broke"), EXIT_BROKEN);
	assert_int_equal(sh("rm -r results/baselines"), 0);
}

/* Boots of two kernels are no units of one. */
static void a_side_is_of_one_kernel(void **state)
{
	(void)state;
	write_run("two/a", "pass", true);
	write_run("two/b", "pass", true);
	assert_int_equal(sh("pinfold compare two two"), EXIT_OK);
	assert_int_equal(sh("sed -i s/6.1/6.2/ two/b/records.jsonl"), 0);
	assert_int_equal(sh("pinfold compare two two/a"), EXIT_USAGE);
	assert_non_null(strstr(text, "two: runs of 6.1 and of 6.2"));
	assert_int_equal(sh("pinfold compare two/a two"), EXIT_USAGE);
	assert_int_equal(sh("pinfold compare --splits 10 two"), EXIT_USAGE);
	assert_int_equal(sh("pinfold compare two/a two/b"), EXIT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_ktap),
		cmocka_unit_test(repeat_command_repeats),
		cmocka_unit_test(sweep_has_no_meaningless_programs),
		cmocka_unit_test(wrong_usage_is_2),
		cmocka_unit_test(more_workers_than_cpus_are_refused),
		cmocka_unit_test(progress_is_for_terminals),
		cmocka_unit_test(tier_and_junit),
		cmocka_unit_test(retried_failures_keep_their_score),
		cmocka_unit_test(baselines_and_waivers),
		cmocka_unit_test(what_was_cut_off_is_not_green),
		cmocka_unit_test(a_side_is_of_one_kernel),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
