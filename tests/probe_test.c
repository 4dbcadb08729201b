// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/pin/kinds.h"
#include "core/pin/probe.h"

static void probes_see_copies(void **unused)
{
	struct pin_probe seen;

	(void)unused;
	assert_int_equal(pin_probe(&mutant_copy_rw, &seen), 0);
	assert_false(seen.shows_stores);
	if (!pin_probe(&pin_uring_rw, &seen))
		assert_true(seen.shows_stores);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(probes_see_copies) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
