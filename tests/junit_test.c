// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "results/junit.h"

static char folder[64], path[96], text[1 << 14];

static struct verdict verdict(enum verdict_kind kind, const char *class, const char *why)
{
	struct verdict v = { .kind = kind, .page = -1, .offset = -1 };

	snprintf(v.class, sizeof(v.class), "%s", class);
	snprintf(v.why, sizeof(v.why), "%s", why);
	return v;
}

static void finish(struct junit *j)
{
	assert_int_equal(junit_end(j), 0);
	assert_true(file_read(path, text, sizeof(text)) > 0);
}

static void has(const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in: %s", part, text);
}

static void each_verdict_has_its_element(void **state)
{
	struct junit *j = junit_begin(path, "check");
	struct verdict v = verdict(VERDICT_PASS, "", "");

	(void)state;
	assert_non_null(j);
	v.wall_ns = 1500000;
	junit_cell(j, "fork/a/mem=anon/pin=uring-rw", &v);
	v = verdict(VERDICT_FAIL, "stale-pin", "old");
	junit_cell(j, "b/mem=anon", &v);
	snprintf(v.known, sizeof(v.known), "CVE-1");
	junit_cell(j, "c/mem=anon", &v);
	v = verdict(VERDICT_SKIP, "vfio", "none; --vfio");
	junit_cell(j, "d/mem=anon", &v);
	v = verdict(VERDICT_UNREACHED, "", "not swapped");
	junit_cell(j, "e/mem=anon", &v);
	v = verdict(VERDICT_BROKEN, "", "EIO");
	junit_cell(j, "f/mem=anon", &v);
	finish(j);
	has("name=\"pinfold check\" tests=\"6\" failures=\"1\" errors=\"1\" skipped=\"3\"");
	has("classname=\"fork/a\" name=\"fork/a/mem=anon/pin=uring-rw\" time=\"0.001500\"></testc");
	has("<failure type=\"stale-pin\" message=\"stale-pin: old\">");
	has("<skipped message=\"known failure: stale-pin: old\">");
	has("<skipped message=\"vfio: none; --vfio\">");
	has("<skipped message=\"unreached: not swapped\">");
	has("<error message=\"broken: EIO\">");
}

static void text_is_escaped(void **state)
{
	struct junit *j = junit_begin(path, "check");
	struct verdict v =
		verdict(VERDICT_FAIL, "leak",
			"<a&b>\"'\n\x01\x7f\xff\xc3\xa9\xc0\xaf\xed\xa0\x80\xef\xbf\xbf.");

	(void)state;
	assert_non_null(j);
	junit_cell(j, "P:write=1 ]]>\"", &v);
	finish(j);
	has("name=\"P:write=1 ]]&gt;&quot;\"");
	has("&lt;a&amp;b&gt;&quot;&apos; ???\xc3\xa9????????.\"");
	if (system("command -v xmllint >/dev/null 2>&1") == 0) {
		char line[160];

		snprintf(line, sizeof(line), "xmllint --noout '%s'", path);
		assert_int_equal(system(line), 0);
	}
}

static void a_file_is_replaced_as_a_whole(void **state)
{
	struct verdict v = verdict(VERDICT_PASS, "", "");
	struct junit *j = junit_begin(path, "check");
	char other[160];
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	fputs("old", f);
	fclose(f);
	junit_cell(j, "a/mem=anon", &v);
	assert_true(file_read(path, text, sizeof(text)) == 3);
	/* The place of the new one is taken: the old one stays. */
	snprintf(other, sizeof(other), "%s.%d", path, (int)getpid());
	f = fopen(other, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(junit_end(j), -EEXIST);
	assert_true(file_read(path, text, sizeof(text)) == 3);
	unlink(other);
	j = junit_begin(path, "check");
	finish(j);
	has("tests=\"0\"");
	assert_int_equal(access(other, F_OK), -1);
}

static void what_cannot_be_written_is_told_first(void **state)
{
	char none[128];

	(void)state;
	snprintf(none, sizeof(none), "%s/none/x.xml", folder);
	assert_null(junit_begin(none, "check"));
	assert_int_equal(errno, ENOENT);
	assert_null(junit_begin(folder, "check"));
	assert_int_equal(errno, EISDIR);
	assert_int_equal(junit_end(NULL), 0);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/junit-test-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/x.xml", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verdict_has_its_element),
		cmocka_unit_test(text_is_escaped),
		cmocka_unit_test(a_file_is_replaced_as_a_whole),
		cmocka_unit_test(what_cannot_be_written_is_told_first),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
