// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "core/actor/fault.h"
#include "core/base/numa_entries.h"
#include "core/base/numa_scan.h"
#include "core/verb/event.h"

enum { HINT_MS = 15000 };

static struct {
	int result;   /* of numa_scan() */
	bool own;     /* the entries are those of the step's pages, */
	long entries; /* else of the host */
} hint;

/*
 * Balancing leaves alone what has a policy of its own, has no page, or is KSM's;
 * shared memory it takes, but a child would have to be the last one to map it.
 */
static bool balanced(const struct mem_kind *mem)
{
	return mem->share == SHARE_PRIVATE_ANON && !mem->hugetlb && !strstr(mem->name, "zero") &&
	       strcmp(mem->name, "numa-far") && strcmp(mem->name, "ksm") &&
	       strncmp(mem->name, "swapped", strlen("swapped"));
}

static uint8_t load(const volatile char *at)
{
	uint8_t outcome;

	FAULT_GUARD(outcome, (void)*at);
	return outcome;
}

/* An access ends what a pass before the step did: the next one does it again. */
static void touch(const struct actor *a, const struct op *op)
{
	for (size_t i = 0; i < op->npages; i++) {
		const char *at = op_addr(a, op) + i * BASE_PAGE;

		if (page_frame(at) && load(at) != OUTCOME_OK)
			return;
	}
}

static void scan(const struct actor *a, const struct op *op)
{
	const long before = event_vmstat("numa_pte_updates");
	struct numa_entries e;

	hint.own = !numa_entries_open(&e);
	hint.result = numa_scan(HINT_MS);
	hint.entries = event_vmstat("numa_pte_updates") - before;
	if (!hint.own)
		return;
	hint.entries = numa_entries_count(&e, op_addr(a, op), op_bytes(op));
	numa_entries_close(&e);
}

static int numa_hint_exec(struct actor *a, const struct op *op)
{
	scan(a, op);
	if (hint.own && hint.result == NUMA_SCANNED &&
	    hint.entries < (long)event_free_pages(a, op, event_held_around)) {
		touch(a, op);
		scan(a, op);
	}
	return hint.result < 0 ? hint.result : 0;
}

static int numa_hint_post(struct actor *a, const struct op *op)
{
	/* Of a folio that something holds no page is made to fault. */
	const long needed = (long)event_free_pages(a, op, event_held_around);

	if (hint.result == NUMA_NO_PASS)
		return actor_why(a, "NUMA balancing did not come by");
	if (hint.result == NUMA_NO_FAULT)
		return actor_why(a, "NUMA balancing came by, and a page beside does not fault");
	if (op->shared)
		return actor_why(a, "pages that another process maps are left alone");
	if (hint.own ? hint.entries >= needed : hint.entries > needed)
		return 0;
	return event_why(a, "%ld entries for %ld pages (%s)", hint.entries, needed,
			 hint.own ? "change_prot_numa" : "numa_pte_updates of the host");
}

static void numa_hint_model(struct model_step *s)
{
	(void)s; /* nobody may notice it */
}

static int numa_hint_emit(FILE *out, const struct op *op)
{
	(void)op;
	fprintf(out, "\tnuma_hint();\n");
	return 0;
}

const struct verb verb_numa_hint = {
	.name = "numa-hint",
	.about = "NUMA balancing makes the next access of each page fault; no byte changes",
	.needs = { "numa-balancing", "pagemap" },
	.rule = "Documentation/admin-guide/sysctl/kernel.rst numa_balancing; 6a56ccbcf6c6 (6.2) an "
		"exclusive page stays writable",
	.by = ACTOR_PROCESS,
	.fits = balanced,
	.exec = numa_hint_exec,
	.post = numa_hint_post,
	.model = numa_hint_model,
	.emit = numa_hint_emit,
};
