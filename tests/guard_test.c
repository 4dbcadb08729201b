// SPDX-License-Identifier: GPL-2.0-only
// As an ordinary user this tests the journal with plain files; as root the host too.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "core/guard/guard.h"
#include "core/mem/mem.h"
#include "core/need/need.h"

static char top[64], setting[128], folder[128], file[128];
static const char *const host_files[] = {
	"/proc/swaps",
	"/proc/mounts",
	"/proc/sys/vm/nr_hugepages",
	"/sys/kernel/mm/transparent_hugepage/enabled",
	"/sys/kernel/mm/transparent_hugepage/use_zero_page",
	"/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs",
	"/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled",
	"/sys/kernel/mm/ksm/run",
	"/sys/kernel/mm/ksm/sleep_millisecs",
	"/sys/kernel/mm/ksm/pages_to_scan",
	"/sys/kernel/mm/ksm/use_zero_pages",
	"/sys/kernel/mm/ksm/pages_shared",
	"/sys/block/zram0/disksize",
};

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

static void make_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void assert_content(const char *path, const char *text)
{
	char buf[256];

	assert_true(file_read(path, buf, sizeof(buf)) >= 0);
	assert_string_equal(buf, text);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(top, "/tmp/guard_test.XXXXXX");
	assert_non_null(mkdtemp(top));
	snprintf(setting, sizeof(setting), "%s/set ting\\", top);
	snprintf(folder, sizeof(folder), "%s/folder", top);
	snprintf(file, sizeof(file), "%s/file", top);
	snprintf(host_options.scratch, sizeof(host_options.scratch), "%s/scratch", top);
	assert_int_equal(mkdir(host_options.scratch, 0700), 0);
	make_file(setting, "one [two] six");
	setenv("PINFOLD_STATE_DIR", top, 1);
	return 0;
}

static int tear_down(void **state)
{
	char path[128];
	const char *const left[] = { "lock", "journal", "journal.new" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, left[i]);
		unlink(path);
	}
	unlink(setting);
	unlink(file);
	rmdir(folder);
	/* Fails when anything was left in it. */
	return rmdir(host_options.scratch) || rmdir(top);
}

static void change_files(void)
{
	char why[200];

	if (guard_start(why, sizeof(why)) || guard_setting(setting, "six") ||
	    guard_will_mkdir(folder) || mkdir(folder, 0700) || guard_will_create(file))
		_exit(2);
	make_file(file, "x");
}

static void assert_files_restored(void)
{
	char path[128];

	/* The old value only: a real setting file has no rest to keep. */
	assert_content(setting, "two [two] six");
	assert_int_equal(access(folder, F_OK), -1);
	assert_int_equal(access(file, F_OK), -1);
	snprintf(path, sizeof(path), "%s/journal", top);
	assert_int_equal(access(path, F_OK), -1);
}

/* Runs change in a process of its own, kills that when it is done with it. */
static void killed_runner(void (*change)(void))
{
	int line[2], status;
	pid_t pid;
	char c;

	assert_int_equal(pipe(line), 0);
	pid = fork();
	if (!pid) {
		change();
		if (write(line[1], "x", 1) == 1)
			pause();
		_exit(2);
	}
	close(line[1]);
	c = 0;
	assert_int_equal(read(line[0], &c, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(line[0]);
}

static double wait_for_guard(void)
{
	uint64_t start = now_ns();
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", top);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB); i++) {
		assert_true(i < 1000);
		nap();
	}
	close(fd);
	return (double)(now_ns() - start) / 1e6;
}

static void end_restores(void **state)
{
	char why[200] = "";

	(void)state;
	change_files();
	assert_content(setting, "six [two] six");
	assert_int_equal(guard_end(why, sizeof(why)), 0);
	assert_files_restored();
	assert_int_equal(guard_setting(setting, "six"), -EBADF);
}

static void guard_restores_after_sigkill(void **state)
{
	(void)state;
	killed_runner(change_files);
	wait_for_guard();
	assert_files_restored();
}

static void change_and_lose_guard(void)
{
	char path[64], pids[32];

	change_files();
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if (file_read(path, pids, sizeof(pids)) <= 0 || kill(atoi(pids), SIGKILL))
		_exit(2);
}

static void next_start_restores(void **state)
{
	char why[200] = "";

	(void)state;
	killed_runner(change_and_lose_guard);
	assert_content(setting, "six [two] six");
	assert_int_equal(guard_start(why, sizeof(why)), 0);
	assert_files_restored();
	assert_int_equal(guard_end(why, sizeof(why)), 0);
}

static void end_restores_without_guard(void **state)
{
	char why[200] = "";

	(void)state;
	change_and_lose_guard();
	assert_int_equal(guard_end(why, sizeof(why)), 0);
	assert_files_restored();
}

static void one_run_at_a_time(void **state)
{
	char why[200] = "";
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(guard_start(why, sizeof(why)), 0);
	pid = fork();
	if (!pid) {
		guard_forget();
		_exit(guard_start(why, sizeof(why)) == -EBUSY ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(guard_end(why, sizeof(why)), 0);
}

static void start_with_journal(const char *boot, const char *lines, int expected)
{
	char path[128], text[1024], why[200] = "";

	snprintf(path, sizeof(path), "%s/journal", top);
	snprintf(text, sizeof(text), "pinfold-journal 1 %s\n%s", boot, lines);
	make_file(path, text);
	assert_int_equal(guard_start(why, sizeof(why)), expected);
	if (!expected)
		assert_int_equal(guard_end(why, sizeof(why)), 0);
}

static void cut_off_line_is_no_change(void **state)
{
	char boot[64], lines[512];

	(void)state;
	assert_true(file_read("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)) > 0);
	make_file(file, "x");
	mkdir(folder, 0700);
	snprintf(lines, sizeof(lines), "mkdir\t%s\t\ncreate\t%s", folder, file);
	start_with_journal(boot, lines, 0);
	assert_int_equal(access(file, F_OK), 0);
	assert_int_equal(access(folder, F_OK), -1);
}

static void earlier_boot_keeps_settings(void **state)
{
	char lines[512];

	(void)state;
	mkdir(folder, 0700);
	make_file(file, "new");
	snprintf(lines, sizeof(lines), "mkdir\t%s\t\nset\t%s\told\n", folder, file);
	start_with_journal("another-boot", lines, 0);
	assert_content(file, "new");
	assert_int_equal(access(folder, F_OK), -1);
}

/* A module that went by itself is no failure. */
static void module_may_be_gone(void **state)
{
	char boot[64];

	(void)state;
	if (geteuid())
		skip();
	assert_true(file_read("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)) > 0);
	start_with_journal(boot, "module\tno_such_module_pinfold\t\n", 0);
}

static void unknown_line_stays(void **state)
{
	char boot[64], path[128], text[512];

	(void)state;
	assert_true(file_read("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)) > 0);
	start_with_journal(boot, "dance /x\n", -EPROTO);
	start_with_journal(boot, "dance\t/x\t\nmkdir\t/nowhere/x\t\n", -ENOTSUP);
	snprintf(path, sizeof(path), "%s/journal", top);
	snprintf(text, sizeof(text), "pinfold-journal 1 %s\ndance\t/x\t", boot);
	assert_content(path, text);
}

/* In a forked child cmocka's asserts would go on with the parent's tests. */
static void must(bool holds, const char *what, const char *why)
{
	if (holds)
		return;
	print_error("%s: %s\n", what, why);
	_exit(2);
}

static bool needs_met(const struct mem_kind *k)
{
	char why[200];

	for (int i = 0; k->needs[i]; i++) {
		if (!need_check(k->needs[i], true, why, sizeof(why)))
			continue;
		print_message("%s not tried: %s\n", k->name, why);
		return false;
	}
	return true;
}

static void try_kind(const struct mem_kind *k)
{
	struct region r = { .kind = k, .len = k->unit * k->units, .fd = -1 };
	char *at = (char *)0x200000000000;
	char why[200] = "", wanted = 0;

	/* Pages that are others' as well can't be treated so, and change nothing of the host. */
	if (k->own_len || !needs_met(k))
		return;
	must(!k->prepare || !k->prepare(&r), k->name, "prepare");
	must(!k->map(&r, at), k->name, "map");
	at = r.addr;
	must(k->mutant || k->check(&r, why, sizeof(why)), k->name, "check before its time");
	if (k->settle_at == SETTLE_MAP)
		must(!k->settle(&r), k->name, "settle");
	else
		memset(at, wanted = 7, r.len);
	if (k->settle_at == SETTLE_FIRST_STORE)
		must(!k->settle(&r), k->name, "settle");
	must(!k->check(&r, why, sizeof(why)), k->name, why);
	for (size_t i = 0; i < r.len; i++)
		must(at[i] == wanted, k->name, "bytes changed");
	munmap(at, r.len);
	close_fd(&r.fd);
}

static char before[32768], after[32768];

static void host_snapshot(char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(host_files); i++) {
		int n = file_read(host_files[i], text + used, size - used - 1);

		used += n > 0 ? (size_t)n : 0;
		text[used++] = '\n';
	}
	text[used] = '\0';
}

static void change_host(void)
{
	char why[200];

	must(!guard_start(why, sizeof(why)), "guard_start", why);
	for (size_t i = 0; needs[i]; i++)
		if (need_check(needs[i]->name, true, why, sizeof(why)))
			print_message("need %s: %s\n", needs[i]->name, why);
	host_snapshot(after, sizeof(after));
	must(strcmp(before, after), "host", "nothing was changed");
	for (size_t i = 0; mem_kinds[i]; i++)
		try_kind(mem_kinds[i]);
}

static void host_is_restored(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	host_snapshot(before, sizeof(before));
	killed_runner(change_host);
	print_message("the guard took %.0f ms\n", wait_for_guard());
	host_snapshot(after, sizeof(after));
	assert_string_equal(before, after);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(end_restores),
		TEST(guard_restores_after_sigkill),
		TEST(next_start_restores),
		TEST(end_restores_without_guard),
		TEST(one_run_at_a_time),
		TEST(cut_off_line_is_no_change),
		TEST(earlier_boot_keeps_settings),
		TEST(module_may_be_gone),
		TEST(unknown_line_stays),
		TEST(host_is_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
