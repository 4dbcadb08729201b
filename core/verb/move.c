// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/verb/event.h"

enum { MOVE_ALL = 4, ADVICE_SOFT_OFFLINE = 101, NODES_MAX = 64, OFFLINE_MAX = 16 };

/* The last migration of this process, one slot for each unit of the place. */
static struct {
	unsigned long pfn;
	int target, status; /* nodes, or -errno of the page */
} moved[IMAGE_PAGES];

static size_t unit_pages(const struct op *op)
{
	return op->unit > BASE_PAGE ? op->unit / BASE_PAGE : 1;
}

/* The number of pages that did not move, or -errno. */
static int move_one(char *at, int *node, int *status)
{
	void *page = at;
	long n = syscall(SYS_move_pages, 0, 1ul, &page, node, status, node ? MOVE_ALL : 0);

	return n < 0 ? -errno : (int)n;
}

/* Another node with memory, or -1. */
static int other_node(int than)
{
	char path[64];

	for (int n = 0; n < NODES_MAX; n++) {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", n);
		if (n != than && !access(path, F_OK))
			return n;
	}
	return -1;
}

/* One page in one call, so that a huge page is named once only. */
static int migrate_exec(struct actor *a, const struct op *op)
{
	size_t step = unit_pages(op);

	for (size_t i = 0; i < op->npages; i += step) {
		char *at = op_addr(a, op) + i * BASE_PAGE;
		int err, now = -1;

		moved[i].pfn = page_frame(at);
		err = move_one(at, NULL, &now);
		if (err < 0)
			return err;
		moved[i].target = other_node(now);
		moved[i].status = now;
		if (now < 0)
			continue;
		err = move_one(at, &moved[i].target, &moved[i].status);
		if (err < 0)
			return err;
	}
	return 0;
}

/*
 * What nothing holds must have moved. That a held page stays is for programs to claim: if it
 * moved, this state was reached all the same.
 */
static int migrate_post(struct actor *a, const struct op *op)
{
	size_t step = unit_pages(op);

	for (size_t i = 0; !op->empty && i < op->npages; i += step) {
		unsigned long pfn = page_frame(op_addr(a, op) + i * BASE_PAGE);
		enum event_hold hold = HOLD_NONE;

		for (size_t k = 0; k < step; k++) {
			enum event_hold one = event_held(a, op, op->first + i + k);

			hold = one > hold ? one : hold;
		}
		if (hold == HOLD_NONE &&
		    (moved[i].status != moved[i].target || pfn == moved[i].pfn))
			return event_why(a, "page %zu was not moved: status %d", op->first + i,
					 moved[i].status);
	}
	return 0;
}

static void migrate_model(struct model_step *s)
{
	(void)s; /* errors are those of pages */
}

static int migrate_emit(FILE *out, const struct op *op)
{
	fprintf(out, "\tmigrate(r%d + %zu, %zu, %d);\n", op->region, op->first * BASE_PAGE,
		op_bytes(op), op->pinned || op->shared);
	return 0;
}

const struct verb verb_migrate = {
	.name = "migrate",
	.about = "move_pages: the pages move to another node; a held page stays, with an error",
	.needs = { "nodes", "pagemap" },
	.rule = "move_pages(2); Documentation/mm/page_migration.rst",
	.by = ACTOR_PROCESS,
	.flags = VERB_UNITS,
	.exec = migrate_exec,
	.post = migrate_post,
	.model = migrate_model,
	.emit = migrate_emit,
};

static long compact_before;

static int compact_exec(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	compact_before = event_vmstat("compact_migrate_scanned");
	return file_write("/proc/sys/vm/compact_memory", "1");
}

static int compact_post(struct actor *a, const struct op *op)
{
	(void)op;
	if (event_vmstat("compact_migrate_scanned") > compact_before)
		return 0;
	return actor_why(a, "the kernel scanned nothing (compact_migrate_scanned)");
}

static void compact_model(struct model_step *s)
{
	(void)s; /* nobody may notice it */
}

static int compact_emit(FILE *out, const struct op *op)
{
	(void)op;
	fprintf(out, "\tcheck(system(\"echo 1 > /proc/sys/vm/compact_memory\"));\n");
	return 0;
}

const struct verb verb_compact = {
	.name = "compact",
	.about = "compacts all memory; which pages move is the kernel's choice",
	.needs = { "compact" },
	.rule = "Documentation/admin-guide/sysctl/vm.rst compact_memory",
	.by = ACTOR_PROCESS,
	.exec = compact_exec,
	.post = compact_post,
	.model = compact_model,
	.emit = compact_emit,
};

static struct {
	unsigned long pfn;
	bool poisoned;
} offline[OFFLINE_MAX];

/* The frame goes back into use at once, so that the host loses no memory. */
static int unpoison(unsigned long pfn)
{
	char path[600], text[32];

	snprintf(path, sizeof(path), "%s/hwpoison/unpoison-pfn", host_provided.debugfs_dir);
	snprintf(text, sizeof(text), "0x%lx", pfn);
	return file_write(path, text);
}

static int offline_exec(struct actor *a, const struct op *op)
{
	int err;

	if (op->npages > OFFLINE_MAX)
		return -E2BIG;
	for (size_t i = 0; i < op->npages; i++)
		offline[i].pfn = page_frame(op_addr(a, op) + i * BASE_PAGE);
	err = event_advise(a, op, ADVICE_SOFT_OFFLINE);
	for (size_t i = 0; i < op->npages; i++) {
		unsigned long pfn = offline[i].pfn;

		offline[i].poisoned = pfn && page_flags(pfn) >> KPAGE_HWPOISON & 1;
		if (offline[i].poisoned && unpoison(pfn))
			return -EIO;
	}
	return err;
}

static int offline_post(struct actor *a, const struct op *op)
{
	for (size_t i = 0; i < op->npages; i++) {
		bool away = page_frame(op_addr(a, op) + i * BASE_PAGE) != offline[i].pfn;

		if (event_held(a, op, op->first + i) || (away && offline[i].poisoned))
			continue;
		return event_why(a, "page %zu is in its old frame", op->first + i);
	}
	return 0;
}

/* A held page can't move: some errno, the manual page names none. */
static void offline_model(struct model_step *s)
{
	if (event_view(s) && model_range_pinned(s->m, s->op))
		s->expect.outcomes = OUTCOME_OK | OUTCOME_ERR;
}

static int offline_emit(FILE *out, const struct op *op)
{
	return event_emit(out, op, ADVICE_SOFT_OFFLINE, "MADV_SOFT_OFFLINE");
}

const struct verb verb_offline = {
	.name = "offline",
	.about = "MADV_SOFT_OFFLINE: each page moves to another frame; no byte changes",
	.needs = { "soft-offline", "pagemap" },
	.rule = "madvise(2) MADV_SOFT_OFFLINE; Documentation/mm/hwpoison.rst",
	.by = ACTOR_PROCESS,
	.flags = VERB_UNITS,
	.exec = offline_exec,
	.post = offline_post,
	.model = offline_model,
	.emit = offline_emit,
};
