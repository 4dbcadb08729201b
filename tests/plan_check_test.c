// SPDX-License-Identifier: GPL-2.0-only
// Programs that the model has no answer for are refused before they run.
#include "tests/scenario.h"

#include "core/plan/check.h"

static const char *check(const char *kind, const char *steps)
{
	static char no_file[] = "";
	static struct program p = { .file = no_file };
	static struct parse_error err;
	static struct plan plan;
	int bad;
	const struct mem_kind *mem = mem_kind_find(kind);

	err = (struct parse_error){ "" };
	if (steps_parse(&p, steps, "steps", 1, 1, &err) ||
	    plan_make(&plan, &p, mem, scenario_pins, &err))
		fail_msg("%s: %s", steps, err.text);
	bad = plan_check(&plan, &p, mem, &err);
	if (bad != -ENOTSUP)
		assert_int_equal(bad, *err.text ? -EINVAL : 0);
	return err.text;
}

static void refused(void **state)
{
	static const struct {
		const char *kind, *steps, *why;
	} row[] = {
		{ "anon", "P:map=a:2p@a P:write", "1:1: expected no place for 'map'" },
		{ "anon", "P:map=a:2p P:unmap P:map=a:3p", "1:20: expected 2p" },
		{ "anon", "P:fork@buf", "1:1: expected no place for 'fork'" },
		{ "anon", "P:pin-rw P:unpin=D@[0]", "1:10: expected no place for 'unpin'" },
		{ "private-tmpfs", "F:truncate=1@[0]", "1:1: expected a whole region" },
		{ "anon", "P:unmap@[1] P:discard", "1:13: expected a range that is mapped" },
		{ "anon", "P:unmap@[1] P:protect=ro", "1:13: expected a range that is mapped" },
		{ "anon", "P:unmap@[0] P:pin-ro", "1:13: expected a range that 'pin-ro' can" },
		{ "thp", "P:map=b:2p P:unmap@[0] P:get", "1:24: expected a range that 'get' can" },
		{ "anon", "P:protect=ro@[0] P:pin-rw", "1:18: expected a range that 'pin-rw'" },
		{ "anon", "P:protect=none@[0] P:pin-ro", "1:20: expected a range that 'pin-ro'" },
		{ "private-tmpfs", "F:truncate=1 P:pin-ro",
		  "1:14: expected a range that 'pin-ro'" },
		{ "anon", "P:dontfork@[0] P:fork C:free", "1:23: expected a range that is mapped" },
		{ "anon", "P:unmap@[0] P:remap", "1:13: expected one mapping" },
		{ "anon", "P:protect=ro@[0] P:remap", "1:18: expected one mapping" },
		{ "anon", "P:wipeonfork@[0] P:remap", "1:18: expected one mapping" },
		{ "stack", "P:unmap@[1]", "1:1: expected all of the region: a hole in 'stack'" },
		{ "hugetlb-2M", "P:map=a:8p P:fork", "1:1: expected at most 8 huge pages" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++)
		if (!strstr(check(row[i].kind, row[i].steps), row[i].why))
			fail_msg("%s: got '%s'", row[i].steps, check(row[i].kind, row[i].steps));
}

static void allowed(void **state)
{
	static const char *const steps[] = {
		"P:unmap P:discard P:protect=ro P:pin-rw P:remap",
		"P:unmap@[1] P:unmap P:read P:write",
		"P:unmap@[1] P:discard@[0] P:pin-rw@[0] P:protect@[1]",
		"P:map=a:2p P:unmap P:map=a:2p P:unmap P:map=a P:discard",
		"P:protect=ro@[0] P:pin-ro P:pin-rw@[0]",
		"P:protect=ro@[0] P:protect=rw@[0] P:remap P:pin-rw",
		"P:dontfork@[0] P:dofork P:fork C:discard C:pin-ro",
		"P:dontfork@[0] P:fork C:discard@[1] P:discard",
		"P:fork C:exec C:discard P:pin-ro",
		"F:truncate=1 P:pin-rw@[0] F:write@[1] P:pin-ro",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (*check(*steps[i] == 'F' ? "private-tmpfs" : "anon", steps[i]))
			fail_msg("%s: refused", steps[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),
		cmocka_unit_test(allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
