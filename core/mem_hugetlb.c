// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem_kind.h"

#include <linux/mman.h>
#include <stdio.h>
#include <sys/mman.h>

#include "core/util.h"

static int hugetlb_map(struct region *r, char *at)
{
	return region_map(r, at, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB);
}

static int hugetlb_check(struct region *r, char *why, size_t size)
{
	long kb = smaps_kb(r->addr, "KernelPageSize");

	if (kb < 0)
		return (int)kb;
	if (kb == HUGE_PAGE / 1024)
		return region_check_present(r, false, why, size);
	snprintf(why, size, "KernelPageSize is %ld kB", kb);
	return 1;
}

const struct mem_kind mem_hugetlb_2m = {
	.name = "hugetlb-2M",
	.about = "private anonymous hugetlb page of 2 MiB",
	.needs = { "hugetlb-2M" },
	.share = SHARE_PRIVATE_ANON,
	.unit = HUGE_PAGE,
	.units = 1,
	.hugetlb = true,
	.map = hugetlb_map,
	.check = hugetlb_check,
};
