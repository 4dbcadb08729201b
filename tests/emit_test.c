// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "core/emit/emit.h"
#include "core/run/enumerate.h"
#include "tests/folder.h"

static char why[256];

/* In the test's folder; its exit code. */
static int run(const char *command)
{
	char line[512];
	int status;

	snprintf(line, sizeof(line), "cd '%s' && { %s; } >out 2>&1", folder, command);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int emit(const char *steps, const char *mem, const char *pin)
{
	struct cell_filter f = { NULL, 0, mem, pin };
	struct program *p = program_new();
	struct cell_list l = { 0 };
	struct parse_error err;
	char path[128];
	FILE *out;
	int failed;

	snprintf(path, sizeof(path), "%s/t.c", folder);
	assert_int_equal(steps_parse(p, steps, "test", 1, 1, &err), 0);
	assert_int_equal(cells_add(&l, p, &f, &err), 0);
	assert_true(l.count > 0);
	out = fopen(path, "w");
	assert_non_null(out);
	failed = emit_cell(out, &l.cell[0], why, sizeof(why));
	fclose(out);
	cells_free(&l);
	program_free(p);
	return failed;
}

static const char compile[] = "cc -Wall -Wextra -Werror -o t t.c";

static const char compile_only[] = "cc -Wall -Wextra -Werror -c -o t.o t.c";

static const struct {
	const char *steps, *mem, *pin;
} programs[] = {
	{ "P:write=1 P:fork P:write=2 C:read P:read", "anon", NULL },
	{ "P:write=1 P:pin-rw P:fork P:write=2 D:read D:write=3 P:read C:read", "anon",
	  "uring-rw" },
	{ "P:write=1 P:pin-rw P:fork P:write=2@[0] C:write=4 D:read P:unpin", "thp", "uring-rw" },
	{ "P:write=1 P:fork P:get P:write=2 D:read C:read", "anon", "vmsplice" },
	{ "P:write=1 P:get P:fork C:write=3 C:exit D:read P:unpin", "shared-anon", "vmsplice" },
	{ "P:write=1 P:discard P:read", "anon", NULL },
	{ "P:read P:write=1@[0] P:fork C:read P:discard C:read", "private-tmpfs", NULL },
	{ "P:write=1 P:dontfork P:fork C:read C:write=2 P:read", "anon", NULL },
	{ "P:write=1 P:remap P:pin-rw P:remap P:fork D:write=3 P:exit C:read", "anon", "uring-rw" },
	{ "P:write=1 P:protect=ro P:write=2 P:unmap P:discard P:fork", "zeropage", NULL },
	{ "P:write=1 P:fork F:write=3 P:read C:read F:read F:truncate=0 C:read F:punch",
	  "private-tmpfs", NULL },
	{ "P:write=1 P:fork C:vm-write=2 P:mem-write=3 C:vm-read P:mem-read C:exec C:exit", "anon",
	  NULL },
	{ "P:write=1 P:get P:clone-store=4@[0] P:unmap X:scavenge D:read", "anon", "vmsplice" },
	{ "P:write=1 P:fork C:write=2 C:read C:exit P:fork C2:read C2:exit P:read", "anon", NULL },
	{ "P:write=1 P:fork C:exit P:pin-ro P:write=2 D:read", "anon", "fuse-write" },
	{ "P:write=1 P:pin-rw P:fork D:write=3 P:read C:read", "thp", "fuse-read" },
	{ "P:write=1 P:pin-ro P:fork C:exit P:write=2 P:unpin", "anon", "dio-write" },
	{ "P:write=1 P:pkey P:read P:write=2 P:protect=ro P:pkey-off P:read P:write=3", "anon",
	  NULL },
	{ "P:write=1 P:protect=ro P:fork P:poke=2 C:read P:peek C:poke=3 P:peek C:peek", "stack",
	  NULL },
	{ "P:write=1 P:protect=ro P:poke=2 P:peek P:protect=rw P:poke=3 P:read", "shared-anon",
	  NULL },
	{ "P:write=1 P:pin-rw P:fork C:keep P:write=2 D:read D:write=3 P:kill D:read C:unpin",
	  "anon", "uring-rw" },
	{ "P:write=1 P:fork P:get C:keep P:exec X:scavenge D:read C:read C:unpin", "anon",
	  "vmsplice" },
	{ "P:write=1@+512:1024 P:fork P:write=2@+0:512 C:read P:free P:read", "anon", NULL },
};

static void compiles_and_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		int code;

		print_message("%s\n", programs[i].steps);
		assert_int_equal(emit(programs[i].steps, programs[i].mem, programs[i].pin), 0);
		assert_int_equal(run(compile), 0);
		code = run("./t");
		/* 4: this host lacks something, such as io_uring for this user. */
		if (code != 4)
			assert_int_equal(code, 0);
	}
}

static void swap_or_set_up_failed(void **state)
{
	int swap = run("test $(wc -l </proc/swaps) -gt 1");

	(void)state;
	assert_int_equal(emit("P:write=1 P:fork P:read C:read", "swapped", NULL), 0);
	assert_int_equal(run(compile), 0);
	assert_int_equal(run("./t"), swap ? 4 : 0);
}

static void wrong_expectations_fail(void **state)
{
	(void)state;
	assert_int_equal(emit("P:write=1 P:fork P:write=2 C:read", "anon", NULL), 0);
	assert_int_equal(run("sed -i '/4 C:read/,/P_1/s/1 << P_1/1 << P_2/' t.c"), 0);
	assert_int_equal(run(compile), 0);
	assert_int_equal(run("./t"), 1);
	assert_int_equal(run("./t | grep 'FAIL 4 C:read: byte 0: read P_1, allowed 1 << P_2'"), 0);

	/* A fault that does not come, and one that nobody expects. */
	assert_int_equal(emit("P:write=1 P:dontfork P:fork C:read", "anon", NULL), 0);
	assert_int_equal(run("sed -i s/MADV_DONTFORK/MADV_DOFORK/ t.c"), 0);
	assert_int_equal(run(compile), 0);
	assert_int_equal(run("./t"), 1);
	assert_int_equal(emit("P:write=1 P:dofork P:fork C:read", "anon", NULL), 0);
	assert_int_equal(run("sed -i s/MADV_DOFORK/MADV_DONTFORK/ t.c"), 0);
	assert_int_equal(run(compile), 0);
	assert_int_equal(run("./t"), 1);
}

/* A child whose steps stand in one place is no list of turns, and what it finds counts. */
static void child_in_place(void **state)
{
	(void)state;
	assert_int_equal(emit("P:write=1 P:fork C:read C:exit P:write=2", "anon", NULL), 0);
	assert_int_equal(run("grep -q '[*]turn' t.c"), 1);
	assert_int_equal(run("sed -i '/3 C:read/,/P_1/s/1 << P_1/1 << P_2/' t.c"), 0);
	assert_int_equal(run(compile), 0);
	assert_int_equal(run("./t"), 1);
	assert_int_equal(run("./t | grep 'FAIL 3 C:read: byte 0: read P_1, allowed 1 << P_2'"), 0);
	assert_int_equal(run("sed -i '/3 C:read/a\t*(volatile char *)0 = 1;' t.c"), 0);
	assert_int_equal(run(compile), 0);
	assert_int_equal(run("./t"), 1);

	assert_int_equal(emit("P:write=1 P:fork C:read P:write=2 C:exit", "anon", NULL), 0);
	assert_int_equal(run("grep -q '[*]turn' t.c"), 0);
	assert_int_equal(emit("P:write=1 P:fork P:read", "anon", NULL), 0);
	assert_int_equal(run("grep -q '[*]turn' t.c"), 0);
}

/* What is called once stands in main(); of several pins it stays a function. */
static void opens_in_place(void **state)
{
	(void)state;
	assert_int_equal(emit("P:write=1 P:pin-ro D:read", "anon", "dio-write"), 0);
	assert_int_equal(run("grep -q 'held_open\\|loop_over' t.c"), 1);
	assert_int_equal(run("grep -q '^\tneed(!ioctl(held.0..disk, LOOP_CONFIGURE' t.c"), 0);
	assert_int_equal(run(compile), 0);
	assert_int_equal(
		emit("P:write=1 P:pin-ro=d1 P:pin-ro=d2 d1:read d2:read", "anon", "fuse-write"), 0);
	assert_int_equal(run("grep -q '^static void held_open(int n)' t.c"), 0);
	assert_int_equal(run("grep -q '^\theld_open(1);' t.c"), 0);
	assert_int_equal(run(compile), 0);
}

/* No exit waits for a transfer that nobody ends. */
static void fails_in_flight(void **state)
{
	int code;

	(void)state;
	assert_int_equal(emit("P:write=1 P:pin-ro D:read", "anon", "fuse-write"), 0);
	assert_int_equal(run("sed -i '/check(held_pin/a\tdie(1, \"planted\");' t.c"), 0);
	assert_int_equal(run(compile), 0);
	code = run("timeout 20 ./t");
	assert_true(code == 1 || code == 4);
}

static void names_what_it_cannot_print(void **state)
{
	(void)state;
	assert_int_equal(emit("P:write=1 P.1:read", "anon", NULL), -ENOTSUP);
	assert_non_null(strstr(why, "P.1:read"));
	assert_int_equal(emit("P:write=1 P:fork C:exec C:read P:read", "anon", NULL), -ENOTSUP);
	assert_non_null(strstr(why, "C:read"));
	assert_int_equal(emit("P:write=1 P:reclaim P:read", "anon", NULL), -ENOTSUP);
	assert_non_null(strstr(why, "P:reclaim"));
	assert_int_equal(emit("P:write=1 P:fork P:pin-ro C:keep D:read", "anon", "dio-write"),
			 -ENOTSUP);
	assert_non_null(strstr(why, "C:keep"));
	assert_int_equal(emit("P:write=1 P:read", "mutant-shared", NULL), -ENOTSUP);
	assert_non_null(strstr(why, "mutant-shared"));
}

/* Of each mechanism and kind that has text: it compiles; whether it runs is the host's. */
static void all_texts_compile(void **state)
{
	(void)state;
	for (size_t i = 0; pin_kinds[i]; i++) {
		const struct pin_kind *k = pin_kinds[i];
		const char *mem = k->memfd ? "shared-memfd" : k->file ? "shared-tmpfs" : "anon";
		const char *device = k->dirs & DEVICE_READS ? "D:read" : "D:write=3";
		char steps[96];

		if (!k->text)
			continue;
		snprintf(steps, sizeof(steps), "P:write=1 P:pin P:write=2 %s P:read", device);
		print_message("%s\n", k->name);
		assert_int_equal(emit(steps, mem, k->name), 0);
		assert_int_equal(run(compile_only), 0);
	}
	for (size_t i = 0; mem_kinds[i]; i++) {
		print_message("%s\n", mem_kinds[i]->name);
		if (mem_kinds[i]->mutant || !strcmp(mem_kinds[i]->name, "malloc"))
			continue; /* docs/gaps.md */
		assert_int_equal(emit("P:write=1 P:fork C:read", mem_kinds[i]->name, NULL), 0);
		assert_int_equal(run(compile_only), 0);
	}
	assert_int_equal(emit("P:write=1 P:get P:split claim folio P whole", "thp", "vmsplice"), 0);
	assert_int_equal(run(compile_only), 0);
	assert_int_equal(
		emit("P:write=1 F:seal=write claim errno F:seal EBUSY", "shared-memfd", NULL), 0);
	assert_int_equal(run(compile_only), 0);
	assert_int_equal(emit("P:write=1 P:numa-hint P:read", "anon", NULL), 0);
	assert_int_equal(run(compile_only), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compiles_and_holds),
		cmocka_unit_test(swap_or_set_up_failed),
		cmocka_unit_test(wrong_expectations_fail),
		cmocka_unit_test(child_in_place),
		cmocka_unit_test(opens_in_place),
		cmocka_unit_test(fails_in_flight),
		cmocka_unit_test(names_what_it_cannot_print),
		cmocka_unit_test(all_texts_compile),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
