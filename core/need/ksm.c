// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/base/util.h"
#include "core/guard/guard.h"
#include "core/mem/mem.h"

#define KSM "/sys/kernel/mm/ksm/"

enum { TWINS = 2, WAIT_MS = 4000, NAP_MS = 10, SCAN_MS = 5, SCAN_PAGES = 100000 };

static long ksm_number(const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), KSM "%s", file);
	return file_number(path);
}

/* In a child: whether pages of the byte come to share one frame. */
static int merge(char byte, char *why, size_t size)
{
	const struct timespec nap = { .tv_nsec = NAP_MS * 1000000l };
	size_t len = (size_t)TWINS * BASE_PAGE;
	char *area = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED || (madvise(area, len, MADV_NOHUGEPAGE) && errno != EINVAL))
		return unmet(why, size, "mmap: %s", errno_name(errno));
	memset(area, byte, len);
	if (madvise(area, len, MADV_MERGEABLE))
		return unmet(why, size, "MADV_MERGEABLE: %s", errno_name(errno));
	for (int ms = 0; ms < WAIT_MS; ms += NAP_MS) {
		struct page_fact one, two;

		if (page_fact(area, &one) || page_fact(area + BASE_PAGE, &two) || !one.pfn)
			return unmet(why, size, "pagemap hides page frame numbers");
		if (one.pfn == two.pfn)
			return 0;
		nanosleep(&nap, NULL);
	}
	return unmet(why, size, "two equal pages were not merged within %d ms", WAIT_MS);
}

static int merge_bytes(char *why, size_t size)
{
	return merge(0x5a, why, size);
}

static int ksm_probe(char *why, size_t size)
{
	long run = ksm_number("run");

	if (run < 0)
		return unmet(why, size, "the kernel has no KSM");
	if (run != 1)
		return unmet(why, size, KSM "run is %ld", run);
	return probe_in_child(merge_bytes, why, size);
}

static int set(const char *file, long value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), KSM "%s", file);
	snprintf(text, sizeof(text), "%ld", value);
	return guard_setting(path, text);
}

static int ksm_provide(char *why, size_t size)
{
	bool unmerge = ksm_number("pages_shared") == 0;
	int err = 0;

	if (ksm_number("run") < 0)
		return -ENOENT;
	if (ksm_number("sleep_millisecs") > SCAN_MS)
		err = set("sleep_millisecs", SCAN_MS);
	if (!err && ksm_number("pages_to_scan") < SCAN_PAGES)
		err = set("pages_to_scan", SCAN_PAGES);
	/* Undone backwards: where nothing was merged, all is parted before the old value. */
	if (!err && unmerge && ksm_number("run") != 1)
		err = set("run", 2);
	if (!err)
		err = set("run", 1);
	if (err)
		unmet(why, size, KSM "run: %s", errno_name(-err));
	return err;
}

const struct need need_ksm = {
	.name = "ksm",
	.about = "kernel same-page merging",
	.hint = "echo 1 > " KSM "run",
	.probe = ksm_probe,
	.provide = ksm_provide,
};

static int merge_zeros(char *why, size_t size)
{
	return merge(0, why, size);
}

static int ksm_zero_probe(char *why, size_t size)
{
	long zero = ksm_number("use_zero_pages");

	if (zero < 0)
		return unmet(why, size, "the kernel's KSM does not use the zero page");
	if (zero != 1)
		return unmet(why, size, KSM "use_zero_pages is %ld", zero);
	if (ksm_number("run") != 1)
		return unmet(why, size, KSM "run is not 1");
	return probe_in_child(merge_zeros, why, size);
}

static int ksm_zero_provide(char *why, size_t size)
{
	int err;

	if (need_check("ksm", true, why, size))
		return -ENODEV;
	err = set("use_zero_pages", 1);
	if (err)
		unmet(why, size, KSM "use_zero_pages: %s", errno_name(-err));
	return err;
}

const struct need need_ksm_zero = {
	.name = "ksm-zero",
	.about = "KSM that replaces pages full of zeros by the zero page",
	.hint = "echo 1 > " KSM "use_zero_pages; echo 1 > " KSM "run",
	.probe = ksm_zero_probe,
	.provide = ksm_zero_provide,
};
