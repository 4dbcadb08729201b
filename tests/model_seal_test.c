// SPDX-License-Identifier: GPL-2.0-only
// The laws of seals, of read-only file systems, of ranges of a file, and of userfaultfd.
#include "tests/scenario.h"

#define FILL "P:write=1 "

static void writer_keeps_a_seal_away(void **state)
{
	(void)state;
	allows("shared-memfd", FILL "[F:seal=write] [F:write=2] F:read", "EBUSY ok F=2");
	forbids("shared-memfd", FILL "[F:seal=write]", "ok", -1);
	forbids("shared-memfd", FILL "P:protect=ro [F:seal=write]", "ok", -1);
	forbids("shared-memfd", FILL "P:fork P:unmap [F:seal=write]", "ok", -1);
	forbids("shared-memfd", FILL "P:fork P:unmap C:exit [F:seal=write]", "EBUSY", -1);
	forbids("shared-memfd", FILL "P:pin-rw P:unmap [F:seal=write]", "ok", -1);
	forbids("shared-memfd", FILL "P:pin-rw@[0] P:unmap [F:seal=write]", "ok", -1);
	forbids("shared-memfd", FILL "P:pin-rw P:unmap P:unpin [F:seal=write]", "EBUSY", -1);
	forbids("shared-memfd", FILL "P:pin-rw P:unmap F:punch [F:seal=write]", "EBUSY", -1);
}

static void reader_may_keep_it_away(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *steps = i ? FILL "P:pin-ro P:unmap [F:seal=write] [F:write=2] F:read" :
					FILL "P:get P:unmap [F:seal=write] [F:write=2] F:read";

		allows("shared-memfd", steps, "ok EPERM P=1");
		allows("shared-memfd", steps, "EBUSY ok F=2");
	}
	forbids("shared-memfd", FILL "P:get P:unmap [F:seal=write] [F:write=2]", "ok ok", -1);
	forbids("shared-memfd", FILL "P:get P:unmap [F:seal=write] [F:write=2]", "EBUSY EPERM", -1);
	/* A copy is no page of the file. */
	forbids("private-memfd", FILL "P:get [F:seal=write]", "EBUSY", -1);
	forbids("private-memfd", "P:pin-rw [F:seal=write]", "EBUSY", -1);
	allows("private-memfd", "P:get [F:seal=write]", "EBUSY");
}

static void sealed_file_keeps_its_bytes(void **state)
{
	(void)state;
	forbids("shared-memfd", FILL "P:unmap [F:seal=write] F:write=2 F:read", "ok F=2", 0);
	forbids("shared-memfd", FILL "P:unmap [F:seal=write] [F:punch]", "ok ok", -1);
	forbids("shared-memfd", FILL "P:unmap [F:seal=write] [P:map]", "ok ok", -1);
	allows("shared-memfd", FILL "P:unmap [F:seal=write] P:map-ro [P:protect=rw] P:read",
	       "ok EACCES P=1");
	forbids("shared-memfd", FILL "P:unmap P:map-ro [F:seal=write]", "ok", -1);
	allows("private-memfd", "[F:seal=write] [P:write=2] P:read F:read", "ok ok P=2 F=255");
	allows("shared-memfd", FILL "[F:seal=future-write] [P:write=2] F:read [F:write=3]",
	       "ok ok P=2 EPERM");
	forbids("shared-memfd", FILL "[F:seal=exec]", "ok", -1);
}

static void sealed_size_stays(void **state)
{
	(void)state;
	allows("shared-memfd", "[F:seal=shrink] [F:truncate=1] [F:truncate=2] P:read",
	       "ok EPERM ok F=255");
	allows("shared-memfd", "F:truncate=1 [F:seal=grow] [F:truncate=2] P:read",
	       "ok EPERM F=255|BUS");
	allows("shared-memfd", "F:truncate=1 F:seal=grow [F:allocate=2] [F:preallocate=2] P:read",
	       "EPERM EPERM F=255|BUS");
	/* The pages before the end are written, then the call fails. */
	allows("shared-memfd", "F:truncate=1 F:seal=grow [F:write=2] P:read", "EPERM F=2|BUS");
}

static void ranges_of_a_file(void **state)
{
	(void)state;
	allows("private-ext4", "F:truncate=1 F:preallocate=2 P:read", "F=255|BUS");
	allows("private-ext4", "F:truncate=1 F:allocate=2 P:read", "F=255|zero");
	allows("private-ext4", "P:write=1@[0] F:zero-range P:read F:read", "P=1|zero zero");
	allows("private-ext4", "P:write=1 F:shift=1 P:read F:read", "P=1|F=255 F=255");
	forbids("private-ext4", "P:write=1 F:shift=0 P:read", "P=1", 0);
	allows("private-ext4", "[F:shift=2]", "EINVAL");
	allows("shared-tmpfs", FILL "F:writeback P:read F:read", "P=1 P=1");
}

static void read_only_file_system(void **state)
{
	(void)state;
	forbids("shared-mount", FILL "[F:remount-ro]", "ok", -1);
	forbids("shared-mount", FILL "P:protect=ro [F:remount-ro]", "ok", -1);
	forbids("shared-mount", FILL "P:unmap@[0] [F:remount-ro]", "ok", -1);
	forbids("shared-mount", FILL "P:fork P:unmap [F:remount-ro]", "ok", -1);
	forbids("shared-mount", FILL "P:unmap [F:remount-ro]", "EBUSY", -1);
	forbids("shared-mount", FILL "P:pin-rw P:unmap [F:remount-ro]", "EBUSY", -1);
	forbids("private-mount", FILL "[F:remount-ro]", "EBUSY", -1);
	allows("shared-mount", FILL "P:unmap F:remount-ro [F:write=2] [F:punch] F:read",
	       "EROFS EROFS P=1");
	forbids("shared-mount", FILL "P:unmap F:remount-ro [F:write=2]", "ok", -1);
	allows("shared-mount", FILL "P:unmap F:remount-ro [P:map]", "EROFS");
	allows("shared-mount", FILL "P:unmap F:remount-ro P:map-ro [P:protect=rw] P:read",
	       "EACCES P=1");
	allows("shared-mount", FILL "P:unmap F:remount-ro P:map-ro [F:remount-ro]", "ok");
	forbids("shared-mount", FILL "P:unmap P:map-ro [F:remount-ro]", "ok", -1);
	allows("shared-mount", FILL "P:unmap F:remount-ro F:remount-rw [F:write=2] F:read",
	       "ok F=2");
	allows("shared-mount", FILL "P:pin-rw P:unmap F:remount-ro D:write=2 F:read", "D1=2");
	allows("private-mount", "F:remount-ro [P:write=1] P:read F:read", "ok P=1 F=255");
}

static void uffd_stops_the_process_alone(void **state)
{
	(void)state;
	allows("anon", FILL "P:pin-rw P:uffd-wp [P:write=2] P:read D:write=3 P:read",
	       "BUS P=1 D=3");
	forbids("anon", FILL "P:uffd-wp [P:write=2]", "ok", -1);
	forbids("anon", FILL "P:uffd-wp P:uffd-off [P:write=2]", "BUS", -1);
	allows("anon", FILL "P:uffd-wp P:fork [C:write=2] [P:write=3]", "ok BUS");
	allows("anon", FILL "P:uffd-wp [P:pin-rw]", "EFAULT");
	/* The zero page is protected, an empty place is not: the model can't know. */
	allows("anon", "P:uffd-wp [P:write=1] P:read", "BUS zero");
	allows("anon", "P:uffd-wp [P:write=1] P:read", "ok P=1");
	allows("anon", FILL "P:uffd-missing P:read [P:pin-ro] P:uffd-copy=2 P:read",
	       "BUS EFAULT P=2");
	allows("anon", FILL "P:pin-rw P:uffd-copy=2 D:read P:read", "P=1 P=2");
	allows("anon", FILL "P:uffd-poison P:fork C:read C:discard C:read P:read", "BUS zero BUS");
}

static void move_of_a_pinned_page_is_busy(void **state)
{
	(void)state;
	forbids("anon", FILL "P:pin-ro [P:uffd-move]", "ok", -1);
	forbids("anon", FILL "P:pin-rw@[1] [P:uffd-move]", "ok", -1);
	forbids("anon", FILL "P:pin-rw@[1] [P:uffd-move@[0]]", "EBUSY", -1);
	forbids("anon", FILL "P:get [P:uffd-move]", "EBUSY", -1);
	allows("anon", FILL "P:fork C:exit [P:uffd-move] P:read", "EBUSY P=1");
	allows("anon", FILL "P:fork C:exit [P:uffd-move] P:read", "ok P=1");
	forbids("anon", FILL "P:fork C:exit P:write=2 [P:uffd-move]", "EBUSY", -1);
	forbids("anon", FILL "P:vfork-store=2 P:read", "P=1", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writer_keeps_a_seal_away),
		cmocka_unit_test(reader_may_keep_it_away),
		cmocka_unit_test(sealed_file_keeps_its_bytes),
		cmocka_unit_test(sealed_size_stays),
		cmocka_unit_test(ranges_of_a_file),
		cmocka_unit_test(read_only_file_system),
		cmocka_unit_test(uffd_stops_the_process_alone),
		cmocka_unit_test(move_of_a_pinned_page_is_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
