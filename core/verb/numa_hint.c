// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "core/base/numa_scan.h"
#include "core/verb/event.h"

enum { HINT_MS = 15000 };

static struct {
	int result;   /* of numa_scan() */
	long updates; /* of page table entries, by this and other processes */
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

static int numa_hint_exec(struct actor *a, const struct op *op)
{
	long before = event_vmstat("numa_pte_updates");

	(void)a;
	(void)op;
	hint.result = numa_scan(HINT_MS);
	hint.updates = event_vmstat("numa_pte_updates") - before;
	return hint.result < 0 ? hint.result : 0;
}

/* Pages that something holds or another process maps are not made to fault. */
static int numa_hint_post(struct actor *a, const struct op *op)
{
	size_t pages = 0;

	if (hint.result == NUMA_NO_PASS)
		return actor_why(a, "NUMA balancing did not come by");
	if (hint.result == NUMA_NO_FAULT)
		return actor_why(a, "NUMA balancing came by, and a page beside does not fault");
	if (op->shared)
		return actor_why(a, "pages that another process maps are left alone");
	for (size_t i = 0; i < op->npages; i++)
		pages += !event_held_around(a, op, op->first + i) &&
			 page_frame(op_addr(a, op) + i * BASE_PAGE);
	if (hint.updates > (long)pages)
		return 0;
	return event_why(a, "%ld entries for %zu pages (numa_pte_updates)", hint.updates, pages);
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
