// SPDX-License-Identifier: GPL-2.0-only
// What the oracles around a batch look at: the kernel's log, taint, counters of the host.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "core/run/host_count.h"
#include "core/run/kernel_log.h"
#include "core/run/oracle.h"

static void complaints_are_known(void **state)
{
	static const struct {
		const char *what, *line;
	} row[] = {
		{ "WARN", "WARNING: CPU: 0 PID: 71 at mm/gup.c:77 try_grab_folio+0x1/0x2" },
		{ "WARN", "WARNING: mm/gup.c:77 at try_grab_folio+0x1/0x2, CPU#0: x/71" },
		{ "WARN", "WARNING: possible circular locking dependency detected" },
		{ "BUG", "BUG: kernel NULL pointer dereference, address: 0000000000000008" },
		{ "BUG", "BUG: sleeping function called from invalid context at mm/memory.c:1" },
		{ "BUG", "kernel BUG at mm/rmap.c:1234!" },
		{ "Oops", "Oops: 0000 [#1] PREEMPT SMP NOPTI" },
		{ "Oops", "Internal error: synchronous external abort: 96000210 [#1] SMP" },
		{ "KASAN", "BUG: KASAN: use-after-free in copy_page_range+0x1/0x2" },
		{ "KCSAN", "BUG: KCSAN: data-race in a / b" },
		{ "UBSAN", "UBSAN: shift-out-of-bounds in mm/x.c:1:2" },
		{ "hung task", "INFO: task pinfold:71 blocked for more than 120 seconds." },
		{ "RCU stall", "rcu: INFO: rcu_preempt self-detected stall on CPU" },
		{ "RCU stall", "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:" },
		{ "general protection fault", "general protection fault, probably for "
					      "non-canonical address 0xdead: 0000 [#1]" },
		{ "bad page state", "BUG: Bad page state in process x  pfn:1234" },
		{ "bad page map", "BUG: Bad page map in process x  pte:1 pmd:2" },
		{ "bad rss-counter", "BUG: Bad rss-counter state mm:0 type:MM_ANONPAGES val:1" },
		{ "lockup", "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:71]" },
		{ "refcount", "refcount_t: underflow; use-after-free." },
		{ "list corruption", "list_del corruption. next->prev should be 1, but was 2" },
		{ "panic", "Kernel panic - not syncing: Fatal exception" },
		{ NULL, "EXT4-fs (loop0): mounted filesystem with ordered data mode" },
		{ NULL, "Adding 262140k swap on /dev/zram0.  Priority:-2 extents:1" },
		{ NULL, "pinfold[71]: segfault at 0 ip 1 sp 2 error 4 in pinfold" },
		{ NULL, "I/O error, dev loop2, sector 2048 op 0x0:(READ) flags 0x0" },
		{ NULL, "usb 1-1: WARNING: odd, but no WARN()" },
		{ NULL, "rcu: Hierarchical RCU implementation." },
		{ NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		const char *what = kernel_log_complaint(row[i].line);

		if (what != row[i].what && (!what || !row[i].what || strcmp(what, row[i].what)))
			fail_msg("%s: got %s", row[i].line, what ? what : "nothing");
	}
}

static void write_line(const char *text)
{
	own_fd fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	assert_true(write(fd, text, strlen(text)) > 0);
}

/* Others may write into the log as well, but not these lines. */
static void only_the_kernels_lines_count(void **state)
{
	struct kernel_complaint c;
	own_fd fd = kernel_log_open();

	(void)state;
	if (fd < 0 || geteuid())
		skip();
	write_line("<4>WARNING: planted by a test of pinfold, nothing is wrong\n");
	kernel_log_read(fd, false, &c);
	assert_int_equal(c.lines, 0);
	write_line("<4>WARNING: planted by a test of pinfold, nothing is wrong\n");
	write_line("<6>an ordinary line\n");
	kernel_log_read(fd, true, &c);
	assert_int_equal(c.lines, 1);
	assert_string_equal(c.what, "WARN");
	assert_string_equal(c.line, "WARNING: planted by a test of pinfold, nothing is wrong");
	assert_false(c.lost);
	kernel_log_read(fd, true, &c);
	assert_int_equal(c.lines, 0);
}

static void taint_has_names(void **state)
{
	char text[64], cut[8];

	(void)state;
	kernel_taint_print(1ul << 5 | 1ul << 9, text, sizeof(text));
	assert_string_equal(text, "bad page, warning");
	kernel_taint_print(1ul << 40, text, sizeof(text));
	assert_string_equal(text, "bit 40");
	kernel_taint_print(~0ul, cut, sizeof(cut));
	assert_int_equal(strlen(cut), sizeof(cut) - 1);
}

static void a_grown_counter_is_seen(void **state)
{
	(void)state;
	for (int i = 0; i < HOST_COUNTERS; i++) {
		struct host_counts before, now;

		for (int j = 0; j < HOST_COUNTERS; j++)
			before.value[j] = now.value[j] = 5000;
		assert_int_equal(host_counts_differ(&before, &now), -1);
		now.value[i] += i == COUNT_SWAP ? 4097 : 1;
		assert_int_equal(host_counts_differ(&before, &now), i);
		now.value[i] = 4999;
		assert_int_equal(host_counts_differ(&before, &now), i == COUNT_PINS ? i : -1);
		now.value[i] = -1;
		assert_int_equal(host_counts_differ(&before, &now), -1);
	}
}

static void the_host_has_counters(void **state)
{
	struct host_counts now;

	(void)state;
	host_counts_read(&now);
	assert_true(now.value[COUNT_SWAP] >= 0);
	assert_true(now.value[COUNT_PINS] >= 0 || geteuid());
	assert_true(now.value[COUNT_HUGE_USED] >= 0 || access("/sys/kernel/mm/hugepages", F_OK));
}

static void what_cannot_be_told_is_no_change(void **state)
{
	struct host_counts before, now;

	(void)state;
	for (int i = 0; i < HOST_COUNTERS; i++)
		before.value[i] = -1;
	assert_int_equal(host_counts_changed(&before, &now, 0), -1);
}

static void a_planted_line_is_a_finding(void **state)
{
	struct oracle o;
	struct verdict v;
	char why[200];

	(void)state;
	if (geteuid() || oracle_open(&o, true, why, sizeof(why)))
		skip();
	oracle_begin(&o);
	write_line("<4>BUG: Bad page state, planted by a test of pinfold, nothing is wrong\n");
	assert_true(oracle_end(&o, true, &v));
	oracle_close(&o);
	assert_int_equal(v.kind, VERDICT_FAIL);
	assert_string_equal(v.class, "kernel-log");
	assert_string_equal(v.read, "bad page state, 1 line");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complaints_are_known),
		cmocka_unit_test(only_the_kernels_lines_count),
		cmocka_unit_test(taint_has_names),
		cmocka_unit_test(a_grown_counter_is_seen),
		cmocka_unit_test(the_host_has_counters),
		cmocka_unit_test(what_cannot_be_told_is_no_change),
		cmocka_unit_test(a_planted_line_is_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
