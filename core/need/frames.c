// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#include "core/base/util.h"
#include "core/mem/kind.h"

static int kpageflags_probe(char *why, size_t size)
{
	char *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct page_fact fact;
	uint64_t flags = 0;
	int err;

	if (page == MAP_FAILED)
		return unmet(why, size, "mmap: %s", errno_name(errno));
	*(volatile char *)page = 1;
	err = pages_flags(page, 1, &fact, &flags);
	munmap(page, BASE_PAGE);
	if (err)
		return unmet(why, size, "/proc/kpageflags: %s", errno_name(-err));
	if (!(flags >> KPF_ANON & 1))
		return unmet(why, size, "/proc/kpageflags or pagemap tells nothing of a page");
	return 0;
}

const struct need need_kpageflags = {
	.name = "kpageflags",
	.about = "flags of page frames in /proc/kpageflags",
	.hint = "sudo pinfold COMMAND (CAP_SYS_ADMIN)",
	.probe = kpageflags_probe,
};

static int nodes_probe(char *why, size_t size)
{
	unsigned long mask = nodes_with_memory();

	if (__builtin_popcountl(mask) >= 2)
		return 0;
	return unmet(why, size, "%d NUMA node with memory, 2 are needed",
		     __builtin_popcountl(mask));
}

const struct need need_nodes = {
	.name = "nodes",
	.about = "two NUMA nodes with memory",
	.hint = "two nodes: scripts/lab --kernel 6.18 --append numa=fake=2 -- check",
	.probe = nodes_probe,
};

static int secret_touch(char *why, size_t size)
{
	struct region r = { .kind = &mem_secretmem, .len = BASE_PAGE, .fd = -1 };
	int err = mem_secretmem.map(&r, (char *)0x200000000000);

	if (err)
		return unmet(why, size, "memfd_secret: %s", errno_name(-err));
	*(volatile char *)r.addr = 1;
	return 0;
}

const struct need need_secretmem = {
	.name = "secretmem",
	.about = "memfd_secret(2)",
	.hint = "a kernel from 6.5 on (from 5.14 with secretmem.enable=1): "
		"scripts/lab --kernel 6.18 -- check",
	.probe = secret_touch,
	.in_child = true,
};
