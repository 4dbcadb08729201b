// SPDX-License-Identifier: GPL-2.0-only
/* A row explains what it is about, and no other failure of the same cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/deviation.h"

static const char *source(const char *cell, const char *class, const char *step, int kernel)
{
	struct verdict v = { .kind = VERDICT_FAIL };
	const struct deviation *d;

	snprintf(v.class, sizeof(v.class), "%s", class);
	snprintf(v.step_text, sizeof(v.step_text), "%s", step);
	d = deviation_find(cell, &v, kernel);
	return d ? d->source : "";
}

static void releases_are_read(void **state)
{
	(void)state;
	assert_int_equal(kernel_number("6.18.44-x"), 6018);
	assert_int_equal(kernel_number("5.10.0"), 5010);
	assert_int_equal(kernel_number("next"), 0);
}

static void rows_have_bounds(void **state)
{
	const char *cell = "pin-after-fork/ro-pin-after-child-exit/mem=anon/pin=vfio-ro";

	(void)state;
	assert_string_not_equal(source(cell, "stale-pin", "D:read", 5010), "");
	assert_string_equal(source(cell, "stale-pin", "D:read", 6001), "");
	assert_string_equal(source(cell, "torn", "D:read", 5010), "");
}

/* Old kernels pinned R/O regions for writing; a store through one is another matter. */
static void rows_of_a_step_explain_that_step(void **state)
{
	static const char *const refused[] = { "P:pin-ro", "P:pin", "P:pin=d1", "C:pin-ro=b@[0]" };
	const char *cell = "read-only/store-to-a-read-only-region/mem=anon/pin=rdma-ro";

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		assert_non_null(strstr(source(cell, "refused", refused[i], 6001), "FOLL_FORCE"));
	assert_string_equal(source(cell, "refused", "D:try-write=9", 6001), "");
	assert_string_equal(source(cell, "refused", "P:pinch", 6001), "");
	assert_string_equal(source(cell, "leak", "P:pin-ro", 6001), "");
	assert_non_null(
		strstr(source("thp/ro-pin-after-collapse-and-child-exit/mem=thp/pin=rdma-ro",
			      "refused", "P:collapse", 6001),
		       "khugepaged"));
}

static const struct deviation *known(const char *cell, const char *class, const char *release)
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
	assert_non_null(known(cell, "stale-pin", "6.1.192"));
	assert_non_null(known(cell, "leak", "6.1.192"));
	assert_non_null(known(cell, "lost-write", "6.1.192"));
	assert_null(known(cell, "lost-write", "6.12.1"));
	assert_null(known(cell, "lost", "6.1.192"));
	assert_null(known(cell, "pin", "6.1.192"));
	assert_null(known(cell, "crash", "6.1.192"));
	assert_null(known(cell, "refused", "6.1.192"));
	assert_null(known(cell, "", "6.1.192"));
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
		cmocka_unit_test(releases_are_read),
		cmocka_unit_test(rows_have_bounds),
		cmocka_unit_test(rows_of_a_step_explain_that_step),
		cmocka_unit_test(a_row_knows_its_classes_alone),
		cmocka_unit_test(every_row_names_a_class_and_a_source),
	};

	return cmocka_run_group_tests_name("deviation", tests, NULL, NULL);
}
