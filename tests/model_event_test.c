// SPDX-License-Identifier: GPL-2.0-only
// The laws of events of memory management: what they may not change, and what refuses them.
#include "tests/scenario.h"

static const char *const quiet[] = { "cold",	"populate-read", "populate-write", "mlock",
				     "merge",	"unmerge",	 "migrate",	   "compact",
				     "split",	"split-map",	 "offline",	   "clear-refs",
				     "munlock", "reclaim" };

static void events_keep_bytes(void **state)
{
	char steps[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++) {
		snprintf(steps, sizeof(steps), "P:write=1 P:%s P:read", quiet[i]);
		allows("anon", steps, "P=1");
		forbids("anon", steps, "zero", 0);
		forbids("anon", steps, "SEGV", -1);
		snprintf(steps, sizeof(steps), "P:write=1 P:fork P:%s P:write=2 C:read", quiet[i]);
		allows("anon", steps, "P=1");
		forbids("anon", steps, "P=2", 0);
	}
}

static void events_part_no_pin(void **state)
{
	char steps[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++) {
		snprintf(steps, sizeof(steps), "P:write=1 P:pin-ro P:%s P:write=2 D:read",
			 quiet[i]);
		allows("anon", steps, "P=2");
		forbids("anon", steps, "P=1", 0);
		snprintf(steps, sizeof(steps), "P:write=1 P:pin-rw P:%s D:write=2 P:read",
			 quiet[i]);
		allows("anon", steps, "D=2");
		forbids("anon", steps, "P=1", 0);
	}
}

static void a_guard_empties_and_faults(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:guard P:read P:unguard P:read", "SEGV zero");
	forbids("anon", "P:write=1 P:guard P:read", "P=1", -1);
	forbids("anon", "P:write=1 P:guard P:unguard P:read", "P=1", 0);
	allows("private-tmpfs", "P:write=1 P:guard P:unguard P:read", "F=255");
	allows("shared-tmpfs", "P:write=1 P:fork P:guard P:read C:read P:unguard P:read",
	       "SEGV P=1 P=1");
	allows("anon", "P:write=1 P:guard P:fork C:read C:unguard C:read P:read", "SEGV zero SEGV");
	allows("anon", "P:write=1 P:wipeonfork P:guard P:fork C:read", "zero");
	allows("anon", "P:write=1 P:guard [P:pin-rw]", "EFAULT");
	allows("anon", "P:write=1 P:pin-rw P:guard P:unguard P:write=2 D:read", "P=1");
}

static void a_key_stops_its_process_alone(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:pkey P:read P:pkey-off P:read", "SEGV P=1");
	forbids("anon", "P:write=1 P:pkey P:read", "P=1", -1);
	allows("anon", "P:write=1 P:pkey [P:write=2] P:pkey-off P:read", "SEGV P=1");
	allows("anon", "P:write=1 P:pkey P:vm-read P:vm-write=2 P:mem-read", "P=1 P=2");
	forbids("anon", "P:write=1 P:pkey [P:vm-read]", "EFAULT", -1);
	allows("anon", "P:write=1 P:pkey [P:pin-rw]", "EFAULT");
	allows("anon", "P:write=1 P:pkey [P:pin-ro]", "EFAULT");
	allows("anon", "P:write=1 P:pin-rw P:pkey D:write=2 P:pkey-off P:read", "D=2");
	allows("anon", "P:write=1 P:pkey P:fork C:read C:pkey-off C:read P:read", "SEGV P=1 SEGV");
	allows("anon", "P:write=1 P:pkey P:remap P:protect P:read", "SEGV");
}

static void who_takes_pages_remotely_asks_no_key(void **state)
{
	struct pin_kind remote = scenario_rw;
	const struct pin_kind *const uses[PIN_CLASSES] = { [PIN_RW] = &remote };

	(void)state;
	remote.remote = true;
	scenario_uses = uses;
	allows("anon", "P:write=1 P:pkey P:pin-rw D:read P:pkey-off P:write=2 D:read", "P=1 P=2");
	forbids("anon", "P:write=1 P:pkey [P:pin-rw]", "EFAULT", -1);
	allows("anon", "P:write=1 P:pkey P:protect=ro [P:pin-rw]", "EFAULT");
	scenario_uses = scenario_pins;
}

static void locked_memory_is_not_discarded(void **state)
{
	(void)state;
	allows("anon",
	       "P:write=1 P:mlock [P:discard] [P:free] [P:cold] [P:pageout] [P:guard] P:read",
	       "EINVAL EINVAL EINVAL EINVAL EINVAL P=1");
	forbids("anon", "P:write=1 P:mlock [P:discard]", "ok", -1);
	allows("anon", "P:write=1 P:mlock P:munlock [P:discard] P:read", "ok zero");
	allows("anon", "P:write=1 P:mlock P:fork [C:discard] C:read P:read", "ok zero P=1");
	allows("anon", "P:unmap [P:mlock]", "ENOMEM");
	/* A locked page of a private file mapping may be a copy, or not: but one of them. */
	allows("private-tmpfs", "P:mlock F:write=1 P:read", "F=1");
	allows("private-tmpfs", "P:mlock F:write=1 P:read", "F=255");
	forbids("private-tmpfs", "P:mlock F:write=1 P:read F:write=2 P:read", "F=255 F=2", 0);
}

static void a_sealed_mapping_does_not_change(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:mseal [P:unmap] [P:remap] [P:protect=ro] P:read",
	       "EPERM EPERM EPERM P=1");
	forbids("anon", "P:write=1 P:mseal [P:unmap]", "ok", -1);
	allows("anon", "P:write=1 P:mseal [P:discard] P:read", "ok zero");
	allows("anon", "P:write=1 P:protect=ro P:mseal [P:discard] [P:free] [P:dontfork] P:read",
	       "EPERM EPERM EPERM P=1");
	allows("private-tmpfs", "P:write=1 P:protect=ro P:mseal [P:discard] P:read", "ok F=255");
	allows("anon", "P:write=1 P:mseal P:fork [C:unmap] C:read", "EPERM P=1");
}

static void populating_breaks_cow(void **state)
{
	(void)state;
	allows("private-tmpfs", "P:populate-read F:write=1 P:read", "F=1");
	allows("private-tmpfs", "P:populate-write F:write=1 P:read", "F=255");
	forbids("private-tmpfs", "P:populate-write F:write=1 P:read", "F=1", 0);
	allows("anon", "P:write=1 P:protect=ro [P:populate-write] [P:populate-read]", "EINVAL ok");
	allows("shared-tmpfs", "P:write=1 F:truncate=0 [P:populate-read]", "EFAULT");
	allows("anon", "P:unmap [P:populate-read]", "ENOMEM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_keep_bytes),
		cmocka_unit_test(events_part_no_pin),
		cmocka_unit_test(a_guard_empties_and_faults),
		cmocka_unit_test(a_key_stops_its_process_alone),
		cmocka_unit_test(who_takes_pages_remotely_asks_no_key),
		cmocka_unit_test(locked_memory_is_not_discarded),
		cmocka_unit_test(a_sealed_mapping_does_not_change),
		cmocka_unit_test(populating_breaks_cow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
