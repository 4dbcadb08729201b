// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/lru.h"

#include <sys/mman.h>

#include "core/base/util.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#endif

void lru_drain(void)
{
	char *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return;
	*(volatile char *)page = 1;
	madvise(page, BASE_PAGE, MADV_COLD);
	munmap(page, BASE_PAGE);
}
