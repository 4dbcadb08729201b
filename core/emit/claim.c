// SPDX-License-Identifier: GPL-2.0-only
/* What is not bytes: each process looks at its own page frames, errno and VmFlags. */
#include <errno.h>
#include <stdlib.h>

#include "core/emit/emit.h"

/* The pages of the step, or of the first region for a step of a whole process. */
static void print_place(FILE *out, const struct emit *e, const struct op *op)
{
	if (op->verb->flags & VERB_WHOLE)
		fprintf(out, "r0, %zu", e->model.region[0].npages * BASE_PAGE);
	else
		fprintf(out, "r%d + %zu, %zu", op->region, op->first * BASE_PAGE, op_bytes(op));
}

static int with_text(struct emit *e, int who, const char *name, const struct op *place,
		     const char *before, const char *after)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	fprintf(out, "\t%s", before);
	if (place)
		print_place(out, e, place);
	fprintf(out, "%s;\n", after);
	fclose(out);
	emit_step(e, who, name, text);
	free(text);
	return 0;
}

int emit_watch(struct emit *e, const struct op *op)
{
	int err = 0;

	for (int p = 0; p < PROCS_MAX && !err; p++)
		if (op->watch & 1u << p && e->alive[p])
			err = with_text(e, p, "page frames", op, "note_frames(", ")");
	return err;
}

/* check() knows of its process's last call alone. */
static bool is_last(const struct emit *e, const struct op *claim)
{
	const struct op *about = &e->plan.op[claim->about];

	for (const struct op *op = about + 1; op < claim; op++)
		if (op->verb != &plan_claim && op->by == about->by && op->proc == about->proc)
			return false;
	return true;
}

int emit_claim(struct emit *e, const struct op *op, const char *name)
{
	const struct plan_claim *c = &e->plan.claim[op->arg];
	const struct op *about = &e->plan.op[op->about];
	char call[64];

	switch (c->what) {
	case CLAIM_PFN:
		snprintf(call, sizeof(call), "frames_are(%s, ", c->expected ? "SAME" : "CHANGED");
		return with_text(e, c->proc, name, about, call, ")");
	case CLAIM_FOLIO:
		snprintf(call, sizeof(call), "folios_are(%d, ", c->expected);
		return with_text(e, c->proc, name, about, call, ")");
	case CLAIM_VMFLAG:
		snprintf(call, sizeof(call), "vmflag_is(r0, \"%s\", %d)", c->flag, c->expected);
		return with_text(e, c->proc, name, NULL, call, "");
	case CLAIM_ERRNO:
		if (!is_last(e, op))
			return emit_cannot(e, op, "another step stands before it");
		snprintf(call, sizeof(call), "errno_is(%s)", c->err ? errno_name(c->err) : "0");
		return with_text(e, about->by == ACTOR_PROCESS ? about->proc : EMIT_MAIN, name,
				 NULL, call, "");
	}
	return 0;
}
