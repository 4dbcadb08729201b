// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "core/plan/resolver.h"

bool pin_of_sectors(const struct resolver *r, const struct op *op)
{
	const struct pin_kind *k = r->pin[op->verb->pin_class];

	return op->verb->flags & VERB_TAKES_PIN && k && k->oneshot && r->step->place.first >= 0 &&
	       r->step->place.first == r->step->place.last;
}

bool has_step(const struct program *p, const char *verb)
{
	for (int i = 0; i < p->nsteps; i++)
		if (!strcmp(p->step[i].verb, verb))
			return true;
	return false;
}

bool pin_has_meaning(const struct resolver *r, const struct pin_kind *k)
{
	for (int i = 0; k->single && i < r->plan->npins; i++)
		if (r->pins[i].live && r->pins[i].kind->single)
			return false;
	/* Others are charged elsewhere, or for their rings as well. */
	if (!k->charges && has_step(r->program, "memlock"))
		return false;
	return (!k->shares || k->shares & 1u << r->mem->share) && (!k->file || r->mem->prepare) &&
	       /* A dma-buf of a memfd seals it against that. */
	       (!k->memfd || (strstr(r->mem->name, "memfd") && !has_step(r->program, "truncate")));
}

int pin_transfer(struct resolver *r, struct op *op)
{
	struct plan_pin *p = &r->pins[op->pin];

	if (p->over)
		return plan_bad(r, -ENOTSUP, "'%s' transfers once", p->kind->name);
	if (op->first != p->first || op->npages != p->npages || op->off != p->off ||
	    op->len != p->len)
		return plan_bad(r, -ENOTSUP, "'%s' transfers all of its place", p->kind->name);
	p->over = true;
	return 0;
}
