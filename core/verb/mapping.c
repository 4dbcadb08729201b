// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "core/actor/actor.h"
#include "core/verb/event.h"
#include "core/verb/list.h"

static int map_exec(struct actor *a, const struct op *op)
{
	struct region *r = &a->region[op->region];

	return r->kind->map(r, actor_address(op->region, 0));
}

static void map_model(struct model_step *s)
{
	struct world *w = world_of(s);

	if (s->share == SHARE_SHARED && w->seals & SEALS_WRITE)
		expect_errno(&s->expect, EPERM);
	else if (s->share == SHARE_SHARED && w->read_only)
		expect_errno(&s->expect, EROFS);
	else
		w->view[s->op->proc] = (struct view){ .state = VIEW_ABSENT };
}

static int map_emit(FILE *out, const struct op *op)
{
	(void)out;
	(void)op;
	return 0; /* the kind's, core/emit/ */
}

const struct verb verb_map = {
	.name = "map",
	.about = "maps a region of the cell's memory kind: map=NAME:8p",
	.rule = "mmap(2)",
	.by = ACTOR_PROCESS,
	.arg = ARG_REGION,
	.flags = VERB_PLAIN,
	.exec = map_exec,
	.model = map_model,
	.emit = map_emit,
};

static int unmap_exec(struct actor *a, const struct op *op)
{
	return munmap(op_addr(a, op), op_bytes(op)) ? -errno : 0;
}

static int unmap_post(struct actor *a, const struct op *op)
{
	return event_rest(a, op, REST_WHOLE);
}

static void unmap_model(struct model_step *s)
{
	struct view *v = world_changeable(s, 0);

	if (v)
		*v = (struct view){ .state = VIEW_NONE };
}

static int unmap_emit(FILE *out, const struct op *op)
{
	fprintf(out, "\tcheck(munmap(r%d + %zu, %zu));\n", op->region, op->first * BASE_PAGE,
		op_bytes(op));
	return 0;
}

const struct verb verb_unmap = {
	.name = "unmap",
	.about = "unmaps the place; a pin keeps the page, the address does not",
	.rule = "munmap(2); Documentation/core-api/pin_user_pages.rst",
	.by = ACTOR_PROCESS,
	.flags = VERB_PLAIN,
	.exec = unmap_exec,
	.post = unmap_post,
	.model = unmap_model,
	.emit = unmap_emit,
};

static int protect_to(struct actor *a, const struct op *op, int prot)
{
	return mprotect(op_addr(a, op), op_bytes(op), prot) ? -errno : 0;
}

static int protect_exec(struct actor *a, const struct op *op)
{
	static const int prot[] = { [PROTECT_RO] = PROT_READ,
				    [PROTECT_RW] = PROT_READ | PROT_WRITE,
				    [PROTECT_NONE] = PROT_NONE };
	int err;

	if (op->arg != PROTECT_CYCLE)
		return protect_to(a, op, prot[op->arg]);
	err = protect_to(a, op, PROT_READ);
	return err ? err : protect_to(a, op, PROT_READ | PROT_WRITE);
}

static int protect_post(struct actor *a, const struct op *op)
{
	static const int wanted[] = {
		[PROTECT_CYCLE] = 3, [PROTECT_RO] = 1, [PROTECT_RW] = 3, [PROTECT_NONE] = 0
	};

	return smaps_flag(op_addr(a, op), "rd wr") == wanted[op->arg] ?
		       event_rest(a, op, REST_WHOLE) :
		       actor_why(a, "VmFlags of the place do not show the protection");
}

static void protect_model(struct model_step *s)
{
	static const uint8_t prot[] = { [PROTECT_CYCLE] = VIEW_RW,
					[PROTECT_RO] = VIEW_RO,
					[PROTECT_RW] = VIEW_RW,
					[PROTECT_NONE] = VIEW_NO };
	struct view *v = world_changeable(s, ENOMEM);

	if (v && v->no_write && prot[s->op->arg] == VIEW_RW)
		expect_errno(&s->expect, EACCES);
	else if (v)
		v->prot = prot[s->op->arg];
}

static int protect_emit(FILE *out, const struct op *op)
{
	static const char *const prot[] = { [PROTECT_CYCLE] = "PROT_READ | PROT_WRITE",
					    [PROTECT_RO] = "PROT_READ",
					    [PROTECT_RW] = "PROT_READ | PROT_WRITE",
					    [PROTECT_NONE] = "PROT_NONE" };
	size_t at = op->first * BASE_PAGE;

	if (op->arg == PROTECT_CYCLE)
		fprintf(out, "\tcheck(mprotect(r%d + %zu, %zu, PROT_READ));\n", op->region, at,
			op_bytes(op));
	fprintf(out, "\tcheck(mprotect(r%d + %zu, %zu, %s));\n", op->region, at, op_bytes(op),
		prot[op->arg]);
	return 0;
}

const struct verb verb_protect = {
	.name = "protect",
	.about = "mprotect: ro, rw, none, or cycle (read-only and back)",
	.rule = "mprotect(2); 64fe24a3e05e (5.19) exclusive pages stay writable",
	.by = ACTOR_PROCESS,
	.arg = ARG_PROT,
	.flags = VERB_LEAVES | VERB_PLAIN,
	.exec = protect_exec,
	.post = protect_post,
	.model = protect_model,
	.emit = protect_emit,
};

static int remap_exec(struct actor *a, const struct op *op)
{
	struct region *r = &a->region[op->region];
	char *to = actor_address(op->region, r->addr == actor_address(op->region, 0));
	size_t len = op_bytes(op);
	void *at = mremap(r->addr, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, to);

	if (at == MAP_FAILED)
		return -errno;
	r->addr = at;
	return 0;
}

static void remap_model(struct model_step *s)
{
	struct view *v = world_changeable(s, EFAULT);

	if (!v)
		return;
	v->place = !v->place;
	/* Without UFFD_FEATURE_EVENT_REMAP the new place is not registered. */
	v->uffd &= UFFD_POISON;
}

static int remap_emit(FILE *out, const struct op *op)
{
	fprintf(out, "\tcheck(move_region(&r%d, %d, %zu));\n", op->region, op->region,
		op_bytes(op));
	return 0;
}

const struct verb verb_remap = {
	.name = "remap",
	.about = "mremap moves the whole region to another address; views and pins stay coherent",
	.rule = "mremap(2)",
	.by = ACTOR_PROCESS,
	.flags = VERB_UNITS | VERB_PLAIN,
	.exec = remap_exec,
	.model = remap_model,
	.emit = remap_emit,
};
