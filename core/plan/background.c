// SPDX-License-Identifier: GPL-2.0-only
/* Steps with '&', and who can do nothing meanwhile. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/plan/resolver.h"

const struct verb plan_wait = { .name = "wait", .by = ACTOR_PROCESS };

static const struct op *under_way(const struct resolver *r)
{
	return r->background < 0 ? NULL : &r->plan->op[r->background];
}

static bool sleeps_for(const struct op *begun, int child)
{
	return !strcmp(begun->verb->name, "vfork") && begun->child == child;
}

static int wait_first(struct resolver *r, const char *for_whom)
{
	return plan_bad(r, -EINVAL, "expected '%s:wait' before the next step of '%s'",
			under_way(r)->step->actor, for_whom);
}

int plan_idle(struct resolver *r, int proc)
{
	const struct op *begun = under_way(r);

	if (!begun || begun->thread || begun->proc != proc)
		return 0;
	return plan_bad(r, -EINVAL, "expected '%s:wait' before: '%s' takes part in this step",
			begun->step->actor, begun->step->actor);
}

int resolve_wait(struct resolver *r, struct op *op)
{
	const struct op *begun = under_way(r);

	if (!begun || strcmp(begun->step->actor, r->step->actor))
		return plan_bad(r, -EINVAL, "expected a step of '%s' with '&' before 'wait'",
				r->step->actor);
	if (r->step->arg[0] || r->step->has_place)
		return plan_bad(r, -EINVAL, "expected no argument for 'wait'");
	if (!strcmp(begun->verb->name, "vfork") && r->alive[begun->child] &&
	    r->plan->space[begun->child] == begun->space)
		return plan_bad(r, -EINVAL,
				"expected exit or exec of the vfork child before '%s:wait'",
				r->step->actor);
	*op = (struct op){ .verb = &plan_wait,
			   .step = r->step,
			   .number = op->number,
			   .by = ACTOR_PROCESS,
			   .proc = begun->proc,
			   .thread = begun->thread,
			   .pin = -1,
			   .about = r->background };
	r->background = -1;
	return 0;
}

static bool leaves(const struct op *op)
{
	return op->verb->flags & VERB_WHOLE && op->verb->arg == ARG_NONE;
}

/* A device step is carried out by who pinned, an exit is waited for by the parent. */
static int check_helpers(struct resolver *r, const struct op *op)
{
	if (op->by == ACTOR_DEVICE)
		return plan_idle(r, op->proc);
	if (op->by == ACTOR_PROCESS && op->verb->flags & VERB_ENDS && op->child >= 0 &&
	    !sleeps_for(under_way(r), op->proc))
		return plan_idle(r, op->child);
	return 0;
}

/* One step at a time may be under way beside the others. */
int resolve_background(struct resolver *r, struct op *op)
{
	const struct op *begun = under_way(r);

	if (op->thread && leaves(op))
		return plan_bad(r, -EINVAL, "expected the first thread for '%s'", op->verb->name);
	if (begun && op->by == ACTOR_PROCESS && op->proc == begun->proc &&
	    (op->thread == begun->thread || leaves(op)))
		return wait_first(r, r->step->actor);
	if (begun) {
		int err = check_helpers(r, op);

		if (err)
			return err;
	}
	if (!r->step->background)
		return 0;
	if (begun || op->by != ACTOR_PROCESS || leaves(op))
		return plan_bad(r, -EINVAL, "expected no '&' here: %s",
				begun ? "one step at a time may be under way" :
					"this step can't run beside others");
	op->background = true;
	r->background = (int)(op - r->plan->op);
	return 0;
}
