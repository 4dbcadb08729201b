// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <linux/mman.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/guard/guard.h"
#include "core/mem/mem.h"

#define THP "/sys/kernel/mm/transparent_hugepage/"
#define HUGEPAGES "/sys/kernel/mm/hugepages/hugepages-"

static char *map_private(size_t len, int flags)
{
	return mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static int root_probe(char *why, size_t size)
{
	if (!geteuid())
		return 0;
	return unmet(why, size, "not root (uid %u)", (unsigned)geteuid());
}

const struct need need_root = {
	.name = "root",
	.about = "run as root",
	.hint = "sudo pinfold COMMAND",
	.probe = root_probe,
};

static int pagemap_probe(char *why, size_t size)
{
	struct page_fact fact = { 0 };
	char *page = map_private(BASE_PAGE, 0);
	int err;

	if (page == MAP_FAILED)
		return unmet(why, size, "mmap: %s", errno_name(errno));
	*(volatile char *)page = 1;
	err = page_fact(page, &fact);
	munmap(page, BASE_PAGE);
	if (err)
		return unmet(why, size, "/proc/self/pagemap: %s", errno_name(-err));
	if (!fact.pfn)
		return unmet(why, size, "pagemap hides page frame numbers");
	return 0;
}

const struct need need_pagemap = {
	.name = "pagemap",
	.about = "page frame numbers in /proc/self/pagemap",
	.hint = "sudo pinfold COMMAND (CAP_SYS_ADMIN)",
	.probe = pagemap_probe,
};

/* Whether the file of a THP size or of all sizes has `word` selected. */
static bool thp_selected(const char *file, const char *word)
{
	char path[128], text[128], wanted[32];

	snprintf(path, sizeof(path), THP "%s", file);
	snprintf(wanted, sizeof(wanted), "[%s]", word);
	return file_read(path, text, sizeof(text)) >= 0 && strstr(text, wanted);
}

/* A huge page fits in, wherever it lies. */
enum { THP_AREA = 2 * HUGE_PAGE };

/* NULL with why. */
static char *thp_area(char *why, size_t size)
{
	char *area = map_private(THP_AREA, 0);

	if (area != MAP_FAILED && !madvise(area, THP_AREA, MADV_HUGEPAGE))
		return area;
	unmet(why, size, "MADV_HUGEPAGE: %s", errno_name(errno));
	return NULL;
}

static void store_each(char *area)
{
	for (size_t off = 0; off < THP_AREA; off += BASE_PAGE)
		((volatile char *)area)[off] = 1;
}

static int thp_touch(char *why, size_t size)
{
	char *area = thp_area(why, size);
	long kb = 0;

	if (!area)
		return 1;
	/* A fragmented host may need a few goes until compaction has caught up. */
	for (int i = 0; i < 5 && kb <= 0; i++) {
		store_each(area);
		kb = smaps_kb(area, "AnonHugePages");
		if (kb <= 0)
			madvise(area, THP_AREA, MADV_DONTNEED);
	}
	if (kb > 0)
		return 0;
	return unmet(why, size, "enabled, but no huge page came (memory too fragmented?)");
}

static int thp_probe(char *why, size_t size)
{
	if (access(THP "enabled", F_OK))
		return unmet(why, size, "the kernel has no transparent huge pages");
	if (thp_selected("hugepages-2048kB/enabled", "never"))
		return unmet(why, size, THP "hugepages-2048kB/enabled is never");
	if (thp_selected("enabled", "never") &&
	    (access(THP "hugepages-2048kB/enabled", F_OK) ||
	     thp_selected("hugepages-2048kB/enabled", "inherit")))
		return unmet(why, size, THP "enabled is never");
	return probe_in_child(thp_touch, why, size);
}

/* khugepaged looks again only then: longer than any run. */
#define ASLEEP_MS "4294967295"
#define KHUGEPAGED THP "khugepaged/"

static int ask_for_huge_pages(char *why, size_t size)
{
	char *area = thp_area(why, size);
	long scans = file_number(KHUGEPAGED "full_scans");

	if (!area)
		return 1;
	store_each(area);
	for (int i = 0; i < 100 && file_number(KHUGEPAGED "full_scans") == scans; i++)
		usleep(10000);
	usleep(50000); /* it has looked, and still has work: now it sleeps for its time */
	return 0;
}

/*
 * khugepaged without work waits for the first process that asks for huge pages, looks
 * at once, and only then sleeps for its time. Let it look at one that is no cell.
 */
static void khugepaged_settle(void)
{
	char why[64];

	probe_in_child(ask_for_huge_pages, why, sizeof(why));
}

static bool sleeps_long(long ms)
{
	return ms >= 24 * 3600 * 1000;
}

static int khugepaged_probe(char *why, size_t size)
{
	long ms = file_number(KHUGEPAGED "scan_sleep_millisecs");

	/* What it does shows in page frames, which others than root don't see. */
	if (ms < 0 || sleeps_long(ms) || geteuid())
		return 0;
	return unmet(why, size, "khugepaged looks every %ld ms", ms);
}

static int khugepaged_provide(char *why, size_t size)
{
	int err = guard_setting(KHUGEPAGED "scan_sleep_millisecs", ASLEEP_MS);

	if (err)
		unmet(why, size, KHUGEPAGED "scan_sleep_millisecs: %s", errno_name(-err));
	else
		khugepaged_settle();
	return err;
}

const struct need need_khugepaged = {
	.name = "khugepaged",
	.about = "khugepaged asleep: pages collapse by verbs alone",
	.hint = "echo " ASLEEP_MS " > " KHUGEPAGED "scan_sleep_millisecs",
	.probe = khugepaged_probe,
	.provide = khugepaged_provide,
};

static int thp_provide(char *why, size_t size)
{
	const char *path = THP "enabled";
	int err;

	if (access(path, F_OK))
		return -ENOENT;
	if (!access(THP "hugepages-2048kB/enabled", F_OK))
		path = THP "hugepages-2048kB/enabled";
	err = guard_setting(path, "madvise");
	if (err)
		unmet(why, size, "%s: %s", path, errno_name(-err));
	else if (sleeps_long(file_number(KHUGEPAGED "scan_sleep_millisecs")))
		khugepaged_settle(); /* this may have started it */
	return err;
}

static bool thp_can_provide(void)
{
	return !access(THP "enabled", F_OK);
}

const struct need need_thp = {
	.name = "thp",
	.about = "transparent huge pages of 2 MiB for areas that ask for them",
	.hint = "echo madvise > " THP "enabled",
	.probe = thp_probe,
	.provide = thp_provide,
	.can_provide = thp_can_provide,
};

static const struct pool {
	const char *dir, *name;
	size_t bytes;
	int pages, flag;
	int touched; /* no gigantic page: in emulation its clearing outlasts a probe */
} pool_2m = { HUGEPAGES "2048kB", "2 MiB", HUGE_PAGE, POOL_PAGES_2M, MAP_HUGE_2MB, POOL_PAGES_2M },
  pool_1g = { HUGEPAGES "1048576kB", "1 GiB", 1ul << 30, POOL_PAGES_1G, MAP_HUGE_1GB, 0 };

static long pool_number(const struct pool *p, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", p->dir, file);
	return file_number(path);
}

static int pool_touch(const struct pool *p, char *why, size_t size)
{
	char *area = map_private((size_t)p->pages * p->bytes, MAP_HUGETLB | p->flag);

	if (area == MAP_FAILED)
		return unmet(why, size, "mmap of hugetlb pages: %s", errno_name(errno));
	/* A cgroup's limit or a cpuset makes itself felt here only, as SIGBUS. */
	for (int i = 0; i < p->touched; i++)
		((volatile char *)area)[(size_t)i * p->bytes] = 1;
	return 0;
}

static int touch_2m(char *why, size_t size)
{
	return pool_touch(&pool_2m, why, size);
}

static int touch_1g(char *why, size_t size)
{
	return pool_touch(&pool_1g, why, size);
}

static int pool_probe(const struct pool *p, int (*touch)(char *, size_t), char *why, size_t size)
{
	long left = pool_number(p, "free_hugepages") - pool_number(p, "resv_hugepages");

	if (pool_number(p, "nr_hugepages") < 0)
		return unmet(why, size, "the kernel has no hugetlb pages of %s", p->name);
	if (left < p->pages)
		return unmet(why, size, "%ld free hugetlb pages of %s, %d are needed", left,
			     p->name, p->pages);
	return probe_in_child(touch, why, size);
}

static int pool_provide(const struct pool *p, char *why, size_t size)
{
	long before = pool_number(p, "nr_hugepages"), after;
	char text[32], path[128];
	int err;

	if (before < 0)
		return unmet(why, size, "the kernel has no hugetlb pages of %s", p->name), -ENOENT;
	snprintf(text, sizeof(text), "%ld", before + p->pages);
	/* Memory may be bound to nodes: this file follows that. */
	snprintf(path, sizeof(path), "%s/nr_hugepages_mempolicy", p->dir);
	if (access(path, W_OK))
		snprintf(path, sizeof(path), "%s/nr_hugepages", p->dir);
	err = guard_setting(path, text);
	if (err) {
		unmet(why, size, "%s: %s", path, errno_name(-err));
		return err;
	}
	after = pool_number(p, "nr_hugepages");
	if (after >= before + p->pages)
		return 0;
	unmet(why, size, "the hugetlb pool grew by %ld pages only, not %d", after - before,
	      p->pages);
	return -ENOMEM;
}

static int hugetlb_probe(char *why, size_t size)
{
	return pool_probe(&pool_2m, touch_2m, why, size);
}

static int hugetlb_provide(char *why, size_t size)
{
	return pool_provide(&pool_2m, why, size);
}

static bool hugetlb_can_provide(void)
{
	return pool_number(&pool_2m, "nr_hugepages") >= 0;
}

const struct need need_hugetlb_2m = {
	.name = "hugetlb-2M",
	.about = "8 free hugetlb pages of 2 MiB",
	.hint = "echo 8 > " HUGEPAGES "2048kB/nr_hugepages",
	.probe = hugetlb_probe,
	.provide = hugetlb_provide,
	.can_provide = hugetlb_can_provide,
};

static int gigantic_probe(char *why, size_t size)
{
	return pool_probe(&pool_1g, touch_1g, why, size);
}

/* Not set up by the run: 2 GiB of a host are taken by who wants that. */
const struct need need_hugetlb_1g = {
	.name = "hugetlb-1G",
	.about = "2 free hugetlb pages of 1 GiB",
	.hint = "boot with hugepagesz=1G hugepages=2, or echo 2 > " HUGEPAGES
		"1048576kB/nr_hugepages",
	.probe = gigantic_probe,
};

static int advise(int advice, const char *name, char *why, size_t size)
{
	char *page = map_private(BASE_PAGE, 0);
	int err = 0;

	if (page == MAP_FAILED)
		return unmet(why, size, "mmap: %s", errno_name(errno));
	*(volatile char *)page = 1;
	if (madvise(page, BASE_PAGE, advice))
		err = unmet(why, size, "%s: %s", name, errno_name(errno));
	munmap(page, BASE_PAGE);
	return err;
}

static int pageout_probe(char *why, size_t size)
{
	return advise(MADV_PAGEOUT, "MADV_PAGEOUT", why, size);
}

const struct need need_pageout = {
	.name = "pageout",
	.about = "madvise(MADV_PAGEOUT)",
	.hint = "a kernel from 5.4 on: scripts/lab --kernel 5.10 -- check",
	.probe = pageout_probe,
};

static int wipeonfork_probe(char *why, size_t size)
{
	return advise(MADV_WIPEONFORK, "MADV_WIPEONFORK", why, size);
}

const struct need need_wipeonfork = {
	.name = "wipeonfork",
	.about = "madvise(MADV_WIPEONFORK)",
	.hint = "a kernel from 4.14 on: scripts/lab --kernel 5.10 -- check",
	.probe = wipeonfork_probe,
};
