// SPDX-License-Identifier: GPL-2.0-only
// What a process without the right to lock memory has no room for is not judged.
#include "tests/scenario.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/pin/kinds.h"
#include "core/run/lock_room.h"

enum { LIMIT = 1024 * 1024, NO_LIMIT = 2 /* this host allows less */ };

static int without_right(const struct cell *c)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	struct rlimit limit = { .rlim_cur = LIMIT, .rlim_max = LIMIT };
	char why[160] = "";

	if (syscall(SYS_capget, &header, data))
		return NO_LIMIT;
	data[0].effective &= ~(1u << CAP_IPC_LOCK);
	if (syscall(SYS_capset, &header, data) || setrlimit(RLIMIT_MEMLOCK, &limit))
		return NO_LIMIT;
	return lock_room(c, why, sizeof(why)) && *why;
}

/* Whether there is no room, in a process that has LIMIT bytes. */
static int no_room(const char *steps, const struct pin_kind *pin)
{
	struct parse_error err;
	struct program *p = program_new();
	struct cell c = { .program = p, .mem = mem_kind_find("anon"), .pin = { [PIN_RW] = pin } };
	int status = 0;
	pid_t pid;

	assert_non_null(p);
	assert_int_equal(steps_parse(p, steps, "test", 1, 1, &err), 0);
	pid = fork();
	if (!pid)
		_exit(without_right(&c));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	program_free(p);
	if (WEXITSTATUS(status) == NO_LIMIT)
		skip();
	return WEXITSTATUS(status);
}

static void pins_are_counted_together(void **state)
{
	(void)state;
	assert_int_equal(no_room("P:map=b:192p P:write=1 P:pin-rw", &pin_uring_rw), 0);
	assert_int_equal(no_room("P:map=b:193p P:write=1 P:pin-rw", &pin_uring_rw), 1);
	assert_int_equal(no_room("P:map=b:128p P:pin-rw=a P:pin-rw=b", &pin_rdma_rw), 0);
	assert_int_equal(no_room("P:map=b:129p P:pin-rw=a P:pin-rw=b", &pin_rdma_rw), 1);
}

static void what_locks_nothing_needs_no_room(void **state)
{
	(void)state;
	assert_int_equal(no_room("P:map=b:1000p P:write=1 P:fork C:read", NULL), 0);
	assert_int_equal(no_room("P:map=b:1000p P:mlock", NULL), 1);
}

static void a_limit_of_its_own_is_the_room(void **state)
{
	(void)state;
	assert_int_equal(no_room("P:map=b:1000p P:memlock=256 P:pin-rw", &pin_rdma_rw), 0);
	assert_int_equal(no_room("P:map=b:1000p P:memlock=257 P:pin-rw", &pin_rdma_rw), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pins_are_counted_together),
		cmocka_unit_test(what_locks_nothing_needs_no_room),
		cmocka_unit_test(a_limit_of_its_own_is_the_room),
	};

	return cmocka_run_group_tests_name("lock-room", tests, NULL, NULL);
}
