// SPDX-License-Identifier: GPL-2.0-only
// Programs resolved for a cell: defaults, and what is refused with which words.
#include "tests/scenario.h"

#include "core/actor/actor.h"
#include "core/need/need.h"
#include "core/plan/check.h"

static struct plan plan;
static char no_file[] = "";
static struct program program = { .file = no_file };

static int make(const char *kind, const char *steps, struct parse_error *err)
{
	*err = (struct parse_error){ "" };
	if (steps_parse(&program, steps, "steps", 1, 1, err))
		fail_msg("%s", err->text);
	return plan_make(&plan, &program, mem_kind_find(kind), scenario_pins, err);
}

static void plans(const char *kind, const char *steps)
{
	struct parse_error err;

	if (make(kind, steps, &err))
		fail_msg("%s: %s", steps, err.text);
}

static void pins_are_named_in_turn(void **state)
{
	(void)state;
	plans("anon",
	      "P:pin-rw P:get P:pin-ro=mine D:read D2:read mine:read P:unpin=D2 P:unpin P:unpin");
	assert_int_equal(plan.npins, 3);
	assert_int_equal(plan.op[4].pin, 0);
	assert_int_equal(plan.op[5].pin, 1);
	assert_int_equal(plan.op[6].pin, 2);
	assert_int_equal(plan.op[7].pin, 1);
	/* Without a name: the newest that this process holds. */
	assert_int_equal(plan.op[8].pin, 2);
	assert_int_equal(plan.op[9].pin, 0);
	assert_ptr_equal(plan.op[5].pin_kind, &scenario_get);
	assert_int_equal(plan.classes, 1 << PIN_RW | 1 << PIN_RO | 1 << PIN_GET);
}

static void children_are_numbered_in_turn(void **state)
{
	(void)state;
	plans("anon", "P:fork P:fork C2:fork C3:exit C:fork=C4 C4:write=1");
	assert_int_equal(plan.nprocs, 5);
	assert_int_equal(plan.op[1].child, 1);
	assert_int_equal(plan.op[2].child, 2);
	assert_int_equal(plan.op[3].child, 3);
	assert_int_equal(plan.op[3].proc, 2);
	assert_int_equal(plan.op[4].child, 2); /* exit: of the parent */
	assert_int_equal(plan.parent[3], 2);
	assert_int_equal(plan.parent[4], 1);
	assert_int_equal(plan.op[6].value, value_make(4, 1));
}

static void values_are_the_next_free_number(void **state)
{
	(void)state;
	plans("private-tmpfs", "P:write P:write F:write P:pin-rw D:write P:write=254");
	assert_int_not_equal(plan.op[1].value, plan.op[2].value);
	assert_int_equal(value_writer(plan.op[1].value), 0);
	assert_int_equal(value_writer(plan.op[3].value), WRITER_FILE);
	assert_int_equal(value_writer(plan.op[5].value), WRITER_DEVICE);
	assert_int_equal(plan.op[6].value, value_make(0, 254));
}

/* Pages that are others' as well: bytes are the region's own, calls take the page. */
static void places_are_of_own_bytes(void **state)
{
	struct parse_error err;

	(void)state;
	plans("malloc", "P:write P:pin-rw P:dontfork P:fork D:read P:write@[1]+1024:512");
	for (int i = 1; i <= 5; i += 4) {
		assert_int_equal(op_sectors(&plan.op[i], 0), 0x7e);
		assert_int_equal(op_sectors(&plan.op[i], 1), 0x7e);
	}
	assert_int_equal(plan.op[2].len, 0);
	assert_int_equal(plan.op[3].len, 0);
	assert_int_equal(op_sectors(&plan.op[6], 1), 0x04);
	assert_int_equal(make("malloc", "P:write@[0]+0:512", &err), -ENOTSUP);
	assert_int_equal(make("malloc", "P:write@[0]+3072:1024", &err), -ENOTSUP);
	assert_int_equal(make("malloc", "P:discard", &err), -ENOTSUP);
	assert_int_equal(make("malloc", "P:unmap", &err), -ENOTSUP);
	assert_int_equal(make("malloc", "P:wipeonfork", &err), -ENOTSUP);
	assert_int_equal(make("anon", "P:write@[0]+0:512", &err), 0);
}

static void map_comes_by_itself(void **state)
{
	(void)state;
	plans("anon", "P:write");
	assert_int_equal(plan.nops, 2);
	assert_string_equal(plan.op[0].verb->name, "map");
	assert_null(plan.op[0].step);
	assert_int_equal(plan.op[0].number, 0);
	assert_int_equal(plan.op[1].number, 1);
	assert_string_equal(plan.region[0].name, "buf");
	assert_int_equal(plan.op[1].npages, 2);
	plans("anon", "P:map=a:3p P:map=b:8p P:write@b[6..7]+512:1024");
	assert_int_equal(plan.nops, 3);
	assert_int_equal(plan.nregions, 2);
	assert_int_equal(plan.op[2].region, 1);
	assert_int_equal(plan.op[2].first, 6);
	assert_int_equal(plan.op[2].npages, 2);
	assert_int_equal(op_sectors(&plan.op[2], 6), 0x06);
	assert_int_equal(op_sectors(&plan.op[2], 5), 0);
}

static void places_count_in_units_of_the_kind(void **state)
{
	(void)state;
	plans("thp", "P:map=buf:2p P:write@[1]+4096:512 P:read@[1]");
	assert_int_equal(plan.op[1].first, HUGE_PAGE / BASE_PAGE);
	assert_int_equal(plan.op[1].npages, HUGE_PAGE / BASE_PAGE);
	assert_int_equal(op_sectors(&plan.op[1], 512), 0);
	assert_int_equal(op_sectors(&plan.op[1], 513), 1);
	assert_int_equal(op_sectors(&plan.op[1], 514), 0);
	assert_int_equal(op_sectors(&plan.op[2], 1023), 0xff);
}

static void devices_look_at_their_pin(void **state)
{
	(void)state;
	plans("anon",
	      "P:map=a:4p P:map=b:4p P:pin-rw@b[1..2] D:read D:read@b[2] D:write@b[1]+0:512");
	assert_int_equal(plan.op[3].region, 1);
	assert_int_equal(plan.op[3].first, 1);
	assert_int_equal(plan.op[3].npages, 2);
	assert_int_equal(plan.op[4].first, 2);
	assert_int_equal(plan.op[5].npages, 1);
}

static void device_memory_is_that_of_the_pin(void **state)
{
	static const char *const steps[] = { "P:pin-rw P:heir-device", "P:pin-rw P:heir-off" };
	const struct pin_kind *const queues[PIN_CLASSES] = { [PIN_RW] = pin_kind_find("rdma-own") };
	const struct pin_kind *const ring[PIN_CLASSES] = { [PIN_RW] = pin_kind_find("uring-rw") };
	const struct pin_kind *const bar[PIN_CLASSES] = { [PIN_RW] = pin_kind_find("vfio-rw") };
	struct parse_error err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(steps_parse(&program, steps[i], "steps", 1, 1, &err), 0);
		assert_int_equal(plan_make(&plan, &program, mem_kind_find("anon"), bar, &err), 0);
		assert_ptr_equal(plan.op[2].pin_kind, bar[PIN_RW]);
		assert_int_equal(plan_make(&plan, &program, mem_kind_find("anon"), ring, &err),
				 -ENOTSUP);
		/* Nobody switches off the memory of an adapter. */
		assert_int_equal(plan_make(&plan, &program, mem_kind_find("anon"), queues, &err),
				 i ? -ENOTSUP : 0);
	}
	assert_int_equal(steps_parse(&program, "P:pin-rw P:heir-device@[0]", "steps", 1, 1, &err),
			 0);
	assert_int_equal(plan_make(&plan, &program, mem_kind_find("anon"), bar, &err), 0);
	assert_int_equal(plan_check(&plan, &program, mem_kind_find("anon"), &err), -EINVAL);
}

static void generic_pin_takes_what_there_is(void **state)
{
	const struct pin_kind *const only_get[PIN_CLASSES] = { [PIN_GET] = &scenario_get };
	struct parse_error err;

	(void)state;
	plans("anon", "P:pin D:read");
	assert_string_equal(plan.op[1].verb->name, "pin-rw");
	assert_int_equal(plan.classes, CLASSES_ANY);
	assert_int_equal(plan_make(&plan, &program, mem_kind_find("anon"), only_get, &err), 0);
	assert_string_equal(plan.op[1].verb->name, "get");
	assert_int_equal(steps_parse(&program, "P:pin-rw", "steps", 1, 1, &err), 0);
	assert_int_equal(plan_make(&plan, &program, mem_kind_find("anon"), only_get, &err),
			 -ENOTSUP);
}

static const struct refused {
	const char *kind, *steps;
	int code;
	const char *text;
} table[] = {
	{ "anon", "P:dance", -EINVAL, "steps:1:1: expected a verb, got 'dance'" },
	{ "anon", "P:read\n  C:read", -EINVAL,
	  "steps:2:3: expected a process that lives, got 'C'" },
	{ "anon", "P:fork C:exit C:read", -EINVAL,
	  "steps:1:15: expected a process that lives, got 'C'" },
	{ "anon", "P:exit P:read", -EINVAL, "steps:1:8: expected a process that lives, got 'P'" },
	{ "anon", "Q:read", -EINVAL, "steps:1:1: expected a pin that is held, got 'Q'" },
	{ "anon", "C9:read", -EINVAL, "steps:1:1: expected a pin that is held, got 'C9'" },
	{ "anon", "P:pin-rw P:unpin D:read", -EINVAL,
	  "steps:1:18: expected a pin that is held, got 'D'" },
	{ "anon", "P:fork C:pin-rw C:exit D:read", -EINVAL,
	  "steps:1:24: expected a pin that is held, got 'D'" },
	{ "anon", "P:unpin", -EINVAL, "steps:1:1: expected a pin that this process holds" },
	{ "anon", "P:pin-rw P:fork C:unpin", -EINVAL,
	  "steps:1:17: expected a pin that this process holds" },
	{ "anon", "P:pin-rw P:unpin=x", -EINVAL,
	  "steps:1:10: expected a pin that this process holds" },
	{ "anon", "P:pin-rw=a P:pin-rw=a", -EINVAL,
	  "steps:1:12: expected a name for the pin that is not used yet" },
	{ "anon", "P:get P:get P:get P:get P:get", -EINVAL, "steps:1:25: expected at most 4 pins" },
	{ "anon", "P:read@far", -EINVAL, "steps:1:1: expected a mapped region, got 'far'" },
	{ "anon", "P:read@[2]", -EINVAL, "steps:1:1: expected pages below 2 of the region" },
	{ "anon", "P:read@[1..1048576]", -EINVAL,
	  "steps:1:1: expected pages below 2 of the region" },
	{ "anon", "P:write@+1:512", -EINVAL,
	  "steps:1:1: expected an offset and a length in sectors of 512 bytes" },
	{ "anon", "P:write@+0:511", -EINVAL,
	  "steps:1:1: expected an offset and a length in sectors of 512 bytes" },
	{ "anon", "P:write@+3584:1024", -ENOTSUP,
	  "steps:1:1: expected bytes below 4096 of a page" },
	{ "anon", "P:discard@+0:512", -EINVAL, "steps:1:1: expected whole pages for 'discard'" },
	{ "anon", "P:write=0", -EINVAL, "steps:1:1: expected a value from 1 to 254 after '='" },
	{ "anon", "P:write=255", -EINVAL, "steps:1:1: expected a value from 1 to 254 after '='" },
	{ "anon", "P:write=1x", -EINVAL, "steps:1:1: expected a value from 1 to 254 after '='" },
	{ "anon", "P:read=1", -EINVAL, "steps:1:1: expected no argument for 'read'" },
	{ "anon", "P:fork=P", -EINVAL, "steps:1:1: expected a child C, C2, C3 or C4 after '='" },
	{ "anon", "P:fork=C5", -EINVAL, "steps:1:1: expected a child C, C2, C3 or C4 after '='" },
	{ "anon", "P:fork C:exit P:fork=C", -EINVAL,
	  "steps:1:15: expected a child that was not forked before" },
	{ "anon", "P:protect=wo", -EINVAL, "steps:1:1: expected ro, rw, none or cycle after '='" },
	{ "anon", "P:map=a:p", -EINVAL, "steps:1:1: expected map=NAME:COUNTp" },
	{ "anon", "P:map=a:0p", -EINVAL, "steps:1:1: expected map=NAME:COUNTp" },
	{ "anon", "P:map=a P:map=b P:map=c P:map=d", -EINVAL,
	  "steps:1:25: expected at most 3 regions" },
	{ "anon", "P:fork C:map=b", -EINVAL, "steps:1:8: expected P to map a new region" },
	{ "anon", "P:map=a:4097p", -ENOTSUP, "steps:1:1: 4097 pages of 4096 bytes are too many" },
	{ "anon", "P:map=a:4503599627370497p", -ENOTSUP,
	  "steps:1:1: 4503599627370497 pages of 4096 bytes are too many" },
	{ "anon", "P:remap@[0]", -EINVAL, "steps:1:1: expected a whole region for 'remap'" },
	{ "anon", "P:truncate=0", -EINVAL,
	  "steps:1:1: expected another actor for 'truncate' than 'P'" },
	{ "anon", "X:write=1", -EINVAL, "steps:1:1: expected another actor for 'write' than 'X'" },
	{ "private-tmpfs", "F:truncate=3", -EINVAL,
	  "steps:1:1: expected a size of at most 2 pages after '='" },
	{ "private-tmpfs", "F:truncate", -EINVAL,
	  "steps:1:1: expected a size of at most 2 pages after '='" },
	{ "private-tmpfs", "F:fork", -EINVAL,
	  "steps:1:1: expected another actor for 'fork' than 'F'" },
	{ "anon", "P:pin-rw@[0] D:read@[1]", -EINVAL,
	  "steps:1:14: expected a place inside the pin" },
	{ "anon", "F:write=1", -ENOTSUP, "steps:1:1: 'anon' has no file" },
	{ "shared-anon", "F:punch", -ENOTSUP, "steps:1:1: 'shared-anon' has no file" },
	{ "anon", "P:pin-rw D:try-write=1", -ENOTSUP,
	  "steps:1:10: no device can 'try-write' to this pin" },
	{ "anon", "P:pin-rw D:try-write=1@[0]", -EINVAL,
	  "steps:1:10: expected no place for 'try-write'" },
	{ "anon", "P:try-write=1", -EINVAL,
	  "steps:1:1: expected another actor for 'try-write' than 'P'" },
	{ "anon", "P:pin-ro D:write=1", -ENOTSUP, "steps:1:10: 'test-ro' has no device write" },
	{ "anon", "P:get D:write=1", -ENOTSUP, "steps:1:7: 'test-get' has no device write" },
	{ "anon", "P:read { P:write | P:read }", -ENOSYS, "steps:1:10: lanes are not run yet" },
	{ "anon", "P.4:read", -EINVAL, "steps:1:1: expected a thread P.1 to P.3, got 'P.4'" },
	{ "anon", "C.1:read", -EINVAL, "steps:1:1: expected a thread P.1 to P.3, got 'C.1'" },
	{ "anon", "P.1:exit", -EINVAL, "steps:1:1: expected the first thread for 'exit'" },
	{ "anon", "P:write&", -EINVAL, "steps:1:1: expected 'wait' for the step with '&'" },
	{ "anon", "P:write& P:read", -EINVAL,
	  "steps:1:10: expected 'P:wait' before the next step of 'P'" },
	{ "anon", "P:write P:wait", -EINVAL,
	  "steps:1:9: expected a step of 'P' with '&' before 'wait'" },
	{ "anon", "P:pin-rw D:read& P:wait", -EINVAL,
	  "steps:1:10: expected no '&' here: this step can't run beside others" },
	{ "anon", "claim pfn P same", -EINVAL,
	  "steps:1:1: expected a claim about pfn right behind a step" },
	{ "anon", "P.1:write& P:read P.1:wait claim pfn P same", -EINVAL,
	  "steps:1:28: expected a claim about pfn right behind a step" },
	{ "anon", "P:pin-rw P:vfork& D:read C:exit P:wait", -EINVAL,
	  "steps:1:19: expected 'P:wait' before: 'P' takes part in this step" },
	{ "anon", "P:vfork& P:wait C:exit", -EINVAL,
	  "steps:1:10: expected exit or exec of the vfork child before 'P:wait'" },
	{ "anon", "P:fork P:vfork& C:exit C2:exit P:wait", -EINVAL,
	  "steps:1:17: expected 'P:wait' before: 'P' takes part in this step" },
	{ "anon", "P:vfork& claim vmflag P dc absent C:exit P:wait", -EINVAL,
	  "steps:1:10: expected 'P:wait' before: 'P' takes part in this step" },
	{ "anon", "P:clone P:exec C:read", -EINVAL,
	  "steps:1:9: expected no 'exec' while another process has this memory" },
	{ "anon", "P:pin-rw P.1:vfork& D:read C:exec P.1:wait C:exit P:exit", 0, "" },
	{ "thp", "P:pin-rw@[0]+4096:8192 P:discard@[0]+8192:4096 D:read@[0]+8192:4096", 0, "" },
	{ "thp", "P:discard@[0]+512:4096", -EINVAL,
	  "steps:1:1: expected an offset and a length in base pages of 4096 bytes" },
	{ "thp", "P:map=a:2p P:discard@[0..1]+4096:4096", -EINVAL,
	  "steps:1:12: expected a part of one page for 'discard'" },
	{ "thp", "P:migrate@[0]+4096:4096", -EINVAL,
	  "steps:1:1: expected whole pages for 'migrate'" },
	{ "thp", "P:pin-rw@[0]+4096:4096 D:read@[0]+8192:4096", -EINVAL,
	  "steps:1:24: expected a place inside the pin" },
	{ "hugetlb-2M", "P:discard@[0]+4096:4096", -ENOTSUP,
	  "steps:1:1: expected whole pages: 'hugetlb-2M' can't be divided" },
	{ "anon", "P:exec P:fork C:pin-rw", -EINVAL,
	  "steps:1:15: expected no pin by a process after exec" },
	{ "anon", "P:fork claim pfn C same", -EINVAL,
	  "steps:1:8: expected a process that lived before that step" },
	{ "anon", "P.1:write& P:read claim errno P.1:write OK P.1:wait", -EINVAL,
	  "steps:1:19: expected 'wait' for 'P.1:write' before the claim" },
	{ "anon", "P:write claim pfn C same", -EINVAL,
	  "steps:1:9: expected a process that lives, got 'C'" },
	{ "anon", "P:write claim errno P:read EFAULT", -EINVAL,
	  "steps:1:9: expected ACTOR:VERB of a step before, got 'P:read'" },
	{ "anon", "P:write claim errno P:write EWHAT", -EINVAL,
	  "steps:1:9: expected an errno such as EFAULT, or OK, got 'EWHAT'" },
	{ "anon", "P:write claim vmflag P dc gone", -EINVAL,
	  "steps:1:9: expected present or absent, got 'gone'" },
};

static void broken_programs_are_refused(void **state)
{
	struct parse_error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int code = make(table[i].kind, table[i].steps, &err);

		if (code != table[i].code || strcmp(err.text, table[i].text))
			fail_msg("%s: %d '%s'", table[i].steps, code, err.text);
	}
}

static void longest_program(void **state)
{
	char steps[STEPS_MAX * 8] = "";
	struct parse_error err;

	(void)state;
	for (int i = 0; i < STEPS_MAX; i++)
		strcat(steps, "P:read ");
	/* With the map that comes by itself it is one too many. */
	assert_int_equal(make("anon", steps, &err), -EINVAL);
	assert_string_equal(err.text, "steps:1:666: expected at most 95 steps without a 'map'");
	steps[(STEPS_MAX - 1) * 7] = '\0';
	assert_int_equal(make("anon", steps, &err), 0);
}

static void assert_needs(const char *who, const char *const *need)
{
	for (; *need; need++)
		if (!need_find(*need))
			fail_msg("%s: no need '%s'", who, *need);
}

static void needs_are_in_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; verbs[i]; i++)
		assert_needs(verbs[i]->name, verbs[i]->needs);
	for (size_t i = 0; mem_kinds[i]; i++)
		assert_needs(mem_kinds[i]->name, mem_kinds[i]->needs);
	for (size_t i = 0; pin_kinds[i]; i++) {
		assert_needs(pin_kinds[i]->name, pin_kinds[i]->needs);
		if (pin_kinds[i]->keep_need)
			assert_non_null(need_find(pin_kinds[i]->keep_need));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs_are_in_the_table),
		cmocka_unit_test(pins_are_named_in_turn),
		cmocka_unit_test(children_are_numbered_in_turn),
		cmocka_unit_test(values_are_the_next_free_number),
		cmocka_unit_test(places_are_of_own_bytes),
		cmocka_unit_test(map_comes_by_itself),
		cmocka_unit_test(places_count_in_units_of_the_kind),
		cmocka_unit_test(devices_look_at_their_pin),
		cmocka_unit_test(device_memory_is_that_of_the_pin),
		cmocka_unit_test(generic_pin_takes_what_there_is),
		cmocka_unit_test(broken_programs_are_refused),
		cmocka_unit_test(longest_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
