// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/plan/resolver.h"

enum { ERRNO_MAX = 134 };

const struct verb plan_claim = { .name = "claim", .by = ACTOR_PROCESS };

static int one_of(struct resolver *r, const char *word, const char *yes, const char *no, bool *is)
{
	*is = !strcmp(word, yes);
	return *is || !strcmp(word, no) ?
		       0 :
		       plan_bad(r, -EINVAL, "expected %s or %s, got '%s'", yes, no, word);
}

static int living(struct resolver *r, const char *word, int *proc)
{
	*proc = plan_proc(word);
	if (*proc < 0 || !r->alive[*proc])
		return plan_bad(r, -EINVAL, "expected a process that lives, got '%s'", word);
	return plan_idle(r, *proc);
}

static int claim_errno(struct resolver *r, struct op *op, struct plan_claim *c)
{
	const char *word = r->step->claim[1], *colon = strchr(word, ':');

	op->about = -1;
	for (int i = 0; colon && i < r->plan->nops - 1; i++) {
		const struct step *s = r->plan->op[i].step;

		if (s && s->form == STEP_ACTION && !strcmp(s->verb, colon + 1) &&
		    strlen(s->actor) == (size_t)(colon - word) &&
		    !strncmp(s->actor, word, (size_t)(colon - word)))
			op->about = i;
	}
	if (op->about < 0)
		return plan_bad(r, -EINVAL, "expected ACTOR:VERB of a step before, got '%s'", word);
	if (op->about == r->background)
		return plan_bad(r, -EINVAL, "expected 'wait' for '%s' before the claim", word);
	word = r->step->claim[2];
	if (!strcmp(word, "OK"))
		return 0;
	for (c->err = 1; c->err < ERRNO_MAX; c->err++)
		if (!strcmp(errno_name(c->err), word))
			return 0;
	return plan_bad(r, -EINVAL, "expected an errno such as EFAULT, or OK, got '%s'", word);
}

static int claim_frames(struct resolver *r, struct op *op, struct plan_claim *c)
{
	int err = living(r, r->step->claim[1], &c->proc);

	if (!err && c->what == CLAIM_PFN)
		err = one_of(r, r->step->claim[2], "same", "changed", &c->expected);
	else if (!err)
		err = one_of(r, r->step->claim[2], "whole", "split", &c->expected);
	if (err)
		return err;
	if (r->action < 0 || r->plan->op[r->action].background ||
	    r->plan->op[r->action].verb == &plan_wait)
		return plan_bad(r, -EINVAL, "expected a claim about %s right behind a step",
				r->step->claim[0]);
	if (r->plan->op[r->action].verb->arg == ARG_CHILD &&
	    r->plan->op[r->action].child == c->proc)
		return plan_bad(r, -EINVAL, "expected a process that lived before that step");
	op->about = r->action;
	if (c->what == CLAIM_PFN)
		r->plan->op[r->action].watch |= 1u << c->proc;
	return 0;
}

static int claim_vmflag(struct resolver *r, struct plan_claim *c)
{
	const char *flag = r->step->claim[2];
	int err = living(r, r->step->claim[1], &c->proc);

	if (err)
		return err;
	if (strlen(flag) != 2 || !islower((unsigned char)flag[0]))
		return plan_bad(r, -EINVAL, "expected a flag of VmFlags such as dc, got '%s'",
				flag);
	snprintf(c->flag, sizeof(c->flag), "%s", flag);
	return one_of(r, r->step->claim[3], "present", "absent", &c->expected);
}

int resolve_claim(struct resolver *r, struct op *op)
{
	const char *what = r->step->claim[0];
	struct plan_claim *c = &r->plan->claim[r->plan->nclaims];
	int err;

	if (r->plan->nclaims == CLAIMS_MAX)
		return plan_bad(r, -EINVAL, "expected at most %d claims", CLAIMS_MAX);
	*op = (struct op){ .verb = &plan_claim,
			   .step = r->step,
			   .number = op->number,
			   .by = ACTOR_PROCESS,
			   .pin = -1,
			   .arg = r->plan->nclaims++ };
	c->what = !strcmp(what, "pfn")	 ? CLAIM_PFN :
		  !strcmp(what, "folio") ? CLAIM_FOLIO :
		  !strcmp(what, "errno") ? CLAIM_ERRNO :
					   CLAIM_VMFLAG;
	err = c->what == CLAIM_ERRNO  ? claim_errno(r, op, c) :
	      c->what == CLAIM_VMFLAG ? claim_vmflag(r, c) :
					claim_frames(r, op, c);
	op->proc = c->proc;
	return err;
}
