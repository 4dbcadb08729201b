// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/util.h"
#include "core/guard/guard.h"
#include "core/mem/mem.h"

#define THP "/sys/kernel/mm/transparent_hugepage/"

/* An area of `bytes`, aligned to it, that asks for huge pages; never unmapped. */
static char *aligned_area(size_t bytes)
{
	char *area =
		mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		return NULL;
	area = (char *)(((uintptr_t)area + bytes - 1) / bytes * bytes);
	/* Ends with the area: a larger size must not fit. */
	munmap(area + bytes, BASE_PAGE);
	munmap(area - BASE_PAGE, BASE_PAGE);
	return madvise(area, bytes, MADV_HUGEPAGE) ? NULL : area;
}

/* In a child: one touch of an aligned area must populate all of it. */
static int touched_whole(size_t bytes, bool store, char *why, size_t size)
{
	char *area = aligned_area(bytes);
	struct page_fact fact = { 0 };
	int err;

	if (!area)
		return unmet(why, size, "MADV_HUGEPAGE: %s", errno_name(errno));
	if (store)
		*(volatile char *)area = 1;
	else
		(void)*(volatile char *)area;
	err = page_fact(area + bytes - BASE_PAGE, &fact);
	if (err)
		return unmet(why, size, "/proc/self/pagemap: %s", errno_name(-err));
	if (fact.present)
		return 0;
	return unmet(why, size, "enabled, but a touch populates no %zu kB (memory fragmented?)",
		     bytes / 1024);
}

static int size_probe(unsigned kb, int (*touch)(char *why, size_t size), char *why, size_t size)
{
	char path[128], text[128];

	snprintf(path, sizeof(path), THP "hugepages-%ukB/enabled", kb);
	if (file_read(path, text, sizeof(text)) < 0)
		return unmet(why, size, "the kernel has no anonymous folios of %u kB", kb);
	if (strstr(text, "[never]"))
		return unmet(why, size, "%s is never", path);
	return probe_in_child(touch, why, size);
}

static int size_provide(unsigned kb, char *why, size_t size)
{
	char path[128];
	int err;

	snprintf(path, sizeof(path), THP "hugepages-%ukB/enabled", kb);
	if (access(path, F_OK))
		return -ENOENT;
	err = guard_setting(path, "madvise");
	if (err)
		unmet(why, size, "%s: %s", path, errno_name(-err));
	return err;
}

#define MTHP(id, text, kb)                                                   \
	static int touch_##id(char *why, size_t size)                        \
	{                                                                    \
		return touched_whole((kb)*1024ul, true, why, size);          \
	}                                                                    \
	static int probe_##id(char *why, size_t size)                        \
	{                                                                    \
		return size_probe(kb, touch_##id, why, size);                \
	}                                                                    \
	static int provide_##id(char *why, size_t size)                      \
	{                                                                    \
		return size_provide(kb, why, size);                          \
	}                                                                    \
	const struct need need_mthp_##id = {                                 \
		.name = "mthp-" text,                                        \
		.about = "anonymous folios of " text " for areas that ask",  \
		.hint = "echo madvise > " THP "hugepages-" #kb "kB/enabled", \
		.probe = probe_##id,                                         \
		.provide = provide_##id,                                     \
	}

MTHP(16k, "16k", 16);
MTHP(32k, "32k", 32);
MTHP(64k, "64k", 64);
MTHP(128k, "128k", 128);
MTHP(256k, "256k", 256);
MTHP(512k, "512k", 512);
MTHP(1m, "1M", 1024);

static int read_touch(char *why, size_t size)
{
	return touched_whole(HUGE_PAGE, false, why, size);
}

static int huge_zeropage_probe(char *why, size_t size)
{
	char text[16];

	if (file_read(THP "use_zero_page", text, sizeof(text)) < 0)
		return unmet(why, size, "the kernel has no huge zero page");
	if (strcmp(text, "1"))
		return unmet(why, size, THP "use_zero_page is %s", text);
	return probe_in_child(read_touch, why, size);
}

static int huge_zeropage_provide(char *why, size_t size)
{
	int err;

	if (need_check("thp", true, why, size))
		return -ENODEV;
	err = guard_setting(THP "use_zero_page", "1");
	if (err)
		unmet(why, size, THP "use_zero_page: %s", errno_name(-err));
	return err;
}

const struct need need_huge_zeropage = {
	.name = "huge-zeropage",
	.about = "the huge zero page for areas that ask for huge pages",
	.hint = "echo 1 > " THP "use_zero_page",
	.probe = huge_zeropage_probe,
	.provide = huge_zeropage_provide,
};
