// SPDX-License-Identifier: GPL-2.0-only
// A cell that leaves something behind on the host is found in its batch. As root.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "tests/shell.h"

enum { PROGRAMS = 12 };

/* Like 'pinfold check' with the corpus below and these options; its exit code. */
static int check(const char *options)
{
	char line[512];
	int code;

	snprintf(line, sizeof(line), "rm -rf out; pinfold check --corpus . --out out %s", options);
	code = sh(line);
	if (code == EXIT_NOTHING)
		skip();
	return code;
}

/* Programs p0 ... with `rest` appended to the steps of the ones whose bits are set. */
static void write_corpus(unsigned with, const char *rest)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/c.pin", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	for (unsigned i = 0; i < PROGRAMS; i++)
		fprintf(f,
			"[p%u]\nabout A.\npin uring-rw\nsteps P:write=1 P:pin-rw P:write=2 D:read "
			"%s\n",
			i, with >> i & 1 ? rest : "");
	fclose(f);
}

static void assert_blamed(unsigned cells, const char *class)
{
	size_t failures = 0;

	for (const char *at = text; (at = strstr(at, "\nnot ok ")); at++)
		failures++;
	for (unsigned i = 0; i < PROGRAMS; i++) {
		char line[128];
		bool blamed;

		snprintf(line, sizeof(line), "\nnot ok %u c/p%u/", i + 1, i);
		blamed = strstr(text, line) != NULL;
		if (blamed != (cells >> i & 1))
			fail_msg("p%u %s: %s", i, blamed ? "blamed" : "not blamed", text);
		failures -= blamed;
	}
	assert_int_equal(failures, 0);
	assert_non_null(strstr(text, class));
}

static void the_cell_that_leaves_pins_is_named(void **state)
{
	(void)state;
	write_corpus(1u << 7, "P:unpin P:read");
	assert_int_equal(check("--mutant unpin-leaves-pins"), EXIT_LAW);
	assert_blamed(1u << 7, "# accounting: breaks accounting");
	assert_non_null(strstr(text, "pages pinned"));
	assert_int_equal(check(""), EXIT_OK);
	assert_null(strstr(text, "not ok"));
}

static void each_cell_that_makes_the_kernel_warn_is_named(void **state)
{
	(void)state;
	write_corpus(1u << 0 | 1u << 8 | 1u << 11, "P:protect=cycle P:read");
	assert_int_equal(check("--mutant protect-makes-the-kernel-warn"), EXIT_LAW);
	assert_blamed(1u << 0 | 1u << 8 | 1u << 11, "# kernel-log");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cell_that_leaves_pins_is_named),
		cmocka_unit_test(each_cell_that_makes_the_kernel_warn_is_named),
	};

	if (geteuid()) {
		puts("skip: not root: the host is not watched");
		return 77;
	}
	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
