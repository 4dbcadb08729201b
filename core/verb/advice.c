// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/actor/actor.h"
#include "core/base/lru.h"
#include "core/verb/event.h"
#include "core/verb/list.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

enum { ADVICE_DONTNEED_LOCKED = 24, FREE_TRIES = 20 };

static int advise(struct actor *a, const struct op *op, int advice)
{
	return madvise(op_addr(a, op), op_bytes(op), advice) ? -errno : 0;
}

static int advise_emit(FILE *out, const struct op *op, const char *advice)
{
	fprintf(out, "\tcheck(madvise(r%d + %zu, %zu, %s));\n", op->region, op->first * BASE_PAGE,
		op_bytes(op), advice);
	return 0;
}

/* All advice needs a mapping: ENOMEM otherwise. */
static struct view *advised_view(struct model_step *s)
{
	struct view *v = &world_of(s)->view[s->op->proc];

	if (v->state != VIEW_NONE)
		return v;
	expect_errno(&s->expect, ENOMEM);
	return NULL;
}

static int discard_exec(struct actor *a, const struct op *op)
{
	return advise(a, op, MADV_DONTNEED);
}

static int discard_post(struct actor *a, const struct op *op)
{
	long left = page_count(op_addr(a, op), op->npages, PAGE_PRESENT | PAGE_SWAPPED);

	/* A guard counts as swapped, and stays. */
	for (size_t i = 0; left > 0 && i < op->npages; i++)
		left -= pagemap_bit(op_addr(a, op) + i * BASE_PAGE, PAGEMAP_GUARD) == 1;
	return left ? actor_why(a, "a page is still in the page table") :
		      event_rest(a, op, REST_WHOLE);
}

static void discard_view(struct model_step *s)
{
	struct view *v = &world_of(s)->view[s->op->proc];

	if (s->share == SHARE_SHARED)
		return;
	v->state = VIEW_ABSENT;
	v->uffd &= (uint8_t)~UFFD_POISON;
	/* Of a file's memory the page table remembers the protection. */
	if (s->share == SHARE_PRIVATE_ANON)
		v->uffd &= (uint8_t)~UFFD_WP;
}

static void discard_model(struct model_step *s)
{
	if (world_discardable(s, true))
		discard_view(s);
}

static int discard_emit(FILE *out, const struct op *op)
{
	return advise_emit(out, op, "MADV_DONTNEED");
}

const struct verb verb_discard = {
	.name = "discard",
	.about = "MADV_DONTNEED: private memory is empty again, a pin keeps the old page",
	.rule = "madvise(2) MADV_DONTNEED",
	.by = ACTOR_PROCESS,
	.exec = discard_exec,
	.post = discard_post,
	.model = discard_model,
	.emit = discard_emit,
};

static int discard_locked_exec(struct actor *a, const struct op *op)
{
	return advise(a, op, ADVICE_DONTNEED_LOCKED);
}

static void discard_locked_model(struct model_step *s)
{
	if (world_discardable(s, false))
		discard_view(s);
}

static int discard_locked_emit(FILE *out, const struct op *op)
{
	return event_emit(out, op, ADVICE_DONTNEED_LOCKED, "MADV_DONTNEED_LOCKED");
}

const struct verb verb_discard_locked = {
	.name = "discard-locked",
	.about = "MADV_DONTNEED_LOCKED: as discard, of locked memory too",
	.needs = { "dontneed-locked" },
	.rule = "madvise(2) MADV_DONTNEED_LOCKED (5.18)",
	.by = ACTOR_PROCESS,
	.exec = discard_locked_exec,
	.post = discard_post,
	.model = discard_locked_model,
	.emit = discard_locked_emit,
};

/* Marked are pages that no other process maps; merged pages and those of a pin may be dirty. */
static bool freed_lazily(const struct actor *a, const struct op *op)
{
	const struct mem_kind *mem = a->region[op->region].kind;
	long there = page_count(op_addr(a, op), op->npages, PAGE_PRESENT);

	if (op->pinned || op->shared || op->empty || !strcmp(mem->name, "ksm"))
		return true;
	return there <= 0 || smaps_kb(op_addr(a, op), "LazyFree") >= there * (BASE_PAGE / 1024);
}

static int free_exec(struct actor *a, const struct op *op)
{
	int err = advise(a, op, MADV_FREE);

	for (int i = 0; i < FREE_TRIES && !err && !op->timed; i++) {
		lru_drain();
		if (freed_lazily(a, op))
			break;
		event_nap(1000);
		err = advise(a, op, MADV_FREE);
	}
	return err;
}

static int free_post(struct actor *a, const struct op *op)
{
	return freed_lazily(a, op) ? 0 :
				     event_why(a, "LazyFree of smaps is %ld kB",
					       smaps_kb(op_addr(a, op), "LazyFree"));
}

static void free_model(struct model_step *s)
{
	struct view *v = world_discardable(s, true);
	struct world *w = world_of(s);

	if (!v)
		return;
	if (s->share != SHARE_PRIVATE_ANON || s->hugetlb) {
		expect_errno(&s->expect, EINVAL);
		return;
	}
	if (v->state != VIEW_OBJECT)
		return;
	w->object[v->object].lazyfree = true;
	if (!world_pinned(w, v->object))
		world_branch(s)->view[s->op->proc].state = VIEW_ABSENT;
}

static int free_emit(FILE *out, const struct op *op)
{
	return advise_emit(out, op, "MADV_FREE");
}

const struct verb verb_free = {
	.name = "free",
	.about = "MADV_FREE: the kernel may drop the page until the next store",
	.rule = "madvise(2) MADV_FREE; 6c8e2a256915 (5.18) not while it is referenced",
	.by = ACTOR_PROCESS,
	.exec = free_exec,
	.post = free_post,
	.model = free_model,
	.emit = free_emit,
};

static int pageout_exec(struct actor *a, const struct op *op)
{
	return advise(a, op, MADV_PAGEOUT);
}

/* Write-back to swap may hold a page for a moment, so ask again for a while. */
static int pageout_post(struct actor *a, const struct op *op)
{
	const struct timespec pause = { 0, 2000000 };

	/* Pinned pages may not go, zero pages have nothing to reclaim. */
	if (op->pinned || op->empty)
		return 0;
	for (int tries = 0; tries < 10; tries++) {
		long left = page_count(op_addr(a, op), op->npages, PAGE_PRESENT);

		if (left < 0)
			return actor_why(a, "no pagemap");
		if (!left)
			return event_rest(a, op, REST_SPLIT);
		nanosleep(&pause, NULL);
		madvise(op_addr(a, op), op_bytes(op), MADV_PAGEOUT);
	}
	return actor_why(a, op->shared ? "still present: pages that another process maps are not "
					 "paged out" :
					 "still present after MADV_PAGEOUT");
}

static void pageout_model(struct model_step *s)
{
	struct view *v = advised_view(s);

	if (v && (s->hugetlb || v->flags & VIEW_LOCKED))
		expect_errno(&s->expect, EINVAL);
}

static int pageout_emit(FILE *out, const struct op *op)
{
	int err = advise_emit(out, op, "MADV_PAGEOUT");

	if (!err && !op->pinned && !op->empty && !op->fails)
		fprintf(out, "\tpaged_out(r%d + %zu, %zu);\n", op->region, op->first * BASE_PAGE,
			op_bytes(op));
	return err;
}

const struct verb verb_pageout = {
	.name = "pageout",
	.about = "MADV_PAGEOUT: reclaims the pages; no byte changes",
	.needs = { "swap", "pageout" },
	.rule = "madvise(2) MADV_PAGEOUT",
	.by = ACTOR_PROCESS,
	.flags = VERB_LEAVES,
	.exec = pageout_exec,
	.post = pageout_post,
	.model = pageout_model,
	.emit = pageout_emit,
};

static int dontfork_exec(struct actor *a, const struct op *op)
{
	return advise(a, op, MADV_DONTFORK);
}

static int dontfork_post(struct actor *a, const struct op *op)
{
	return smaps_flag(op_addr(a, op), "dc") == 1 ? event_rest(a, op, REST_WHOLE) :
						       actor_why(a, "VmFlags lack 'dc'");
}

static void dontfork_model(struct model_step *s)
{
	struct view *v = world_discardable(s, false);

	if (v)
		v->fork = v->fork | 1 << FORK_DONT;
}

static int dontfork_emit(FILE *out, const struct op *op)
{
	return advise_emit(out, op, "MADV_DONTFORK");
}

const struct verb verb_dontfork = {
	.name = "dontfork",
	.about = "MADV_DONTFORK: a child made later has no mapping here",
	.rule = "madvise(2) MADV_DONTFORK",
	.by = ACTOR_PROCESS,
	.flags = VERB_LEAVES,
	.exec = dontfork_exec,
	.post = dontfork_post,
	.model = dontfork_model,
	.emit = dontfork_emit,
};

static int dofork_exec(struct actor *a, const struct op *op)
{
	return advise(a, op, MADV_DOFORK);
}

static int dofork_post(struct actor *a, const struct op *op)
{
	return smaps_flag(op_addr(a, op), "dc") == 0 ? 0 : actor_why(a, "VmFlags still have 'dc'");
}

static void dofork_model(struct model_step *s)
{
	struct view *v = advised_view(s);

	if (v)
		v->fork = v->fork & (uint8_t) ~(1 << FORK_DONT);
}

static int dofork_emit(FILE *out, const struct op *op)
{
	return advise_emit(out, op, "MADV_DOFORK");
}

const struct verb verb_dofork = {
	.name = "dofork",
	.about = "MADV_DOFORK undoes dontfork",
	.rule = "madvise(2) MADV_DOFORK",
	.by = ACTOR_PROCESS,
	.flags = VERB_LEAVES,
	.exec = dofork_exec,
	.post = dofork_post,
	.model = dofork_model,
	.emit = dofork_emit,
};

static int wipeonfork_exec(struct actor *a, const struct op *op)
{
	return advise(a, op, MADV_WIPEONFORK);
}

static int wipeonfork_post(struct actor *a, const struct op *op)
{
	return smaps_flag(op_addr(a, op), "wf") == 1 ? 0 : actor_why(a, "VmFlags lack 'wf'");
}

static void wipeonfork_model(struct model_step *s)
{
	struct view *v = world_discardable(s, false);

	if (v && (s->share != SHARE_PRIVATE_ANON || s->hugetlb))
		expect_errno(&s->expect, EINVAL);
	else if (v)
		v->fork = v->fork | 1 << FORK_WIPE;
}

static int wipeonfork_emit(FILE *out, const struct op *op)
{
	return advise_emit(out, op, "MADV_WIPEONFORK");
}

const struct verb verb_wipeonfork = {
	.name = "wipeonfork",
	.about = "MADV_WIPEONFORK: a child made later sees zeros; private anonymous memory only",
	.rule = "madvise(2) MADV_WIPEONFORK (4.14)",
	.by = ACTOR_PROCESS,
	.exec = wipeonfork_exec,
	.post = wipeonfork_post,
	.model = wipeonfork_model,
	.emit = wipeonfork_emit,
};

static int keeponfork_exec(struct actor *a, const struct op *op)
{
	return advise(a, op, MADV_KEEPONFORK);
}

static int keeponfork_post(struct actor *a, const struct op *op)
{
	return smaps_flag(op_addr(a, op), "wf") == 0 ? 0 : actor_why(a, "VmFlags still have 'wf'");
}

static void keeponfork_model(struct model_step *s)
{
	struct view *v = advised_view(s);

	if (v)
		v->fork = v->fork & (uint8_t) ~(1 << FORK_WIPE);
}

static int keeponfork_emit(FILE *out, const struct op *op)
{
	return advise_emit(out, op, "MADV_KEEPONFORK");
}

const struct verb verb_keeponfork = {
	.name = "keeponfork",
	.about = "MADV_KEEPONFORK undoes wipeonfork",
	.rule = "madvise(2) MADV_KEEPONFORK (4.14)",
	.by = ACTOR_PROCESS,
	.exec = keeponfork_exec,
	.post = keeponfork_post,
	.model = keeponfork_model,
	.emit = keeponfork_emit,
};
