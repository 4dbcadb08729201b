// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/actor/fault.h"
#include "core/base/util.h"
#include "core/verb/event.h"

enum {
	MERGE_MS = 4000,
	NAP_US = 2000,
	SCANS = 3, /* of all mergeable memory: a checksum, the unstable tree, the merge */
};

#define KSM_SCANS "/sys/kernel/mm/ksm/full_scans"

/*
 * The last merge of this process: a twin of each page, so that there is something
 * to merge with, and behind them two equal pages that tell when ksmd came by.
 */
static struct {
	char *twin;
	long scans;
} merging;

static int twin_fill(const struct actor *a, const struct op *op)
{
	char *canary = merging.twin + op_bytes(op);

	for (size_t i = 0; i < op->npages; i++)
		fault_copy(merging.twin + i * BASE_PAGE, op_addr(a, op) + i * BASE_PAGE, 0xff);
	for (size_t i = 0; i < 2ul * BASE_PAGE; i += sizeof(uint64_t)) {
		uint64_t word = now_ns() * 0x9e3779b97f4a7c15ull;

		if (i < BASE_PAGE)
			memcpy(canary + i, &word, sizeof(word));
		else
			memcpy(canary + i, canary + i - BASE_PAGE, sizeof(word));
	}
	return 0;
}

/* Pages that nothing holds and that are not one with their twin. */
static size_t apart(const struct actor *a, const struct op *op)
{
	size_t n = 0;

	for (size_t i = 0; i < op->npages; i++)
		n += !event_held(a, op, op->first + i) &&
		     !page_merged(op_addr(a, op) + i * BASE_PAGE, merging.twin + i * BASE_PAGE);
	return n;
}

static bool scanned(const struct op *op)
{
	char *canary = merging.twin + op_bytes(op);

	return file_number(KSM_SCANS) >= merging.scans + SCANS &&
	       page_merged(canary, canary + BASE_PAGE);
}

/* The twins stay until the process ends; a child gets none. */
static int merge_exec(struct actor *a, const struct op *op)
{
	size_t len = op_bytes(op) + 2ul * BASE_PAGE;
	char *at;
	int err = event_advise(a, op, MADV_MERGEABLE);

	if (err)
		return err;
	at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -errno;
	madvise(at, len, MADV_NOHUGEPAGE);
	merging.twin = at;
	twin_fill(a, op);
	if (madvise(at, len, MADV_DONTFORK) || madvise(at, len, MADV_MERGEABLE))
		return -errno;
	merging.scans = file_number(KSM_SCANS);
	for (int i = 0; i < MERGE_MS * 1000 / NAP_US; i++) {
		if (!apart(a, op) && (!op->pinned || scanned(op)))
			break;
		event_nap(NAP_US);
	}
	return 0;
}

static int merge_post(struct actor *a, const struct op *op)
{
	size_t left = op->empty ? 0 : apart(a, op);

	if (left)
		return event_why(a, "%zu pages were not merged", left);
	if ((op->pinned || op->empty) && !scanned(op))
		return actor_why(a, "ksmd did not come by");
	return 0;
}

static int merge_emit(FILE *out, const struct op *op)
{
	size_t at = op->first * BASE_PAGE;

	if (op->fails)
		return event_emit(out, op, MADV_MERGEABLE, "MADV_MERGEABLE");
	fprintf(out, "\tmerge(r%d + %zu, %zu); /* /sys/kernel/mm/ksm/run must be 1 */\n",
		op->region, at, op_bytes(op));
	if (!op->pinned && !op->empty)
		fprintf(out, "\treached(merged(r%d + %zu, %zu), \"not merged\");\n", op->region, at,
			op_bytes(op));
	return 0;
}

/* KSM takes anonymous base pages; of others the advice is ignored. */
static bool can_merge(const struct mem_kind *mem)
{
	return !mem->hugetlb && mem->share < SHARE_SHARED;
}

const struct verb verb_merge = {
	.name = "merge",
	.about = "MADV_MERGEABLE: KSM merges each page with a twin; a held page is left alone",
	.needs = { "ksm" },
	.rule = "Documentation/admin-guide/mm/ksm.rst; mm/ksm.c write_protect_page()",
	.by = ACTOR_PROCESS,
	.fits = can_merge,
	.exec = merge_exec,
	.post = merge_post,
	.model = event_model,
	.emit = merge_emit,
};

/* The frames before the last unmerge of this process. */
static unsigned long frame[IMAGE_PAGES];

static int unmerge_exec(struct actor *a, const struct op *op)
{
	for (size_t i = 0; i < op->npages; i++)
		frame[i] = page_frame(op_addr(a, op) + i * BASE_PAGE);
	return event_advise(a, op, MADV_UNMERGEABLE);
}

/* Linux 6.18.15 shows every anonymous page with the flag, so it alone proves nothing. */
static int unmerge_post(struct actor *a, const struct op *op)
{
	for (size_t i = 0; i < op->npages; i++) {
		unsigned long pfn = page_frame(op_addr(a, op) + i * BASE_PAGE);

		if (pfn && pfn == frame[i] && page_flags(pfn) >> KPAGE_KSM & 1 &&
		    page_mapcount(pfn) > 1)
			return event_why(a, "page %zu is still merged", op->first + i);
	}
	return 0;
}

static int unmerge_emit(FILE *out, const struct op *op)
{
	return event_emit(out, op, MADV_UNMERGEABLE, "MADV_UNMERGEABLE");
}

const struct verb verb_unmerge = {
	.name = "unmerge",
	.about = "MADV_UNMERGEABLE: each merged page becomes a page of its own again",
	.needs = { "ksm" },
	.rule = "Documentation/admin-guide/mm/ksm.rst; madvise(2) MADV_UNMERGEABLE",
	.by = ACTOR_PROCESS,
	.exec = unmerge_exec,
	.post = unmerge_post,
	.model = event_model,
	.emit = unmerge_emit,
};
