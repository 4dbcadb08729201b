// SPDX-License-Identifier: GPL-2.0-only
/* PINFOLD_RDMA names a device, as --rdma does; without it only names are tested. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "core/need/need.h"
#include "core/pin/kinds.h"
#include "rdma/rdma.h"

static void names_are_checked(void **state)
{
	static const char *const bad[] = { "",	      ":",	   ":1",	"rxe0:0",
					   "rxe0:x",  "rxe0:256",  "rxe0:1:x",	"rxe0:1:256",
					   "rxe0:1-", "rxe0:1:1:", "rxe0:1:1:1" };
	struct rdma_device d;
	const char *what;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int err = rdma_open(&d, bad[i], &what);

		if (err != -EINVAL)
			fail_msg("'%s': %s", bad[i], errno_name(-err));
	}
	assert_int_not_equal(rdma_open(&d, "no-such-device:1:0", &what), 0);
	assert_string_equal(what, "open");
}

static void device_or_skip(void)
{
	char why[200];

	if (!getenv("PINFOLD_RDMA"))
		skip();
	snprintf(host_options.rdma, sizeof(host_options.rdma), "%s", getenv("PINFOLD_RDMA"));
	if (need_check("rdma", false, why, sizeof(why)))
		fail_msg("%s", why);
}

static long counter(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? atol(at + strlen(name)) : -1;
}

/* Pages of the whole system that FOLL_PIN holds; -1 when the kernel does not count. */
static long pinned_pages(void)
{
	static char text[64 * 1024];
	long acquired;

	file_write("/proc/sys/vm/stat_refresh", "1");
	assert_true(file_read("/proc/vmstat", text, sizeof(text)) > 0);
	acquired = counter(text, "nr_foll_pin_acquired ");
	return acquired < 0 ? -1 : acquired - counter(text, "nr_foll_pin_released ");
}

/* A killed actor leaves its region in the context that the runner holds open. */
static void region_of_a_dead_process_is_dropped(void **state)
{
	enum { PAGES = 64 };
	const struct pin_kind *kind = &pin_rdma_rw;
	struct pin p = { .kind = kind, .index = 2, .len = PAGES * BASE_PAGE };
	long before;
	int status;
	pid_t pid;

	(void)state;
	device_or_skip();
	if (geteuid() || pinned_pages() < 0)
		skip();
	p.max_len = p.len;
	p.addr = mmap(NULL, p.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(p.addr, MAP_FAILED);
	assert_int_equal(kind->open(), 0);
	before = pinned_pages();
	pid = fork();
	if (!pid)
		_exit(kind->prepare(&p) || kind->pin(&p));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(pinned_pages(), before + PAGES);
	kind->release(&p);
	assert_int_equal(pinned_pages(), before);
	kind->close();
	munmap(p.addr, p.len);
}

static void wrong_key_is_an_error_and_passes(void **state)
{
	struct rdma_device d;
	struct ibv_mr *mr;
	uint32_t key;
	const char *what;
	char *page, seen[SECTOR];

	(void)state;
	device_or_skip();
	page = mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(page, MAP_FAILED);
	memset(page, 7, BASE_PAGE);
	assert_int_equal(rdma_open(&d, host_options.rdma, &what), 0);
	assert_int_equal(mover_start(&d, host_options.rdma), 0);
	mr = ibv_reg_mr(d.pd, page, BASE_PAGE, IBV_ACCESS_REMOTE_READ);
	assert_non_null(mr);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(mover_read(mr->rkey + 0x100, (uintptr_t)page, seen, SECTOR),
				 -EFAULT);
		assert_int_equal(mover_write(mr->rkey, (uintptr_t)page, seen, SECTOR), -EFAULT);
		assert_int_equal(mover_read(mr->rkey, (uintptr_t)page + BASE_PAGE, seen, SECTOR),
				 -EFAULT);
		assert_int_equal(mover_read(mr->rkey, (uintptr_t)page, seen, SECTOR), 0);
		assert_memory_equal(seen, page, SECTOR);
	}
	key = mr->rkey;
	assert_int_equal(ibv_dereg_mr(mr), 0);
	assert_int_equal(mover_read(key, (uintptr_t)page, seen, SECTOR), -EFAULT);
	assert_int_equal(mover_forget(), 0);
	mover_stop();
	rdma_close(&d);
	munmap(page, BASE_PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(region_of_a_dead_process_is_dropped),
		cmocka_unit_test(wrong_key_is_an_error_and_passes),
	};

	return cmocka_run_group_tests_name("rdma", tests, NULL, NULL);
}
