// SPDX-License-Identifier: GPL-2.0-only
/* One-shot mechanisms, short-term read-only pins and file pages in the model. */
#include "core/pin/kinds.h"
#include "tests/scenario.h"

static const struct pin_kind *const transfers[PIN_CLASSES] = {
	[PIN_RW] = &pin_fuse_read,
	[PIN_RO] = &pin_fuse_write,
	[PIN_GET] = &pin_zc,
};

static const struct pin_kind *const file_pages[PIN_CLASSES] = {
	[PIN_GET] = &pin_splice,
};

static int use(void **state)
{
	scenario_uses = *state;
	return 0;
}

static void read_is_the_object(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:pin-rw P:fork P:write=2 D:write=3 P:read C:read", "D=3 P=1");
	forbids("anon", "P:write=1 P:pin-rw P:fork P:write=2 D:write=3 P:read", "P=2", 0);
	forbids("anon", "P:write=1 P:pin-rw P:fork D:write=3 C:read", "D=3", 0);
}

static void write_is_the_object_when_there_is_one(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:fork P:pin-ro P:write=2 D:read C:read", "P=2 P=1");
	forbids("anon", "P:write=1 P:fork P:pin-ro P:write=2 D:read", "P=1", 0);
	forbids("private-tmpfs", "P:write=1 P:pin-ro P:write=2 D:read", "P=1", 0);
	forbids("shared-tmpfs", "P:write=1 P:pin-ro P:write=2 D:read", "P=1", 0);
}

static void write_of_nothing_own_shows_values(void **state)
{
	(void)state;
	allows("anon", "P:read P:pin-ro P:write=2 D:read", "zero zero");
	allows("anon", "P:read P:pin-ro P:write=2 D:read", "zero P=2");
	allows("private-tmpfs", "P:pin-ro P:write=2 D:read", "F=255");
	allows("private-tmpfs", "P:pin-ro P:write=2 F:write=3 D:read", "F=3");
	forbids("anon", "P:read P:pin-ro P:fork C:write=3 P:write=2 D:read", "zero C=3", 0);
}

/* What the pin kept from being dropped may be dropped when the transfer is over. */
static void transfer_ends_the_pin(void **state)
{
	(void)state;
	allows("anon", "P:write=1 P:free P:pin-ro P:read D:read P:read", "P=1 P=1 zero");
	allows("anon", "P:write=1 P:free P:pin-ro P:read D:read P:read", "P=1 P=1 P=1");
	forbids("anon", "P:write=1 P:free P:pin-ro P:read P:read", "P=1 zero", 0);
	forbids("anon", "P:write=1 P:free P:pin-rw D:write=2 P:read", "zero", 0);
}

static void file_page_is_the_file(void **state)
{
	(void)state;
	allows("shared-tmpfs", "P:write=1 P:get P:write=2 D:read F:write=3 D:read", "P=2 F=3");
	forbids("shared-tmpfs", "P:write=1 P:get P:write=2 D:read", "P=1", 0);
	allows("shared-tmpfs", "P:write=1 P:get F:truncate=0 F:truncate=2 F:write=3 D:read", "P=1");
	allows("shared-tmpfs", "P:write=1 P:protect=none P:get D:read", "P=1");
}

static void hole_lends_zeros(void **state)
{
	(void)state;
	allows("shared-tmpfs", "F:punch P:get P:write=2 D:read", "zero");
	allows("shared-tmpfs", "F:punch P:get P:write=2 D:read", "P=2");
	forbids("shared-tmpfs", "P:write=1 F:punch P:get P:write=2 D:read", "P=1", 0);
	allows("shared-tmpfs", "F:truncate=0 [P:get]", "ENODATA");
	forbids("shared-tmpfs", "F:truncate=0 [P:get]", "ok", -1);
}

#define WITH(test, pins) cmocka_unit_test_prestate_setup_teardown(test, use, NULL, (void *)(pins))

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(read_is_the_object, transfers),
		WITH(write_is_the_object_when_there_is_one, transfers),
		WITH(write_of_nothing_own_shows_values, transfers),
		WITH(transfer_ends_the_pin, transfers),
		WITH(file_page_is_the_file, file_pages),
		WITH(hole_lends_zeros, file_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
