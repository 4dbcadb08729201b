// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/page.h"

#include <fcntl.h>

#include "core/base/self.h"
#include "core/base/util.h"
#include "core/mem/mem.h"

static uint64_t frame_word(const char *file, unsigned long pfn)
{
	own_fd fd = open(file, O_RDONLY | O_CLOEXEC);
	uint64_t word;

	if (fd < 0 ||
	    pread(fd, &word, sizeof(word), (off_t)(pfn * sizeof(word))) != (ssize_t)sizeof(word))
		return 0;
	return word;
}

uint64_t page_flags(unsigned long pfn)
{
	return frame_word("/proc/kpageflags", pfn);
}

uint64_t page_mapcount(unsigned long pfn)
{
	return frame_word("/proc/kpagecount", pfn);
}

unsigned long page_frame(const void *addr)
{
	struct page_fact fact;

	return page_fact(addr, &fact) || !fact.present ? 0 : fact.pfn;
}

int pagemap_bit(const void *addr, int bit)
{
	own_fd fd = self_open(SELF_PAGEMAP);
	uint64_t entry;

	if (fd < 0 ||
	    pread(fd, &entry, sizeof(entry),
		  (off_t)((uintptr_t)addr / BASE_PAGE * sizeof(entry))) != (ssize_t)sizeof(entry))
		return -1;
	return entry >> bit & 1;
}

bool page_merged(const void *one, const void *other)
{
	unsigned long pfn = page_frame(one);

	return pfn && pfn == page_frame(other) && page_flags(pfn) >> KPAGE_KSM & 1;
}
