// SPDX-License-Identifier: GPL-2.0-only
#include "results/deviation.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What a reference in place of a pin looks like. */
#define COHERENCE "stale-pin leak lost-write"
#define RXE_ON_DEMAND "docs/findings/rxe-on-demand.c"
#define ZERO_AND_FILE "84209e87c696 (6.2): R/O pins break COW of zero and file pages"
#define FORK_OF_HUGETLB "4eae4efa2c29 (5.12): fork copies pinned pages of hugetlb"
#define COPIED                                                                               \
	"6c287605fd56 (5.19): PageAnonExclusive; before, a store through a read-only entry " \
	"copied a pinned page"
#define TAKEN_AS_IT_IS "a7f226604170 (5.19): unshare before R/O pins"
#define HUGETLB_DISCARD "90e7e7f5ef3f (5.18): MADV_DONTNEED of hugetlb"
#define COLLAPSE_WRITABLE \
	"\"mm: enable khugepaged anonymous collapse on non-writable regions\" (6.18)"

const struct deviation deviations[] = {
	{ "*-hugetlb/mem=hugetlb-2M/pin=vmsplice", "leak", 0, 0,
	  "CVE-2020-29374 was left open for hugetlb; the kernel's cow selftest expects it", false },
	{ "keep/*/mem=hugetlb-2M/pin=vmsplice", "leak", 0, 0,
	  "CVE-2020-29374 was left open for hugetlb; the kernel's cow selftest expects it", false },
	{ "*-hugetlb/mem=hugetlb-2M/pin=zc", "leak", 0, 0,
	  "CVE-2020-29374 was left open for hugetlb; a zero-copy send takes FOLL_GET too", false },
	{ "discard/free-then-*-unpin/mem=*/pin=uring-rw", "lost-write", 0, 0,
	  "docs/findings/uring-unpin-not-dirty.c", false },
	{ "reclaim/lazily-freed-page-under-a-pin/mem=*/pin=uring-rw", "lost-write", 0, 0,
	  "docs/findings/uring-unpin-not-dirty.c", false },
	{ "odp/read-then-store-after-fork/*", "leak", 0, 6018, RXE_ON_DEMAND, false },
	{ "odp/after-protect/*", "refused", 0, 6018, RXE_ON_DEMAND, false },
	{ "pin-after-fork/rw-pin-on-shared/mem=s*[koe]/pin=rdma-odp", "leak", 0, 6018,
	  RXE_ON_DEMAND, false },
	{ "pin-after-fork/rw-pin-on-shared/mem=[!s]*/pin=rdma-odp", "leak", 0, 6018, RXE_ON_DEMAND,
	  false },
	{ "pin-after-fork/child-rw-pin-on-shared/*/pin=rdma-odp", "leak", 0, 6018, RXE_ON_DEMAND,
	  false },
	{ "pin-after-fork/both-sides-rw-pin/*/pin=rdma-odp", "leak", 0, 6018, RXE_ON_DEMAND,
	  false },
	{ "discard/free-of-a-pinned-page/*/pin=rdma-odp", "refused", 0, 6018, RXE_ON_DEMAND,
	  false },
	{ "discard/discard-then-scavenge/mem=[at]*/pin=rdma-odp", "refused", 0, 6018, RXE_ON_DEMAND,
	  false },
	{ "file/rw-pin-of-the-zero-page/*/pin=rdma-odp", "refused", 0, 6018, RXE_ON_DEMAND, false },
	{ "pin-before-fork/rw-pin-of-zero-page-then-fork/*/pin=rdma-odp", "refused", 0, 6018,
	  RXE_ON_DEMAND, false },
	{ "file/write-to-a-shared-file/*/pin=rdma-odp", "use-after-free", 0, 0, RXE_ON_DEMAND,
	  false },
	{ "pin-before-fork/device-writes-sectors-after-fork/*/pin=rdma-odp", "use-after-free", 0, 0,
	  RXE_ON_DEMAND, false },
	{ "malloc/device-stores-*/pin=rdma-odp", "use-after-free", 0, 0, RXE_ON_DEMAND, true },
	{ "malloc/store-beside-*/pin=rdma-odp", "use-after-free stale-pin", 0, 0, RXE_ON_DEMAND,
	  true },
	{ "odp/free-then-store/*", "lost-write", 0, 0, RXE_ON_DEMAND, false },
	{ "file-pin/shift-takes-private-copies/*/pin=rdma-odp", "lost-write", 0, 6018,
	  RXE_ON_DEMAND, false },
	{ "seal/exec-*", "refused", 6003, 7000,
	  "3b041514cb6e, also in stable trees; docs/findings/exec-seal-skips-the-wait.c", true },
	/* What kernels before the fix are known for. */
	{ "rereg/*", "refused", 6002, 7000,
	  "badad6fad60d (7.1, and stable trees): a region for reading was made writable", true },
	{ "heir/aio-ring-is-not-inherited/*", "refused", 0, 7000,
	  "c03ce4173c7b (7.1, and stable trees): until then fork copied the mapping", true },
	{ "heir/bar-is-gone-*", "refused:heir-off", 6001, 6009,
	  "35e351780fa9 (6.9, and stable trees): fork copied the page tables of a BAR after vfio "
	  "had emptied them; aac6db75a9fc (6.10)",
	  true },
	{ "*/pin=*fuse-*", COHERENCE, 0, 6008, "738adade96b2 (6.9): FUSE direct I/O takes FOLL_PIN",
	  true },
	{ "*/pin=*dio-*", COHERENCE, 0, 6004, "a7e689dd1c06 (6.5): direct I/O takes FOLL_PIN",
	  true },
	{ "*/pin=*aio-*", COHERENCE, 0, 6004, "a7e689dd1c06 (6.5): direct I/O takes FOLL_PIN",
	  true },
	{ "pin-after-fork/child-ro-pin-then-unmap/mem=*huge*/pin=*-ro", "leak", 0, 5018,
	  TAKEN_AS_IT_IS, true },
	{ "*/mem=*hugetlb*/pin=*-r[wo]", "stale-pin leak", 0, 5011, FORK_OF_HUGETLB, true },
	/* An entry of the page table that was write-protected under the pin. */
	{ "*protect*/pin=*-r[wo]", "stale-pin", 0, 5018, COPIED, true },
	{ "*soft-dirty-clear-then-*/pin=*-r[wo]", "stale-pin", 0, 5018, COPIED, true },
	{ "*read-only-page/*/pin=*-rw", "stale-pin", 0, 5018, COPIED, true },
	{ "pkey/*pin-[ga]*/pin=*-r[wo]", "stale-pin", 0, 5018, COPIED, true },
	{ "pkey/middle-pages/*/pin=*-rw", "stale-pin", 0, 5018, COPIED, true },
	{ "remote/*-keeps-the-pin/*/pin=*-r[wo]", "stale-pin", 0, 5018, COPIED, true },
	{ "remote/peek-*/pin=*-rw", "stale-pin", 0, 5018, COPIED, true },
	{ "uffd/wp-[!d]*/pin=*-r[wo]", "stale-pin", 0, 5018, COPIED, true },
	/* An entry that is read-only as well: memory shared, merged, swapped in, or only read. */
	{ "*after-fork/*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "*fork-then-*pin/*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "*after-child-exit/*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "*while-shared/*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "spawn/clone-vm-under-a-ro-pin/*", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "*ro-pin-of-*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "*of-read-only-*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "dma/read-only-*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "*after-soft-dirty-clear/*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "ksm/ro-pin-*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "*/mem=ksm/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "swap/*-in/*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "swap/pin-brings-it-back/*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "*/mem=swap*/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "*/mem=thp-shared/pin=*-ro", "stale-pin", 0, 5018, TAKEN_AS_IT_IS, true },
	{ "*/pin=rdma-own", "stale-pin", 0, 5018, "6c287605fd56 (5.19): PageAnonExclusive", true },
	{ "*zero*/pin=*-ro", "stale-pin", 0, 6001, ZERO_AND_FILE, true },
	{ "file/ro-pin-of-an-untouched-*", "stale-pin", 0, 6001, ZERO_AND_FILE, true },
	{ "file-pin/*/pin=*-ro", "stale-pin", 0, 6001, ZERO_AND_FILE, true },
	{ "dma/read-only-*/pin=*-ro", "stale-pin", 0, 6001, ZERO_AND_FILE, true },
	{ "word/map-of-no-page/*/pin=*-ro", "stale-pin", 0, 6001, ZERO_AND_FILE, true },
	{ "remount/private-pin-is-no-writer/*/pin=*-ro", "stale-pin", 0, 6001, ZERO_AND_FILE,
	  true },
	{ "pin-after-fork/ro-pin-then-rw-pin/*", "stale-pin", 0, 6001, ZERO_AND_FILE, true },
	{ "hugetlb/ro-pin-of-an-untouched-*", "stale-pin", 0, 6001, ZERO_AND_FILE, true },
	{ "*/pin=vmsplice", "leak", 0, 5017, "CVE-2020-29374 for THP and swap, fixed in 5.18",
	  true },
	{ "*/pin=zc", "leak", 0, 5017, "CVE-2020-29374 for THP and swap, fixed in 5.18", true },
	{ "discard/*/mem=*huge*", "refused", 0, 5017, HUGETLB_DISCARD, true },
	{ "hugetlb/*", "refused", 0, 5017, HUGETLB_DISCARD, true },
	{ "remap/*/mem=*huge*", "refused", 0, 5015, "550a7d60bd5e (5.16): mremap of hugetlb",
	  true },
	{ "*/pin=uring-rw*", "refused", 0, 6004, "34ed8d0dcd69 (6.5): io_uring leaves files to GUP",
	  true },
	{ "shared-file/rw-pin-*", "refused", 0, 6004, "8ac268436e6d (6.5)", true },
	{ "*/pin=rdma-*ro", "refused:pin", 0, 6001,
	  "until 6.2 R/O memory regions were pinned with FOLL_WRITE | FOLL_FORCE", true },
	{ "seal/private-pin-is-no-writer/*/pin=*-ro", "refused", 0, 6001, ZERO_AND_FILE, true },
	{ "fault-cost/ro-upgrade/*", "claim", 0, 5018, "6c287605fd56 (5.19): PageAnonExclusive",
	  true },
	{ "fault-cost/cow-reuse/mem=mthp*", "claim", 0, 6014,
	  "1da190f4d0a6 (6.15): COW reuse support for PTE-mapped THP", true },
	{ "fault-cost/soft-dirty-store/*", "claim", 0, 5017,
	  "d4c470970d45 (5.18): a fresh page in the LRU batch is reused", true },
	{ "fault-cost/swapcache-store/*", "claim", 0, 5017,
	  "53a05ad9f21d (5.18): an exclusive page in the swap cache is reused", true },
	{ "pin-before-fork/rw-pin-then-fork-of-a-read-only-area/mem=*huge*", "refused", 5012, 6013,
	  "mm/hugetlb: don't map folios writable without VM_WRITE when copying during fork()",
	  true },
	{ "thp/collapse-*-shared-with-a-child/*", "refused", 6001, 6017, COLLAPSE_WRITABLE, false },
	{ "thp/collapse-in-the-child/*", "refused", 6001, 6017, COLLAPSE_WRITABLE, false },
	{ "thp/ro-pin-after-collapse-and-child-exit/*", "refused", 6001, 6017, COLLAPSE_WRITABLE,
	  false },
	{ "remote/forced-write-to-hugetlb-*", "refused", 6001, 6013,
	  "f347454d0341 (6.2, 6.1.2) refuses forced stores to hugetlb; \"mm/hugetlb: support "
	  "FOLL_FORCE|FOLL_WRITE\" (6.14)",
	  false },
	{ "gigantic/*", "lost-write:read", 6018, 0, "docs/findings/fork-of-gigantic.c", true },
	{ "dontfork/dofork-*/mem=*huge*", "refused", 7000, 0, "docs/findings/dofork-of-hugetlb.c",
	  true },
	{ NULL, NULL, 0, 0, NULL, false },
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

/* Of "refused:pin" after the colon: the step's verb is that, or begins with it and a hyphen. */
static bool is_step(const char *verb, size_t len, const char *step)
{
	const char *at = strchr(step, ':');

	return at && !strncmp(at + 1, verb, len) && !isalnum((unsigned char)at[1 + len]);
}

static bool is_class(const char *word, size_t len, const struct verdict *v)
{
	size_t class = strlen(v->class);

	if (!class || class > len || strncmp(word, v->class, class) != 0)
		return false;
	return class == len ||
	       (word[class] == ':' && is_step(word + class + 1, len - class - 1, v->step_text));
}

static bool has_class(const struct deviation *d, const struct verdict *v)
{
	for (const char *at = d->class; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (is_class(at, len, v))
			return true;
		at += len;
	}
	return false;
}

const struct deviation *deviation_find(const char *cell, const struct verdict *v, int kernel)
{
	for (const struct deviation *d = deviations; d->cells; d++)
		if (covers(d, cell, kernel) && has_class(d, v))
			return d;
	return NULL;
}

const struct deviation *deviation_expects(const char *cell, int kernel)
{
	for (const struct deviation *d = deviations; d->cells; d++)
		if (covers(d, cell, kernel) && !d->some)
			return d;
	return NULL;
}
