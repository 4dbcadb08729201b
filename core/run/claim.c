// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/actor/harness.h"
#include "core/mem/page.h"
#include "core/run/executor.h"
#include "core/run/judge.h"

static int not_so(struct executor *x, const struct op *claim, const char *read, const char *allowed)
{
	struct verdict *v = x->verdict;

	/* What an unreached state would have looked like is not known. */
	if (v->kind != VERDICT_PASS)
		return 0;
	v->kind = VERDICT_FAIL;
	snprintf(v->class, sizeof(v->class), "claim");
	snprintf(v->law, sizeof(v->law), "claim");
	snprintf(v->read, sizeof(v->read), "%s", read);
	snprintf(v->allowed, sizeof(v->allowed), "%s", allowed);
	judge_step(v, claim);
	return 1;
}

/* The pages of the step, or of the first region for a step of a whole process. */
static int read_frames(struct executor *x, const struct op *op, int proc, uint64_t *frame,
		       size_t *pages)
{
	bool whole = op->verb->flags & VERB_WHOLE;
	struct op ask = { .verb = &harness_frames,
			  .by = ACTOR_PROCESS,
			  .proc = proc,
			  .pin = -1,
			  .region = whole ? 0 : op->region,
			  .first = whole ? 0 : op->first,
			  .npages = whole ? x->model.region[0].npages : op->npages };
	struct reply reply;
	int err = actor_call(x->channel, &ask, x->options.timeout_ms, &reply);

	if (err)
		return executor_died(x, op, err);
	*pages = ask.npages;
	if (reply.err == -EPERM) {
		x->verdict->kind = VERDICT_SKIP;
		snprintf(x->verdict->class, sizeof(x->verdict->class), "pagemap");
		snprintf(x->verdict->why, sizeof(x->verdict->why),
			 "a claim about page frames needs root");
		return 1;
	}
	if (reply.err)
		return executor_broken(x, "page frames", reply.err);
	memcpy(frame, x->base.image, ask.npages * sizeof(*frame));
	return 0;
}

int executor_watch(struct executor *x, const struct op *op)
{
	for (int p = 0; p < PROCS_MAX; p++) {
		size_t pages;

		if (!(op->watch & 1u << p) || !x->alive[p])
			continue;
		if (!x->frame[p])
			x->frame[p] = malloc(IMAGE_PAGES * sizeof(*x->frame[p]));
		if (!x->frame[p])
			return executor_broken(x, "room for page frames", ENOMEM);
		if (read_frames(x, op, p, x->frame[p], &pages))
			return 1;
	}
	return 0;
}

static int claim_pfn(struct executor *x, const struct op *claim, const struct plan_claim *c)
{
	const struct op *about = &x->plan.op[claim->about];
	const uint64_t *before = x->frame[c->proc];
	uint64_t *now = calloc(IMAGE_PAGES, sizeof(*now));
	size_t pages = 0, bad = 0;
	char read[64];
	int over = now ? read_frames(x, about, c->proc, now, &pages) :
			 executor_broken(x, "room for page frames", ENOMEM);

	while (!over && bad < pages && before[bad] && (before[bad] == now[bad]) == c->expected)
		bad++;
	if (!over && bad < pages) {
		if (before[bad])
			snprintf(read, sizeof(read), "page %zu: frame %#llx, then %#llx", bad,
				 (unsigned long long)before[bad], (unsigned long long)now[bad]);
		else
			snprintf(read, sizeof(read), "page %zu: no frame before the step", bad);
		over = not_so(x, claim, read, c->expected ? "the same frame" : "another frame");
	}
	free(now);
	return over;
}

static int claim_folio(struct executor *x, const struct op *claim, const struct plan_claim *c)
{
	uint64_t *frame = calloc(IMAGE_PAGES, sizeof(*frame));
	size_t pages = 0, bad = 0;
	char read[64];
	int over = frame ? read_frames(x, &x->plan.op[claim->about], c->proc, frame, &pages) :
			   executor_broken(x, "room for page frames", ENOMEM);

	for (; !over && bad < pages; bad++) {
		uint64_t flags = frame[bad] ? page_flags(frame[bad]) : 0;

		if (frame[bad] && !flags)
			over = executor_broken(x, "no flags of a page frame", ENODATA);
		else if (!frame[bad] || flags_compound(flags) != c->expected)
			break;
	}
	if (!over && bad < pages) {
		snprintf(read, sizeof(read), "page %zu %s", bad,
			 !frame[bad] ? "has no frame" :
			 c->expected ? "belongs to no huge page" :
				       "belongs to a huge page");
		over = not_so(x, claim, read, c->expected ? "a whole huge page" : "base pages");
	}
	free(frame);
	return over;
}

static int claim_errno(struct executor *x, const struct op *claim, const struct plan_claim *c)
{
	int err = x->err[x->plan.op[claim->about].number - 1];

	if (err == c->err)
		return 0;
	return not_so(x, claim, err ? errno_name(err) : "OK", c->err ? errno_name(c->err) : "OK");
}

static int claim_vmflag(struct executor *x, const struct op *claim, const struct plan_claim *c)
{
	struct reply reply;
	char read[32], allowed[32];

	if (executor_ask(x, &harness_vmflag, c->proc, 0,
			 (unsigned char)c->flag[0] | (unsigned char)c->flag[1] << 8, &reply))
		return 1;
	if (reply.post < 0)
		return executor_broken(x, "VmFlags", reply.post);
	if (reply.post == c->expected)
		return 0;
	snprintf(read, sizeof(read), "%s %s", c->flag, reply.post ? "present" : "absent");
	snprintf(allowed, sizeof(allowed), "%s %s", c->flag, c->expected ? "present" : "absent");
	return not_so(x, claim, read, allowed);
}

int executor_claim(struct executor *x, const struct op *claim)
{
	const struct plan_claim *c = &x->plan.claim[claim->arg];

	switch (c->what) {
	case CLAIM_PFN:
		return claim_pfn(x, claim, c);
	case CLAIM_FOLIO:
		return claim_folio(x, claim, c);
	case CLAIM_ERRNO:
		return claim_errno(x, claim, c);
	case CLAIM_VMFLAG:
		return claim_vmflag(x, claim, c);
	}
	return 0;
}
