// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <string.h>

#include "core/base/util.h"

/* PG_mappedtodisk of an anonymous page is PG_anon_exclusive, from 5.19 on. */
enum { KPF_MAPPEDTODISK_BIT = 34 };

/* Of n frames in a row. */
static int read_flags(int fd, unsigned long pfn, size_t count, uint64_t *flags)
{
	size_t bytes = count * sizeof(*flags);
	ssize_t n = pread(fd, flags, bytes, (off_t)(pfn * sizeof(*flags)));

	if (n == (ssize_t)bytes)
		return 0;
	return n < 0 ? -errno : -EFAULT;
}

int frame_flags(unsigned long pfn, uint64_t *flags)
{
	own_fd fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_flags(fd, pfn, 1, flags);
}

static size_t frames_in_row(const struct page_fact *fact, size_t n)
{
	size_t row = 1;

	/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Branch) */
	while (row < n && fact->pfn && fact[row].pfn == fact->pfn + row)
		row++;
	return row;
}

int pages_flags(const void *addr, size_t n, struct page_fact *fact, uint64_t *flags)
{
	own_fd fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : page_facts(addr, n, fact);

	for (size_t i = 0, row; i < n && !err; i += row) {
		row = frames_in_row(fact + i, n - i);
		/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Branch) */
		if (fact[i].pfn)
			err = read_flags(fd, fact[i].pfn, row, &flags[i]);
		else
			memset(&flags[i], 0, row * sizeof(*flags));
	}
	return err;
}

bool flags_thp(uint64_t flags)
{
	return flags >> KPF_THP & 1;
}

bool flags_zero(uint64_t flags)
{
	return flags >> KPF_ZERO_PAGE & 1;
}

bool flags_swapcache(uint64_t flags)
{
	return flags >> KPF_SWAPCACHE & 1 && flags >> KPF_SWAPBACKED & 1;
}

bool flags_exclusive(uint64_t flags)
{
	return flags >> KPF_ANON & 1 && flags >> KPF_MAPPEDTODISK_BIT & 1;
}

bool flags_head(uint64_t flags)
{
	return flags >> KPF_COMPOUND_HEAD & 1;
}

bool flags_tail(uint64_t flags)
{
	return flags >> KPF_COMPOUND_TAIL & 1;
}

int region_check_flags(const struct region *r, bool (*wanted)(uint64_t flags), const char *what,
		       char *why, size_t size)
{
	enum { CHUNK = 64 };
	struct page_fact fact[CHUNK];
	uint64_t flags[CHUNK];
	size_t pages = r->len / BASE_PAGE;

	for (size_t i = 0; i < pages; i++) {
		size_t n = pages - i < CHUNK ? pages - i : CHUNK;
		int err = i % CHUNK ? 0 : pages_flags(r->addr + i * BASE_PAGE, n, fact, flags);

		if (err)
			return err;
		if (wanted(flags[i % CHUNK]))
			continue;
		snprintf(why, size, "page %zu is no %s, kpageflags are %#lx", i, what,
			 (unsigned long)flags[i % CHUNK]);
		return 1;
	}
	return 0;
}
