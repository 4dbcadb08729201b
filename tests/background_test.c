// SPDX-License-Identifier: GPL-2.0-only
// Steps with '&': they take effect once, at some moment up to their wait.
#include "tests/scenario.h"

static void store_happens_at_some_moment(void **state)
{
	static const char steps[] = "P:write=1 P.1:write=2& P:read P:read P.1:wait P:read";

	(void)state;
	allows("anon", steps, "P=1 P=1 ok P=2");
	allows("anon", steps, "P=1 P=2 ok P=2");
	allows("anon", steps, "P=2 P=2 ok P=2");
	forbids("anon", steps, "P=1 P=1 ok P=1", 0);
	forbids("anon", "P:write=1 P.1:write=2& P:read P.1:wait P:read", "P=2 ok P=1", 0);
}

static void store_is_before_or_after_another_one(void **state)
{
	static const char steps[] = "P.1:write=1& P:write=2 P.1:wait P:read";

	(void)state;
	allows("anon", steps, "ok P=1");
	allows("anon", steps, "ok P=2");
	forbids("anon", steps, "ok P=3", 0);
}

static void fork_sees_it_or_not(void **state)
{
	static const char steps[] = "P:write=1 P.1:write=2& P:fork P.1:wait C:read P:read";

	(void)state;
	allows("anon", steps, "ok P=1 P=2");
	allows("anon", steps, "ok P=2 P=2");
	forbids("anon", steps, "ok P=2 P=1", 0);
}

static void outcome_is_that_of_some_moment(void **state)
{
	static const char steps[] = "P:write=1 P.1:write=2& P:protect=ro P.1:wait P:read";

	(void)state;
	allows("anon", steps, "ok P=2");
	allows("anon", steps, "SEGV P=1");
	forbids("anon", steps, "SEGV P=2", 0);
	forbids("anon", "P:write=1 P.1:write=2& P.1:wait", "SEGV", -1);
}

static void pin_is_of_the_old_or_of_the_new_page(void **state)
{
	static const char steps[] = "P:write=1 P.1:pin-rw& P:discard P.1:wait D:read";

	(void)state;
	allows("anon", steps, "ok P=1");
	allows("anon", steps, "ok zero");
	forbids("anon", steps, "ok P=2", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(store_happens_at_some_moment),
		cmocka_unit_test(store_is_before_or_after_another_one),
		cmocka_unit_test(fork_sees_it_or_not),
		cmocka_unit_test(outcome_is_that_of_some_moment),
		cmocka_unit_test(pin_is_of_the_old_or_of_the_new_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
