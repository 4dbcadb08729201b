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
	/* One of them would be taken by what the other opens. */
	for (int i = 0; k->holds && i < r->plan->npins; i++)
		if (r->pins[i].kind->holds && !strcmp(r->pins[i].kind->holds, k->holds) &&
		    r->pins[i].kind->open != k->open)
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

int pin_by_name(const struct resolver *r, const char *name)
{
	for (int i = 0; i < r->plan->npins; i++)
		if (!strcmp(r->pins[i].name, name))
			return i;
	return -1;
}

bool pin_has_call(const struct verb *v, const struct pin_kind *k)
{
	if (v->flags & VERB_SWITCHES)
		return k->device_memory && k->device_switch;
	return v->flags & VERB_DEVICE_MEMORY ? k->device_memory != NULL : k->upgrade != NULL;
}

unsigned pin_handles(const struct resolver *r, const struct pin_kind *k, int proc)
{
	unsigned handles = 1u << proc;

	for (int i = 0; k->handle == HANDLE_PREPARED && i < PROCS_MAX; i++)
		if (r->alive[i] && !r->fresh[i])
			handles |= 1u << i;
	return handles;
}

int resolve_kept_pin(struct resolver *r, struct op *op)
{
	int pin = r->step->arg[0] ? pin_by_name(r, r->step->arg) : -1;
	struct plan_pin *p;

	for (int i = 0; !r->step->arg[0] && i < r->plan->npins; i++)
		if (r->pins[i].live && r->pins[i].keeper != op->proc)
			pin = i;
	if (pin < 0 || !r->pins[pin].live || r->pins[pin].keeper == op->proc)
		return plan_bad(r, -EINVAL, "expected a pin that another process holds");
	p = &r->pins[pin];
	if (p->kind->handle == HANDLE_OWN)
		return plan_bad(r, -ENOTSUP, "'%s' gives no other process a handle", p->kind->name);
	if (!(p->handles & 1u << op->proc))
		return plan_bad(r, p->kind->handle == HANDLE_PINNED ? -ENOTSUP : -EINVAL,
				"expected a process that inherited the handle of '%s'",
				p->kind->name);
	op->pin = pin;
	op->pin_kind = p->kind;
	op->region = p->region;
	op->first = p->first;
	op->npages = p->npages;
	op->off = p->off;
	op->len = p->len;
	p->keeper = op->proc;
	return 0;
}
