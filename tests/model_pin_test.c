// SPDX-License-Identifier: GPL-2.0-only
// The laws of pins: what a device may see through one, and what it may change.
#include "tests/scenario.h"

static const char *const private_kinds[] = { "anon", "swapped", "private-tmpfs", "private-ext4" };
static const char *const strong_pins[] = { "pin-rw", "pin-ro" };

#define FOR_EACH(item, list)                             \
	for (const char *const *at_##item = list, *item; \
	     at_##item < (list) + ARRAY_SIZE(list) && (item = *at_##item); at_##item++)

/* Puts the pin's verb where the steps have %s. */
static const char *with(const char *steps, const char *pin)
{
	static char text[256];

	snprintf(text, sizeof(text), steps, pin);
	return text;
}

static void strong_pin_stays_coherent(void **state)
{
	static const char after[] = "P:write=1 P:%s P:fork P:write=2 D:read C:read";
	static const char before[] = "P:write=1 P:fork P:%s P:write=2 D:read C:read";

	(void)state;
	FOR_EACH(kind, private_kinds)
	FOR_EACH(pin, strong_pins)
	{
		allows(kind, with(after, pin), "P=2 P=1");
		allows(kind, with(before, pin), "P=2 P=1");
		forbids(kind, with(after, pin), "P=2 P=2", 0);
		forbids(kind, with("P:write=1 P:%s P:fork P:write=2 D:read", pin), "P=1", 0);
		forbids(kind, with("P:write=1 P:%s P:fork P:write=2 D:read", pin),
			"P=2x6,P=1x1,P=2", 6);
		allows(kind, with("P:write=1 P:fork C:exit P:%s P:write=2 D:read", pin), "P=2");
	}
}

static void strong_pin_never_shows_the_child(void **state)
{
	(void)state;
	FOR_EACH(kind, private_kinds)
	FOR_EACH(pin, strong_pins)
	{
		allows(kind, with("P:write=1 P:%s P:fork C:write=2 D:read", pin), "P=1");
		forbids(kind, with("P:write=1 P:%s P:fork C:write=2 D:read", pin), "C=2", 0);
		/* A child's pin belongs to the child. */
		allows(kind, with("P:write=1 P:fork C:%s C:write=2 P:write=3 D:read", pin), "C=2");
		forbids(kind, with("P:write=1 P:fork C:%s P:write=3 D:read", pin), "P=3", 0);
	}
}

static void pin_of_an_untouched_page_unshares(void **state)
{
	(void)state;
	FOR_EACH(pin, strong_pins)
	{
		allows("private-tmpfs", with("P:%s F:write=1 D:read P:read P:write=2 D:read", pin),
		       "F=255 F=255 P=2");
		forbids("private-tmpfs", with("P:%s F:write=1 D:read", pin), "F=1", 0);
		forbids("private-tmpfs", with("P:%s F:write=1 P:read", pin), "F=1", 0);
		forbids("private-tmpfs", with("P:%s P:write=2 D:read", pin), "F=255", 0);
		allows("zeropage", with("P:%s P:write=2 D:read", pin), "P=2");
		forbids("zeropage", with("P:%s P:write=2 D:read", pin), "zero", 0);
	}
}

static void reference_shows_what_its_owner_had(void **state)
{
	static const char steps[] = "P:write=1 P:get P:write=2 P:write=3 D:read";
	static const char apart[] = "P:write=1 P:get P:fork C:write=2 P:write=3 D:read";

	(void)state;
	FOR_EACH(kind, private_kinds)
	{
		allows(kind, steps, "P=1");
		allows(kind, steps, "P=2");
		allows(kind, steps, "P=3x2,P=1x2,P=2");
		forbids(kind, steps, "P=1x3,zero", 3);
		allows(kind, apart, "P=1");
		allows(kind, apart, "P=3");
		forbids(kind, apart, "C=2", 0);
		forbids(kind, apart, "P=1x7,C=2", 7);
		/* Values that were gone before the pin are none of its owner's. */
		forbids(kind, "P:write=1 P:write=2 P:get D:read", "P=1", 0);
	}
	allows("anon", "P:write=1 P:fork C:get P:write=2 C:write=3 D:read", "P=1");
	forbids("anon", "P:write=1 P:fork C:get P:write=2 C:write=3 D:read", "P=2", 0);
}

static void reference_follows_discard_and_unmap(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:get P:discard D:read", "P=1");
	allows("anon", "P:write=1 P:get P:discard D:read", "zero");
	allows("anon", "P:write=1 P:get P:unmap D:read", "P=1");
	forbids("anon", "P:write=1 P:get P:unmap D:read", "zero", 0);
	allows("private-tmpfs", "P:get F:write=1 D:read", "F=255");
	allows("private-tmpfs", "P:get P:write=2 F:write=1 D:read", "F=1");
	forbids("private-tmpfs", "P:write=2 P:get F:write=1 D:read", "F=1", 0);
}

static void reference_to_shared_memory_is_coherent(void **state)
{
	(void)state;
	allows("shared-anon", "P:write=1 P:get P:fork C:write=2 D:read", "C=2");
	forbids("shared-anon", "P:write=1 P:get P:fork C:write=2 D:read", "P=1", 0);
	FOR_EACH(pin, strong_pins)
	{
		allows("shared-tmpfs", with("P:%s P:fork C:write=2 D:read F:write=3 D:read", pin),
		       "C=2 F=3");
		forbids("shared-tmpfs", with("P:%s P:fork C:write=2 D:read", pin), "F=255", 0);
	}
}

static void pin_keeps_what_was_discarded(void **state)
{
	(void)state;
	FOR_EACH(kind, private_kinds)
	FOR_EACH(pin, strong_pins)
	{
		allows(kind, with("P:write=1 P:%s P:discard P:write=2 D:read P:read", pin),
		       "P=1 P=2");
		forbids(kind, with("P:write=1 P:%s P:discard P:write=2 D:read", pin), "P=2", 0);
		forbids(kind, with("P:write=1 P:%s P:discard D:read", pin), "zero", 0);
	}
	forbids("anon", "P:write=1 P:pin-rw P:discard P:read", "P=1", 0);
}

static void pin_keeps_what_was_unmapped(void **state)
{
	(void)state;
	FOR_EACH(kind, private_kinds)
	FOR_EACH(pin, strong_pins)
	{
		allows(kind, with("P:write=1 P:%s P:unmap X:scavenge D:read P:read", pin),
		       "P=1 SEGV");
		forbids(kind, with("P:write=1 P:%s P:unmap D:read", pin), "zero", 0);
		forbids(kind, with("P:write=1 P:%s P:unmap X:scavenge D:read", pin), "P=1x4,zero",
			4);
	}
}

static void pin_keeps_what_left_its_file(void **state)
{
	static const char *const leave[] = { "F:truncate=0 F:truncate=2", "F:punch" };

	(void)state;
	FOR_EACH(how, leave)
	FOR_EACH(pin, strong_pins)
	{
		char steps[128];

		snprintf(steps, sizeof(steps), "P:write=1 P:%s %s F:write=2 D:read P:read", pin,
			 how);
		allows("shared-tmpfs", steps, "P=1 F=2");
		forbids("shared-tmpfs", steps, "P=1 P=1", 0);
		snprintf(steps, sizeof(steps), "P:write=1 P:%s %s F:write=2 D:read", pin, how);
		forbids("shared-tmpfs", steps, "F=2", 0);
		forbids("shared-tmpfs", steps, "zero", 0);
	}
	allows("private-tmpfs", "P:write=1 P:pin-rw F:truncate=0 D:read P:read", "P=1 BUS");
	forbids("private-tmpfs", "P:write=1 P:pin-rw F:truncate=0 D:read", "zero", 0);
	allows("private-tmpfs", "P:write=1 P:pin-rw F:punch P:write=3 D:read", "P=3");
}

static void pinned_page_is_not_freed(void **state)
{
	(void)state;
	FOR_EACH(pin, strong_pins)
	{
		allows("anon", with("P:write=1 P:%s P:free P:read D:read", pin), "P=1 P=1");
		forbids("anon", with("P:write=1 P:%s P:free P:read", pin), "zero", 0);
		forbids("anon", with("P:write=1 P:%s P:free D:read", pin), "zero", 0);
		/* A pin taken later keeps what it found. */
		allows("anon", with("P:write=1 P:free P:%s P:read D:read", pin), "zero zero");
		forbids("anon", with("P:write=1 P:free P:%s P:read D:read", pin), "P=1 zero", 0);
	}
	/* Releasing a R/W pin leaves the page dirty, releasing a R/O pin does not. */
	forbids("anon", "P:write=1 P:pin-rw P:free P:unpin P:read", "zero", 0);
	allows("anon", "P:write=1 P:pin-ro P:free P:unpin P:read", "zero");
}

static void tracked_files_refuse_stores_by_a_pin(void **state)
{
	static const char *const tracked[] = { "shared-ext4", "shared-xfs" };
	static const char *const memory[] = { "shared-tmpfs", "shared-memfd" };

	(void)state;
	FOR_EACH(kind, tracked)
	{
		allows(kind, "P:write=1 [P:pin-rw] P:read", "EFAULT P=1");
		forbids(kind, "P:write=1 [P:pin-rw]", "ok", -1);
		allows(kind, "P:write=1 P:pin-ro P:write=2 D:read", "P=2");
		forbids(kind, "P:write=1 [P:pin-ro]", "EFAULT", -1);
		allows(kind, "P:write=1 P:get P:fork C:write=2 D:read", "C=2");
	}
	FOR_EACH(kind, memory)
	{
		allows(kind, "P:write=1 [P:pin-rw] D:write=2 P:read", "ok D1=2");
		forbids(kind, "P:write=1 [P:pin-rw]", "EFAULT", -1);
	}
	forbids("private-ext4", "P:write=1 [P:pin-rw]", "EFAULT", -1);
	allows("secretmem", "P:write=1 [P:pin-rw] [P:pin-ro] [P:get] P:read",
	       "EFAULT EFAULT EFAULT P=1");
	forbids("secretmem", "P:write=1 [P:get]", "ok", -1);
}

static void pin_needs_access(void **state)
{
	(void)state;
	FOR_EACH(kind, private_kinds)
	{
		allows(kind, "P:write=1 P:protect=ro [P:pin-rw]", "EFAULT");
		forbids(kind, "P:write=1 P:protect=ro [P:pin-rw]", "ok", -1);
		forbids(kind, "P:write=1 P:protect=ro [P:pin-rw]", "EINVAL", -1);
		allows(kind, "P:write=1 P:protect=ro [P:pin-ro] D:read", "ok P=1");
		forbids(kind, "P:write=1 [P:pin-rw]", "EFAULT", -1);
		FOR_EACH(pin, strong_pins)
		{
			allows(kind, with("P:protect=none [P:%s]", pin), "EFAULT");
			forbids(kind, with("P:protect=none [P:%s]", pin), "ok", -1);
			allows(kind, with("P:unmap [P:%s]", pin), "EFAULT");
			allows(kind, with("P:write=1 P:%s P:protect=none D:read", pin), "P=1");
		}
		allows(kind, "P:protect=none [P:get]", "EFAULT");
		allows(kind, "P:dontfork P:fork [C:pin-ro]", "EFAULT");
	}
	allows("private-tmpfs", "F:truncate=0 [P:pin-ro]", "EFAULT");
}

static void device_store_is_seen_by_its_owner(void **state)
{
	static const char steps[] = "P:write=1 P:pin-rw P:fork D:write=2 P:read C:read";

	(void)state;
	FOR_EACH(kind, private_kinds)
	{
		allows(kind, steps, "D=2 P=1");
		forbids(kind, steps, "D=2 D=2", 0);
		forbids(kind, "P:write=1 P:pin-rw P:fork D:write=2 P:read", "P=1", 0);
		allows(kind, "P:pin-rw D:write=2@[0]+512:512 P:read@[0]+512:512 D:read@[0]+512:512",
		       "zerox1,D=2x1,zero zerox1,D=2x1,zero");
		/* After a discard the device stores to a page of its own. */
		allows(kind, "P:write=1 P:pin-rw P:discard P:write=3 D:write=2 P:read D:read",
		       "P=3 D=2");
	}
	allows("shared-anon", steps, "D=2 D=2");
	forbids("shared-anon", steps, "D=2 P=1", 0);
}

static void device_sector_store_keeps_the_rest(void **state)
{
	static const char steps[] = "P:write=1 P:pin-rw D:write=2@[0]+1024:512 P:read@[0]";

	(void)state;
	allows("anon", steps, "P=1x2,D=2x1,P=1");
	forbids("anon", steps, "P=1x2,D=2", 3);
	forbids("anon", steps, "P=1", 2);
	forbids("anon", steps, "P=1x1,D=2x1,P=1", 1);
}

static void two_pins_show_one_page(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:pin-rw P:pin-ro=other P:fork P:write=2 D:read other:read",
	       "P=2 P=2");
	forbids("anon", "P:write=1 P:pin-rw P:pin-ro=other P:write=2 D:read other:read", "P=2 P=1",
		0);
	allows("anon", "P:write=1 P:pin-rw P:discard P:pin-rw P:write=2 D:read D2:read", "P=1 P=2");
	allows("anon", "P:pin-rw P:pin-rw P:unpin=D P:write=3 D2:read D2:write=4 P:read",
	       "P=3 D2=4");
}

static void remap_keeps_the_pin(void **state)
{
	(void)state;
	FOR_EACH(kind, private_kinds)
	FOR_EACH(pin, strong_pins)
	{
		allows(kind, with("P:write=1 P:%s P:remap P:write=2 D:read P:read", pin),
		       "P=2 P=2");
		forbids(kind, with("P:write=1 P:%s P:remap P:write=2 D:read", pin), "P=1", 0);
		allows(kind, with("P:write=1 P:%s P:pageout P:write=2 D:read", pin), "P=2");
	}
}

static void child_end_keeps_the_pin(void **state)
{
	static const char *const how[] = { "C:exit", "C:exec", "C:unmap", "C:discard" };

	(void)state;
	FOR_EACH(end, how)
	{
		char steps[128];

		snprintf(steps, sizeof(steps), "P:write=1 P:pin-ro P:fork %s P:write=2 D:read",
			 end);
		allows("anon", steps, "P=2");
		forbids("anon", steps, "P=1", 0);
	}
}

/* A handle that another process has is the owner's pin, and lives as long as that process. */
static void kept_pin_outlives_its_owner(void **state)
{
	static const char *const leave[] = { "exit", "exec", "kill" };
	const struct pin_kind rw = { .name = "test-rw",
				     .class = PIN_RW,
				     .dirs = DEVICE_READS | DEVICE_WRITES,
				     .handle = HANDLE_PREPARED };
	const struct pin_kind get = { .name = "test-get",
				      .class = PIN_GET,
				      .promise = PROMISE_PINNER_VALUES,
				      .dirs = DEVICE_READS,
				      .handle = HANDLE_PREPARED };
	const struct pin_kind *const pins[PIN_CLASSES] = { [PIN_RW] = &rw, [PIN_GET] = &get };

	(void)state;
	scenario_uses = pins;
	FOR_EACH(how, leave)
	{
		static const char steps[] =
			"P:write=1 P:fork P:pin-rw C:keep P:write=2 P:%s D:read C:write=3 D:read";
		static const char weak[] =
			"P:write=1 P:fork P:get C:keep P:write=2 P:%s C:write=3 D:read";

		allows("anon", with(steps, how), "P=2 P=2");
		forbids("anon", with("P:write=1 P:fork P:pin-rw C:keep P:%s D:read", how), "zero",
			0);
		forbids("anon", with(steps, how), "P=2 C=3", 0);
		allows("anon", with(weak, how), "P=1");
		forbids("anon", with(weak, how), "C=3", 0);
	}
	allows("anon", "P:write=1 P:pin-rw P:fork C:keep P:write=2 D:read C:read D:write=4 P:read",
	       "P=2 P=1 D=4");
	forbids("anon", "P:write=1 P:pin-rw P:fork C:keep P:write=2 D:read", "P=1", 0);
	scenario_uses = scenario_pins;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strong_pin_stays_coherent),
		cmocka_unit_test(strong_pin_never_shows_the_child),
		cmocka_unit_test(pin_of_an_untouched_page_unshares),
		cmocka_unit_test(reference_shows_what_its_owner_had),
		cmocka_unit_test(reference_follows_discard_and_unmap),
		cmocka_unit_test(reference_to_shared_memory_is_coherent),
		cmocka_unit_test(pin_keeps_what_was_discarded),
		cmocka_unit_test(pin_keeps_what_was_unmapped),
		cmocka_unit_test(pin_keeps_what_left_its_file),
		cmocka_unit_test(pinned_page_is_not_freed),
		cmocka_unit_test(tracked_files_refuse_stores_by_a_pin),
		cmocka_unit_test(pin_needs_access),
		cmocka_unit_test(device_store_is_seen_by_its_owner),
		cmocka_unit_test(device_sector_store_keeps_the_rest),
		cmocka_unit_test(two_pins_show_one_page),
		cmocka_unit_test(remap_keeps_the_pin),
		cmocka_unit_test(child_end_keeps_the_pin),
		cmocka_unit_test(kept_pin_outlives_its_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
