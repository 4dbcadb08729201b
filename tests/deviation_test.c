// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/deviation.h"

static const struct deviation *of(const char *cell, const char *class, const char *release)
{
	struct verdict v = { .kind = VERDICT_FAIL };

	snprintf(v.class, sizeof(v.class), "%s", class);
	return deviation_find(cell, &v, kernel_number(release));
}

/* A crash or an I/O error of a mechanism with a known fault is news. */
static void a_row_knows_its_classes_alone(void **unused)
{
	const char cell[] = "transfer/read-then-parent-write/mem=anon/pin=fuse-read";

	(void)unused;
	assert_non_null(of(cell, "stale-pin", "6.1.192"));
	assert_non_null(of(cell, "leak", "6.1.192"));
	assert_non_null(of(cell, "lost-write", "6.1.192"));
	assert_null(of(cell, "lost-write", "6.12.1"));
	assert_null(of(cell, "lost", "6.1.192"));
	assert_null(of(cell, "pin", "6.1.192"));
	assert_null(of(cell, "crash", "6.1.192"));
	assert_null(of(cell, "refused", "6.1.192"));
	assert_null(of(cell, "", "6.1.192"));
}

static void every_row_names_a_class_and_a_source(void **unused)
{
	(void)unused;
	for (const struct deviation *d = deviations; d->cells; d++) {
		assert_non_null(d->class);
		assert_true(d->class[0] && d->source && d->source[0]);
		assert_true(!d->first || !d->last || d->first <= d->last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_knows_its_classes_alone),
		cmocka_unit_test(every_row_names_a_class_and_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
