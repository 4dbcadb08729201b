// SPDX-License-Identifier: GPL-2.0-only
#include "results/deviation.h"

#include <stdio.h>
#include <string.h>

#define RXE_ON_DEMAND "docs/findings/rxe-on-demand.c"

const struct deviation deviations[] = {
	{ "*-hugetlb/mem=hugetlb-2M/pin=vmsplice", "leak", 0, 0,
	  "CVE-2020-29374 was left open for hugetlb; the kernel's cow selftest expects it" },
	{ "*-hugetlb/mem=hugetlb-2M/pin=zc", "leak", 0, 0,
	  "CVE-2020-29374 was left open for hugetlb; a zero-copy send takes FOLL_GET too" },
	{ "discard/free-then-*-unpin/mem=*/pin=uring-rw", "lost-write", 0, 0,
	  "docs/findings/uring-unpin-not-dirty.c" },
	{ "reclaim/lazily-freed-page-under-a-pin/mem=*/pin=uring-rw", "lost-write", 0, 0,
	  "docs/findings/uring-unpin-not-dirty.c" },
	{ "odp/read-then-store-after-fork/*", "leak", 0, 6018, RXE_ON_DEMAND },
	{ "odp/after-protect/*", "refused", 0, 6018, RXE_ON_DEMAND },
	{ "pin-after-fork/rw-pin-on-shared/mem=s*[ko]/pin=rdma-odp", "leak", 0, 6018,
	  RXE_ON_DEMAND },
	{ "pin-after-fork/rw-pin-on-shared/mem=[!s]*/pin=rdma-odp", "leak", 0, 6018,
	  RXE_ON_DEMAND },
	{ "pin-after-fork/child-rw-pin-on-shared/*/pin=rdma-odp", "leak", 0, 6018, RXE_ON_DEMAND },
	{ "pin-after-fork/both-sides-rw-pin/*/pin=rdma-odp", "leak", 0, 6018, RXE_ON_DEMAND },
	{ "discard/free-of-a-pinned-page/*/pin=rdma-odp", "refused", 0, 6018, RXE_ON_DEMAND },
	{ "discard/discard-then-scavenge/mem=[at]*/pin=rdma-odp", "refused", 0, 6018,
	  RXE_ON_DEMAND },
	{ "file/rw-pin-of-the-zero-page/*/pin=rdma-odp", "refused", 0, 6018, RXE_ON_DEMAND },
	{ "pin-before-fork/rw-pin-of-zero-page-then-fork/*/pin=rdma-odp", "refused", 0, 6018,
	  RXE_ON_DEMAND },
	{ "file/write-to-a-shared-file/*/pin=rdma-odp", "use-after-free", 0, 0, RXE_ON_DEMAND },
	{ "pin-before-fork/device-writes-sectors-after-fork/*/pin=rdma-odp", "use-after-free", 0, 0,
	  RXE_ON_DEMAND },
	{ "odp/free-then-store/*", "lost-write", 0, 0, RXE_ON_DEMAND },
	{ "file-pin/shift-takes-private-copies/*/pin=rdma-odp", "lost-write", 0, 6018,
	  RXE_ON_DEMAND },
	{ "seal/exec-*", "refused", 6003, 7000,
	  "3b041514cb6e, also in stable trees; docs/findings/exec-seal-skips-the-wait.c" },
	{ NULL, NULL, 0, 0, NULL },
};

int kernel_number(const char *release)
{
	int major, minor;

	return sscanf(release, "%d.%d", &major, &minor) == 2 ? major * 1000 + minor : 0;
}

static bool covers(const struct deviation *d, const char *cell, int kernel)
{
	return name_matches(d->cells, cell) && (!d->first || kernel >= d->first) &&
	       (!d->last || kernel <= d->last);
}

const struct deviation *deviation_find(const char *cell, const struct verdict *v, int kernel)
{
	for (const struct deviation *d = deviations; d->cells; d++)
		if (covers(d, cell, kernel) && (!d->class || !strcmp(d->class, v->class)))
			return d;
	return NULL;
}

const struct deviation *deviation_expects(const char *cell, int kernel)
{
	for (const struct deviation *d = deviations; d->cells; d++)
		if (covers(d, cell, kernel))
			return d;
	return NULL;
}
