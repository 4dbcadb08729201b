// SPDX-License-Identifier: GPL-2.0-only
#include "core/emit/emit.h"
#include "core/verb/list.h"

/* Who does it; EMIT_MAIN for whom no process of the program stands. */
static int doer(const struct plan *plan, const struct op *op)
{
	if (op->verb == &plan_claim && plan->claim[op->arg].what == CLAIM_ERRNO)
		return plan->op[op->about].proc;
	if (op->verb == &plan_claim)
		return plan->claim[op->arg].proc;
	return op->by == ACTOR_PROCESS || op->by == ACTOR_DEVICE ? op->proc : EMIT_MAIN;
}

bool emit_is_solo(const struct plan *plan)
{
	int child = 0;

	for (int i = 0; i < plan->nops; i++) {
		const struct op *op = &plan->op[i];

		if (doer(plan, op) != child && (child || op->by != ACTOR_FILE))
			return false;
		if (op->by == ACTOR_BYSTANDER || op->verb == &verb_exec ||
		    op->watch & (child ? ~0u : ~1u))
			return false;
		if (op->verb == &verb_fork && !child)
			child = op->child;
		else if (op->verb == &verb_exit && child)
			child = 0;
		else if (op->verb == &verb_fork || op->verb->flags & VERB_ENDS)
			return false;
	}
	return !child;
}
