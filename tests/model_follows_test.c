// SPDX-License-Identifier: GPL-2.0-only
// The laws of a pin that follows its owner's address instead of holding pages.
#include "tests/scenario.h"

static void shows_what_the_address_shows(void **state)
{
	(void)state;
	allows("anon", "P:pin-rw D:read P:write=1 D:read", "zero P=1");
	allows("anon", "P:write=1 P:pin-rw P:discard D:read P:write=2 D:read", "zero P=2");
	forbids("anon", "P:write=1 P:pin-rw P:discard D:read", "P=1", 0);
	allows("anon", "P:write=1 P:pin-rw D:write=2 P:read D:read", "D=2 D=2");
	forbids("anon", "P:write=1 P:pin-rw P:discard D:write=2 P:read", "zero", 0);
	allows("anon", "P:write=1 P:pin-rw P:unmap P:map=buf D:read P:write=2 D:read", "zero P=2");
	allows("anon", "P:write=1 P:pin-rw P:free D:read", "P=1");
	allows("anon", "P:write=1 P:pin-rw P:free D:read", "zero");
	forbids("anon", "P:write=1 P:pin-rw P:free P:write=2 D:read", "zero", 0);
}

static void is_the_owner_and_nobody_else(void **state)
{
	static const char *const kinds[] = { "anon", "private-tmpfs", "swapped" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		allows(kinds[i], "P:write=1 P:pin-rw P:fork P:write=2 D:read C:read", "P=2 P=1");
		allows(kinds[i], "P:write=1 P:pin-rw P:fork C:write=2 D:read", "P=1");
		allows(kinds[i], "P:write=1 P:pin-rw P:fork D:read D:write=2 C:read P:read",
		       "P=1 P=1 D=2");
		forbids(kinds[i], "P:write=1 P:pin-rw P:fork D:read D:write=2 C:read", "P=1 D=2",
			0);
		allows(kinds[i], "P:write=1 P:fork C:pin-rw D:write=2 P:read C:read", "P=1 D=2");
	}
	forbids("zeropage", "P:pin-rw D:read D:write=2 P:read", "zero zero", 0);
}

static void access_that_the_owner_lacks_is_refused(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:pin-rw P:unmap D:read", "EFAULT");
	forbids("anon", "P:write=1 P:pin-rw P:unmap D:read", "P=1", -1);
	allows("anon", "P:write=1 P:pin-rw P:protect=none D:read", "EFAULT");
	allows("anon", "P:write=1 P:pin-rw P:protect=ro D:read [D:write=2] P:read",
	       "P=1 EFAULT P=1");
	forbids("anon", "P:write=1 P:pin-rw P:protect=ro [D:write=2]", "ok", -1);
	forbids("anon", "P:write=1 P:pin-rw D:read", "EFAULT", -1);
	allows("anon", "P:write=1 P:unmap [P:pin-rw] D:read", "ok EFAULT");
	/* The owner moved away, and came back. */
	allows("anon", "P:write=1 P:pin-rw P:remap D:read P:remap D:read", "EFAULT P=1");
	forbids("anon", "P:write=1 P:pin-rw P:remap D:read", "P=1", -1);
	allows("anon", "P:write=1 P:remap P:pin-rw D:read", "P=1");
}

/* Page by page, up to the first that is refused. */
static void transfer_ends_at_the_first_refusal(void **state)
{
	static const char steps[] = "P:map=buf:4p P:write=1 P:pin-rw P:unmap@[2] ";
	char text[128];

	(void)state;
	snprintf(text, sizeof(text), "%sD:read D:read@[0..1] D:read@[3]", steps);
	allows("anon", text, "EFAULT P=1 P=1");
	snprintf(text, sizeof(text), "%s[D:write=2] P:read@[0..1] P:read@[3]", steps);
	allows("anon", text, "EFAULT D=2 P=1");
	forbids("anon", text, "EFAULT D=2 D=2", 0);
}

static void files_are_followed(void **state)
{
	(void)state;
	allows("private-tmpfs", "P:pin-rw D:read F:write=1 D:read", "F=255 F=1");
	allows("private-tmpfs", "P:pin-rw D:write=2 F:read P:read", "F=255 D=2");
	allows("private-tmpfs", "P:write=1 P:pin-rw P:discard D:read", "F=255");
	allows("private-tmpfs", "P:write=1 P:pin-rw F:truncate=0 D:read", "EFAULT");
}

static int follow(void **state)
{
	(void)state;
	scenario_pins[PIN_RW] = &scenario_odp;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_what_the_address_shows),
		cmocka_unit_test(is_the_owner_and_nobody_else),
		cmocka_unit_test(access_that_the_owner_lacks_is_refused),
		cmocka_unit_test(transfer_ends_at_the_first_refusal),
		cmocka_unit_test(files_are_followed),
	};

	return cmocka_run_group_tests(tests, follow, NULL);
}
