// SPDX-License-Identifier: GPL-2.0-only
// The laws of memory without pins: isolation, sharing, files, advice, access.
#include "tests/scenario.h"

static const char *const private_kinds[] = { "anon", "swapped", "private-tmpfs", "private-ext4" };
static const char *const file_kinds[] = { "private-tmpfs", "private-ext4" };
static const char *const shared_kinds[] = { "shared-anon", "shared-tmpfs" };

#define FOR_KINDS(kind, kinds)                      \
	for (const char *const *at_ = kinds, *kind; \
	     at_ < (kinds) + ARRAY_SIZE(kinds) && (kind = *at_); at_++)

static void parent_store_stays_with_parent(void **state)
{
	static const char steps[] = "P:write=1 P:fork P:write=2 P:read C:read";

	(void)state;
	FOR_KINDS(kind, private_kinds)
	{
		allows(kind, steps, "P=2 P=1");
		forbids(kind, steps, "P=2 P=2", 0);
		forbids(kind, steps, "P=2 P=1x5,P=2x1,P=1", 5);
		forbids(kind, "P:write=1 P:fork P:write=2 P:read", "P=1", 0);
	}
}

static void child_store_stays_with_child(void **state)
{
	static const char steps[] = "P:write=1 P:fork C:write=2 C:read P:read";

	(void)state;
	FOR_KINDS(kind, private_kinds)
	{
		allows(kind, steps, "C=2 P=1");
		forbids(kind, steps, "C=2 C=2", 0);
		forbids(kind, "P:write=1 P:fork C:write=2 C:read", "C=2x7,P=1", 7);
	}
}

static void siblings_and_grandchildren_are_apart(void **state)
{
	static const char steps[] = "P:write=1 P:fork P:fork C2:write=2 C:fork=C3 C3:write=3 "
				    "C2:read C:read P:read C3:read";

	(void)state;
	FOR_KINDS(kind, private_kinds)
	{
		allows(kind, steps, "C2=2 P=1 P=1 C3=3");
		forbids(kind, steps, "C2=2 P=1 P=1 P=1", 0);
	}
	forbids("anon", "P:write=1 P:fork P:fork C2:write=2 C:read", "C2=2", 0);
}

static void never_stored_is_zero(void **state)
{
	(void)state;
	allows("anon", "P:read P:fork C:write=1 P:read", "zero zero");
	forbids("anon", "P:read", "P=1", 0);
	forbids("anon", "P:fork C:write=1 P:read", "C=1", 0);
	allows("shared-anon", "P:read", "zero");
	forbids("shared-tmpfs", "P:read", "zero", 0);
}

static void shared_stores_are_seen_by_all(void **state)
{
	static const char steps[] = "P:write=1 P:fork C:write=2 P:read C:fork=C2 P:write=3 C2:read";

	(void)state;
	FOR_KINDS(kind, shared_kinds)
	{
		allows(kind, steps, "C=2 P=3");
		forbids(kind, steps, "C=2 C=2", 0);
		forbids(kind, "P:write=1 P:fork C:write=2 P:read", "P=1", 0);
		forbids(kind, "P:write=1 P:fork C:write=2 P:read", "C=2x2,P=1", 2);
	}
	allows("shared-tmpfs", "F:write=4 P:read P:write=5 F:read", "F=4 P=5");
	forbids("shared-tmpfs", "P:write=5 F:read", "F=255", 0);
}

static void untouched_private_page_shows_the_file(void **state)
{
	(void)state;
	FOR_KINDS(kind, file_kinds)
	{
		allows(kind, "P:read F:write=1 P:read P:fork F:write=2 C:read", "F=255 F=1 F=2");
		forbids(kind, "F:write=1 P:read", "F=255", 0);
		forbids(kind, "P:read", "zero", 0);
	}
}

static void stored_private_page_leaves_the_file(void **state)
{
	static const char steps[] = "P:write=1 F:write=2 P:read F:read";

	(void)state;
	FOR_KINDS(kind, file_kinds)
	{
		allows(kind, steps, "P=1 F=2");
		forbids(kind, steps, "P=1 P=1", 0);
		forbids(kind, "P:write=1 F:write=2 P:read", "F=2", 0);
		allows(kind, "P:write=1@[0] F:write=2 P:read", "P=1|F=2");
		forbids(kind, "P:write=1@[0] F:write=2 P:read", "P=1|P=1", 0);
		/* A store of one sector takes the rest of the page along. */
		allows(kind, "P:write=1@[0]+512:512 F:write=2 P:read@[0]", "F=255x1,P=1x1,F=255");
		forbids(kind, "P:write=1@[0]+512:512 F:write=2 P:read@[0]", "F=255x1,P=1x1,F=2", 2);
	}
}

static void stores_move_sectors(void **state)
{
	static const char steps[] = "P:write=1 P:fork P:write=2@[1]+1024:512 P:read C:read";

	(void)state;
	allows("anon", steps, "P=1|P=1x2,P=2x1,P=1 P=1");
	forbids("anon", steps, "P=1|P=1x2,P=2x1,P=1 P=1|P=1x2,P=2x1,P=1", 2);
	forbids("anon", "P:write=1 P:write=2@[0]+0:512 P:read", "P=2", 1);
	forbids("anon", "P:write=1 P:write=2@[0]+3584:512 P:read", "P=1", 7);
	/* Only the sectors of the place are looked at. */
	allows("anon", "P:write=1 P:write=2@[0]+0:512 P:read@[0]+512:1024", "zerox1,P=1x2,zero");
}

static void discard_empties_private_memory(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:discard P:read", "zero");
	forbids("anon", "P:write=1 P:discard P:read", "P=1", 0);
	allows("anon", "P:write=1 P:fork P:discard C:read P:write=2 C:read", "P=1 P=1");
	forbids("anon", "P:write=1 P:fork P:discard C:read", "zero", 0);
	FOR_KINDS(kind, file_kinds)
	{
		allows(kind, "P:write=1 F:write=2 P:discard P:read F:write=3 P:read", "F=2 F=3");
		forbids(kind, "P:write=1 P:discard P:read", "P=1", 0);
		forbids(kind, "P:write=1 P:discard P:read", "zero", 0);
	}
	FOR_KINDS(kind, shared_kinds)
	{
		allows(kind, "P:write=1 P:discard P:read", "P=1");
		forbids(kind, "P:write=1 P:discard P:read", "zero", 0);
	}
}

static void unmapped_memory_faults(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:fork P:unmap@[1] P:read [P:write=2] C:read",
	       "P=1|SEGV ok|SEGV P=1");
	forbids("anon", "P:write=1 P:unmap P:read", "P=1", -1);
	forbids("anon", "P:write=1 P:unmap P:read", "BUS", -1);
	forbids("anon", "P:write=1 P:read", "SEGV", -1);
	allows("anon", "P:unmap [P:discard]", "ENOMEM");
	forbids("anon", "P:unmap [P:discard]", "ok", -1);
	forbids("anon", "P:unmap [P:discard]", "EINVAL", -1);
	allows("anon", "P:unmap P:fork C:read", "SEGV");
}

static void truncate_takes_private_copies(void **state)
{
	static const char *const with_file[] = { "private-tmpfs", "private-ext4", "shared-tmpfs" };

	(void)state;
	FOR_KINDS(kind, with_file)
	{
		allows(kind, "P:write=1 P:fork F:truncate=1 P:read C:read [C:write=2]",
		       "P=1|BUS P=1|BUS ok|BUS");
		forbids(kind, "P:write=1 F:truncate=0 P:read", "P=1", -1);
		forbids(kind, "P:write=1 F:truncate=1 P:read", "P=1|SEGV", -1);
		allows(kind, "P:write=1 F:truncate=0 F:truncate=2 P:read P:write=3 P:read",
		       "zero P=3");
		forbids(kind, "P:write=1 F:truncate=0 F:truncate=2 P:read", "P=1", 0);
		forbids(kind, "F:truncate=0 F:truncate=2 P:read", "F=255", 0);
		forbids(kind, "F:truncate=0 F:truncate=2 P:read", "BUS", -1);
	}
}

static void punch_keeps_private_copies(void **state)
{
	(void)state;
	FOR_KINDS(kind, file_kinds)
	{
		allows(kind, "P:write=1@[0] F:punch P:read F:read", "P=1|zero zero");
		forbids(kind, "P:write=1@[0] F:punch P:read", "zero|zero", 0);
		forbids(kind, "P:write=1@[0] F:punch P:read", "P=1|F=255", 0);
		allows(kind, "P:write=1 F:punch P:discard P:read F:write=2 P:read", "zero F=2");
	}
	allows("shared-tmpfs", "P:write=1 F:punch@[0] P:read", "zero|P=1");
	forbids("shared-tmpfs", "P:write=1 F:punch@[0] P:read", "P=1", 0);
	allows("private-tmpfs", "F:truncate=0 F:punch P:read", "BUS");
}

static void freed_page_is_old_or_zero(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:free P:read P:read", "P=1 zero");
	allows("anon", "P:write=1 P:free P:read P:read", "P=1|zero P=1|zero");
	forbids("anon", "P:write=1 P:free P:read P:read", "zero P=1", 0);
	forbids("anon", "P:write=1 P:write=2 P:free P:read", "P=1", 0);
	/* A page goes as a whole. */
	forbids("anon", "P:write=1 P:free P:read", "P=1x4,zero", 4);
	allows("anon", "P:write=1 P:fork P:free P:read C:read", "zero P=1");
	forbids("anon", "P:write=1 P:fork P:free C:read", "zero", 0);
	allows("anon", "P:write=1 P:free P:fork C:read P:read", "zero P=1");
	allows("anon", "P:write=1 P:free P:fork P:write=2 C:read P:read", "P=1 P=2");
	allows("private-tmpfs", "[P:free]", "EINVAL");
	forbids("shared-anon", "[P:free]", "ok", -1);
}

static void store_keeps_a_freed_page(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:free P:write=2 P:read P:read", "P=2 P=2");
	forbids("anon", "P:write=1 P:free P:write=2 P:read", "zero", 0);
	forbids("anon", "P:write=1 P:free P:write=2 P:read", "P=1", 0);
	forbids("anon", "P:write=1 P:free P:write=2 P:read P:read", "P=2 zero", 0);
	/* Of one sector: the others are old or zero, and stay what they were. */
	allows("anon", "P:write=1 P:free P:write=2@[0]+0:512 P:read@[0] P:read@[0]",
	       "P=2x1,P=1 P=2x1,P=1");
	allows("anon", "P:write=1 P:free P:write=2@[0]+0:512 P:read@[0]", "P=2x1,zero");
	forbids("anon", "P:write=1 P:free P:write=2@[0]+0:512 P:read@[0] P:read@[0]",
		"P=2x1,P=1 P=2x1,zero", 1);
}

static void dontfork_gives_no_view(void **state)
{
	(void)state;
	FOR_KINDS(kind, private_kinds)
	{
		allows(kind, "P:write=1 P:dontfork@[1] P:fork C:read P:read", "P=1|SEGV P=1");
		forbids(kind, "P:write=1 P:dontfork P:fork C:read", "P=1", -1);
		allows(kind, "P:write=1 P:dontfork P:dofork P:fork C:read", "P=1");
		forbids(kind, "P:write=1 P:dontfork P:dofork P:fork C:read", "SEGV", -1);
	}
	allows("shared-anon", "P:dontfork P:fork C:read", "SEGV");
}

static void wipeonfork_gives_zeros(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:wipeonfork@[1] P:fork C:read P:read", "P=1|zero P=1");
	forbids("anon", "P:write=1 P:wipeonfork P:fork C:read", "P=1", 0);
	allows("anon", "P:write=1 P:wipeonfork P:keeponfork P:fork C:read", "P=1");
	forbids("anon", "P:write=1 P:wipeonfork P:keeponfork P:fork C:read", "zero", 0);
	/* The flag is inherited. */
	allows("anon", "P:wipeonfork P:fork C:write=2 C:fork=C2 C2:read C:read", "zero C=2");
	FOR_KINDS(kind, file_kinds)
	allows(kind, "[P:wipeonfork]", "EINVAL");
	forbids("shared-anon", "[P:wipeonfork]", "ok", -1);
	allows("private-tmpfs", "[P:keeponfork]", "ok");
}

static void both_fork_flags(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:dontfork P:wipeonfork P:fork C:read", "SEGV");
	allows("anon", "P:write=1 P:dontfork P:wipeonfork P:dofork P:fork C:read", "zero");
	allows("anon", "P:write=1 P:dontfork P:wipeonfork P:keeponfork P:fork C:read", "SEGV");
	forbids("anon", "P:write=1 P:dontfork P:wipeonfork P:fork C:read", "zero", -1);
	forbids("anon", "P:write=1 P:dontfork P:wipeonfork P:dofork P:fork C:read", "P=1", 0);
}

static void protection_faults(void **state)
{
	(void)state;
	FOR_KINDS(kind, private_kinds)
	{
		allows(kind, "P:write=1 P:protect=ro [P:write=2] P:read", "SEGV P=1");
		forbids(kind, "P:write=1 P:protect=ro [P:write=2]", "ok", -1);
		allows(kind, "P:write=1 P:protect=none P:read [P:write=2] P:protect=rw P:read",
		       "SEGV SEGV P=1");
		forbids(kind, "P:write=1 P:protect=none P:read", "P=1", -1);
		allows(kind, "P:write=1 P:protect [P:write=2] P:read", "ok P=2");
		allows(kind, "P:write=1 P:protect=ro P:fork [C:write=2] C:read", "SEGV P=1");
		allows(kind, "P:write=1 P:fork P:protect=ro [C:write=2] P:read", "ok P=1");
	}
	allows("anon", "P:unmap [P:protect=ro]", "ENOMEM");
}

static void exit_and_exec_change_nobody_else(void **state)
{
	static const char *const how[] = { "exit", "exec" };
	char steps[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(how); i++)
		FOR_KINDS(kind, private_kinds)
		{
			snprintf(steps, sizeof(steps), "P:write=1 P:fork C:write=2 C:%s P:read",
				 how[i]);
			allows(kind, steps, "P=1");
			forbids(kind, steps, "C=2", 0);
			forbids(kind, steps, "zero", 0);
		}
	allows("anon", "P:write=1 P:fork C:exec C:read", "SEGV");
	forbids("anon", "P:write=1 P:fork C:exec C:read", "P=1", -1);
	allows("shared-anon", "P:fork C:write=2 C:exit P:read", "C=2");
}

static void moving_and_reclaim_keep_bytes(void **state)
{
	static const char *const how[] = { "remap", "pageout" };
	char steps[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(how); i++)
		FOR_KINDS(kind, private_kinds)
		{
			snprintf(steps, sizeof(steps),
				 "P:write=1 P:fork P:%s P:read C:write=2 P:read", how[i]);
			allows(kind, steps, "P=1 P=1");
			forbids(kind, steps, "P=1 C=2", 0);
			forbids(kind, steps, "P=1 zero", 0);
		}
	allows("anon", "P:unmap [P:remap]", "EFAULT");
	forbids("anon", "P:unmap [P:remap]", "ok", -1);
	allows("anon", "P:write=1 X:scavenge P:read", "P=1");
	forbids("anon", "P:write=1 X:scavenge P:read", "P=1x1,zero", 1);
}

static void a_second_region_is_its_own(void **state)
{
	(void)state;
	allows("anon", "P:map=a:2p P:map=b:3p P:write=1@a P:write=2@b[2] P:fork C:read@b P:read@a",
	       "zero|zero|P=2 P=1");
	forbids("anon", "P:map=a:2p P:map=b:3p P:write=1@a P:read@b", "P=1", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parent_store_stays_with_parent),
		cmocka_unit_test(child_store_stays_with_child),
		cmocka_unit_test(siblings_and_grandchildren_are_apart),
		cmocka_unit_test(never_stored_is_zero),
		cmocka_unit_test(shared_stores_are_seen_by_all),
		cmocka_unit_test(untouched_private_page_shows_the_file),
		cmocka_unit_test(stored_private_page_leaves_the_file),
		cmocka_unit_test(stores_move_sectors),
		cmocka_unit_test(discard_empties_private_memory),
		cmocka_unit_test(unmapped_memory_faults),
		cmocka_unit_test(truncate_takes_private_copies),
		cmocka_unit_test(punch_keeps_private_copies),
		cmocka_unit_test(freed_page_is_old_or_zero),
		cmocka_unit_test(store_keeps_a_freed_page),
		cmocka_unit_test(dontfork_gives_no_view),
		cmocka_unit_test(wipeonfork_gives_zeros),
		cmocka_unit_test(both_fork_flags),
		cmocka_unit_test(protection_faults),
		cmocka_unit_test(exit_and_exec_change_nobody_else),
		cmocka_unit_test(moving_and_reclaim_keep_bytes),
		cmocka_unit_test(a_second_region_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
