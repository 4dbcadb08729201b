// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <linux/mman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/process.h"
#include "core/base/util.h"
#include "core/guard/guard.h"
#include "core/mem/page.h"

enum { NR_MSEAL = 462 };

static char *fresh_page(void)
{
	char *at =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	*(volatile char *)at = 1;
	return at;
}

static int advise(int advice, const char *name, char *why, size_t size)
{
	char *page = fresh_page();
	int err = 0;

	if (!page)
		return unmet(why, size, "no memory for the probe");
	if (madvise(page, BASE_PAGE, advice))
		err = unmet(why, size, "%s: %s", name, errno_name(errno));
	munmap(page, BASE_PAGE);
	return err;
}

static int populate_probe(char *why, size_t size)
{
	return advise(23, "MADV_POPULATE_WRITE", why, size);
}

const struct need need_populate = {
	.name = "populate",
	.about = "madvise(MADV_POPULATE_READ, MADV_POPULATE_WRITE)",
	.hint = "use a kernel from 5.14 on",
	.probe = populate_probe,
};

static int guard_probe(char *why, size_t size)
{
	return advise(102, "MADV_GUARD_INSTALL", why, size);
}

const struct need need_guard = {
	.name = "guard",
	.about = "madvise(MADV_GUARD_INSTALL)",
	.hint = "use a kernel from 6.13 on",
	.probe = guard_probe,
};

/* Small pages that may become a huge one: what the kernel does not know is EINVAL. */
static int collapse_try(char *why, size_t size)
{
	char *at = mmap(NULL, 2ul * HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	char *huge = (char *)(((uintptr_t)at + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));

	if (at == MAP_FAILED || madvise(at, 2ul * HUGE_PAGE, MADV_NOHUGEPAGE))
		return unmet(why, size, "MADV_NOHUGEPAGE: %s", errno_name(errno));
	memset(huge, 1, HUGE_PAGE);
	if (madvise(at, 2ul * HUGE_PAGE, MADV_HUGEPAGE))
		return unmet(why, size, "MADV_HUGEPAGE: %s", errno_name(errno));
	if (madvise(huge, HUGE_PAGE, 25) && errno == EINVAL)
		return unmet(why, size, "MADV_COLLAPSE: EINVAL");
	return 0;
}

const struct need need_collapse = {
	.name = "collapse",
	.about = "madvise(MADV_COLLAPSE)",
	.hint = "use a kernel from 6.1 on with transparent huge pages",
	.probe = collapse_try,
	.in_child = true,
};

static int dontneed_locked_try(char *why, size_t size)
{
	char *page = fresh_page();

	if (page && !madvise(page, BASE_PAGE, 24))
		return 0;
	return unmet(why, size, "MADV_DONTNEED_LOCKED: %s", errno_name(errno));
}

const struct need need_dontneed_locked = {
	.name = "dontneed-locked",
	.about = "madvise(MADV_DONTNEED_LOCKED)",
	.hint = "use a kernel from 5.18 on",
	.probe = dontneed_locked_try,
	.in_child = true,
};

static int dontunmap_try(char *why, size_t size)
{
	char *page = fresh_page();

	/* Not by libc, which hands a wish for the address over with MREMAP_FIXED alone. */
	if (page && syscall(SYS_mremap, page, (size_t)BASE_PAGE, (size_t)BASE_PAGE,
			    (unsigned long)MREMAP_MAYMOVE | 4, NULL) != -1)
		return 0;
	return unmet(why, size, "MREMAP_DONTUNMAP: %s", errno_name(errno));
}

const struct need need_dontunmap = {
	.name = "dontunmap",
	.about = "mremap(MREMAP_DONTUNMAP)",
	.hint = "use a kernel from 5.7 on",
	.probe = dontunmap_try,
	.in_child = true,
};

static int set_tid_try(char *why, size_t size)
{
	int err = fork_in_vain();

	return err ? unmet(why, size, "clone3 with a pid that is taken: %s", errno_name(-err)) : 0;
}

const struct need need_set_tid = {
	.name = "set-tid",
	.about = "clone3(2) with a number for the child",
	.hint = "run as root, on a kernel from 5.5 on",
	.probe = set_tid_try,
	.in_child = true,
};

static int mseal_try(char *why, size_t size)
{
	char *page = fresh_page();

	if (page && !syscall(NR_MSEAL, page, (size_t)BASE_PAGE, 0ul))
		return 0;
	return unmet(why, size, "mseal: %s", errno_name(errno));
}

const struct need need_mseal = {
	.name = "mseal",
	.about = "mseal(2)",
	.hint = "use a 64-bit kernel from 6.10 on",
	.probe = mseal_try,
	.in_child = true,
};

static int soft_dirty_try(char *why, size_t size)
{
	char *page = fresh_page();

	if (!page || pagemap_bit(page, PAGEMAP_SOFT_DIRTY) != 1)
		return unmet(why, size, "a store sets no soft-dirty bit in pagemap");
	if (file_write("/proc/self/clear_refs", "4"))
		return unmet(why, size, "/proc/self/clear_refs can't be written");
	if (pagemap_bit(page, PAGEMAP_SOFT_DIRTY))
		return unmet(why, size, "/proc/self/clear_refs clears no soft-dirty bit");
	return 0;
}

const struct need need_soft_dirty = {
	.name = "soft-dirty",
	.about = "soft-dirty bits in /proc/self/pagemap",
	.hint = "use a kernel with CONFIG_MEM_SOFT_DIRTY",
	.probe = soft_dirty_try,
	.in_child = true,
};

static int compact_probe(char *why, size_t size)
{
	if (!access("/proc/sys/vm/compact_memory", W_OK))
		return 0;
	return unmet(why, size, "/proc/sys/vm/compact_memory: %s", errno_name(errno));
}

const struct need need_compact = {
	.name = "compact",
	.about = "memory compaction on demand",
	.hint = "run as root, on a kernel with CONFIG_COMPACTION",
	.probe = compact_probe,
};

static int debugfs_probe(char *why, size_t size)
{
	char path[600];

	if (!*host_provided.debugfs_dir)
		snprintf(host_provided.debugfs_dir, sizeof(host_provided.debugfs_dir), "%s",
			 "/sys/kernel/debug");
	snprintf(path, sizeof(path), "%s/bdi", host_provided.debugfs_dir);
	return access(path, F_OK) ? unmet(why, size, "debugfs is not mounted") : 0;
}

static int debugfs_provide(char *why, size_t size)
{
	char path[512];
	int err;

	snprintf(path, sizeof(path), "%s/debugfs", host_options.scratch);
	err = guard_will_mkdir(path);
	if (!err && mkdir(path, 0700) && errno != EEXIST)
		err = -errno;
	if (!err)
		err = guard_will_mount(path);
	if (!err && mount("debugfs", path, "debugfs", 0, NULL))
		err = -errno;
	if (err)
		unmet(why, size, "mount of debugfs: %s", errno_name(-err));
	else
		snprintf(host_provided.debugfs_dir, sizeof(host_provided.debugfs_dir), "%s", path);
	return err;
}

const struct need need_debugfs = {
	.name = "debugfs",
	.about = "debugfs is mounted",
	.hint = "mount -t debugfs debugfs /sys/kernel/debug",
	.probe = debugfs_probe,
	.provide = debugfs_provide,
};

/* Of this process, in an area where there is nothing to split. */
static int split_probe(char *why, size_t size)
{
	char path[600], text[64];
	int err;

	if (need_check("debugfs", *host_options.scratch, why, size))
		return 1;
	snprintf(path, sizeof(path), "%s/split_huge_pages", host_provided.debugfs_dir);
	snprintf(text, sizeof(text), "%d,0x1000,0x2000", getpid());
	err = file_write(path, text);
	return err ? unmet(why, size, "split_huge_pages: %s", errno_name(-err)) : 0;
}

const struct need need_split = {
	.name = "split",
	.about = "huge pages of one process can be split through debugfs",
	.hint = "run as root, on a kernel from 5.13 on with transparent huge pages and debugfs",
	.probe = split_probe,
};

static long corrupted_kb(void)
{
	char text[8192];
	const char *at = file_read("/proc/meminfo", text, sizeof(text)) < 0 ?
				 NULL :
				 strstr(text, "HardwareCorrupted:");

	return at ? strtol(at + strlen("HardwareCorrupted:"), NULL, 10) : -1;
}

/* Without a way back a page of the host would be lost at each step. */
static int offline_try(char *why, size_t size)
{
	char *page = fresh_page(), path[600], text[32];
	unsigned long pfn = page ? page_frame(page) : 0;
	long before = corrupted_kb();
	int err;

	snprintf(path, sizeof(path), "%s/hwpoison/unpoison-pfn", host_provided.debugfs_dir);
	if (!pfn || before < 0)
		return unmet(why, size, "no page frame numbers, or no memory failure handling");
	if (access(path, W_OK))
		return unmet(why, size, "no %s", path);
	if (madvise(page, BASE_PAGE, 101))
		return unmet(why, size, "MADV_SOFT_OFFLINE: %s", errno_name(errno));
	snprintf(text, sizeof(text), "0x%lx", pfn);
	err = file_write(path, text);
	if (err)
		return unmet(why, size, "unpoison-pfn: %s", errno_name(-err));
	if (corrupted_kb() != before)
		return unmet(why, size, "a page that was taken offline does not come back");
	return 0;
}

static int offline_probe(char *why, size_t size)
{
	if (need_check("debugfs", *host_options.scratch, why, size))
		return 1;
	return probe_in_child(offline_try, why, size);
}

static int offline_provide(char *why, size_t size)
{
	(void)why;
	(void)size;
	load_module("hwpoison_inject");
	return 0;
}

const struct need need_soft_offline = {
	.name = "soft-offline",
	.about = "pages can be taken offline and put back into use",
	.hint = "run as root; modprobe hwpoison_inject (CONFIG_HWPOISON_INJECT)",
	.probe = offline_probe,
	.provide = offline_provide,
};
