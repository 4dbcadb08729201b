// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "core/base/util.h"
#include "core/need/kind.h"

static sigjmp_buf back;

static void on_fault(int sig)
{
	siglongjmp(back, sig);
}

/* A load through the page table must fault, a remote one must not. */
static int pkey_try(char *why, size_t size)
{
	char *page = mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
	     seen;
	const struct iovec to = { &seen, 1 }, from = { page, 1 };
	int key = pkey_alloc(0, PKEY_DISABLE_ACCESS);

	if (page == MAP_FAILED || key < 0)
		return unmet(why, size, "pkey_alloc: %s", errno_name(errno));
	if (pkey_mprotect(page, BASE_PAGE, PROT_READ | PROT_WRITE, key))
		return unmet(why, size, "pkey_mprotect: %s", errno_name(errno));
	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != 1)
		return unmet(why, size, "a remote load: %s", errno_name(errno));
	signal(SIGSEGV, on_fault);
	if (sigsetjmp(back, 1))
		return 0;
	seen = *(volatile char *)page;
	return unmet(why, size, "a load by a key without rights goes through");
}

const struct need need_pkey = {
	.name = "pkey",
	.about = "memory protection keys",
	.hint = "a CPU with protection keys (pku); scripts/lab --kernel 6.18 -- check pkey",
	.probe = pkey_try,
	.in_child = true,
};
