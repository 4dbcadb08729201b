// SPDX-License-Identifier: GPL-2.0-only
/* mremap that does not move a region as a whole. */
#include <errno.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>

#include "core/actor/fault.h"
#include "core/base/util.h"
#include "core/verb/event.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/* Before the old address is looked at, since that fills it. */
static long left_behind;

static bool can_be_left(const struct mem_kind *mem)
{
	return !mem->hugetlb && !mem->grows && mem->share == SHARE_PRIVATE_ANON;
}

static bool all_zero(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i])
			return false;
	return true;
}

/* The old place has done its duty then: later steps may want it. */
static int remap_keep_exec(struct actor *a, const struct op *op)
{
	struct region *r = &a->region[op->region];
	char *from = r->addr, *to = actor_address(op->region, from == actor_address(op->region, 0));
	size_t len = op_bytes(op);
	void *at = mremap(from, len, len, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to);
	volatile uint8_t outcome = OUTCOME_OK;
	volatile bool empty = true;
	int readable;

	if (at == MAP_FAILED)
		return -errno;
	r->addr = at;
	left_behind = page_count(from, op->npages, PAGE_PRESENT | PAGE_SWAPPED);
	readable = smaps_flag(from, "rd");
	/* Where a userfaultfd watches, what is missing is SIGBUS. */
	if (readable > 0)
		FAULT_GUARD(outcome, empty = all_zero(from, len));
	munmap(from, len);
	if (readable < 0)
		return -EIO;
	return empty && (outcome == OUTCOME_OK || outcome == OUTCOME_BUS) ? 0 : -ENOTEMPTY;
}

static int remap_keep_post(struct actor *a, const struct op *op)
{
	(void)op;
	return left_behind ? event_why(a, "%ld pages are still at the old address", left_behind) :
			     0;
}

static void remap_keep_model(struct model_step *s)
{
	verb_remap.model(s);
}

const struct verb verb_remap_keep = {
	.name = "remap-keep",
	.about = "MREMAP_DONTUNMAP: the pages move to another address, the old one stays, empty",
	.needs = { "dontunmap" },
	.rule = "mremap(2) MREMAP_DONTUNMAP (5.7)",
	.by = ACTOR_PROCESS,
	.flags = VERB_UNITS,
	.fits = can_be_left,
	.exec = remap_keep_exec,
	.post = remap_keep_post,
	.model = remap_keep_model,
};

/* What lies behind stack and heap is not ours, and hugetlb mappings do not expand. */
static bool can_grow(const struct mem_kind *mem)
{
	return !mem->hugetlb && !mem->grows && strcmp(mem->name, "heap") != 0;
}

static size_t mapped_len(const struct actor *a, const struct op *op)
{
	const char *at = a->region[op->region].addr;
	size_t len = 0;

	while (len < op_bytes(op) && smaps_kb(at + len, "Size") > 0)
		len += op->unit;
	return len;
}

static int resize_exec(struct actor *a, const struct op *op)
{
	char *at = a->region[op->region].addr;
	size_t old = mapped_len(a, op), len = (size_t)op->arg * BASE_PAGE;

	return mremap(at, old ? old : len, len, 0) == MAP_FAILED ? -errno : 0;
}

static int resize_post(struct actor *a, const struct op *op)
{
	size_t len = mapped_len(a, op);

	return len == (size_t)op->arg * BASE_PAGE ?
		       0 :
		       event_why(a, "%zu pages are mapped", len / BASE_PAGE);
}

/* What grows is as the first page is: one mapping. Locked, it is populated by stores. */
static void grow_view(struct model_step *s, const struct view *first)
{
	struct view *v = &world_of(s)->view[s->op->proc];

	*v = *first;
	v->state = VIEW_ABSENT;
	v->shared = false;
	v->uffd = 0;
	v->flags = first->flags & VIEW_LOCKED;
	if (v->flags && v->prot == VIEW_RW && s->share == SHARE_PRIVATE_FILE) {
		world_branch(s);
		world_own(s, s->op->proc);
	}
}

static void resize_model(struct model_step *s)
{
	const struct model_page *head = &s->m->region[s->op->region].page[0];
	const struct view first = head->world[0].view[s->op->proc];
	struct view *v = &world_of(s)->view[s->op->proc];

	if (!s->op->arg)
		expect_errno(&s->expect, EINVAL);
	else if (first.state == VIEW_NONE)
		expect_errno(&s->expect, EFAULT);
	else if (first.flags & VIEW_SEALED)
		expect_errno(&s->expect, EPERM);
	else if ((long)s->page >= s->op->arg)
		*v = (struct view){ .state = VIEW_NONE };
	else if (v->state == VIEW_NONE)
		grow_view(s, &first);
}

const struct verb verb_resize = {
	.name = "resize",
	.about = "mremap in place to a size in pages: what is cut off is unmapped, what is new is "
		 "empty",
	.rule = "mremap(2)",
	.by = ACTOR_PROCESS,
	.arg = ARG_SIZE,
	.flags = VERB_UNITS,
	.fits = can_grow,
	.exec = resize_exec,
	.post = resize_post,
	.model = resize_model,
};
