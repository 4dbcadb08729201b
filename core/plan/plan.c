// SPDX-License-Identifier: GPL-2.0-only
#include "core/plan/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/actor/actor.h"

static int region_find(struct resolver *r, const char *name, struct op *op)
{
	if (!name[0]) {
		op->region = 0;
		return 0;
	}
	for (int i = 0; i < r->plan->nregions; i++)
		if (!strcmp(r->plan->region[i].name, name)) {
			op->region = i;
			return 0;
		}
	return plan_bad(r, -EINVAL, "expected a mapped region, got '%s'", name);
}

static int resolve_place(struct resolver *r, struct op *op)
{
	const struct place *p = &r->step->place;
	size_t per_unit = r->mem->unit / BASE_PAGE, units;
	int err = region_find(r, p->region, op);

	if (err)
		return err;
	units = r->plan->region[op->region].units;
	op->unit = r->mem->unit;
	op->first = p->first < 0 ? 0 : (size_t)p->first * per_unit;
	op->npages = (p->first < 0 ? units : (size_t)(p->last - p->first + 1)) * per_unit;
	if (op->first + op->npages > units * per_unit)
		return plan_bad(r, -EINVAL, "expected pages below %zu of the region", units);
	op->off = p->off;
	op->len = p->len;
	if (p->off % SECTOR || p->len % SECTOR)
		return plan_bad(r, -EINVAL,
				"expected an offset and a length in sectors of %d bytes", SECTOR);
	if ((size_t)p->off + p->len > r->mem->unit)
		return plan_bad(r, -ENOTSUP, "expected bytes below %zu of a page", r->mem->unit);
	if (r->mem->own_len && touches_bytes(r, op))
		return resolve_own(r, op);
	return p->len && place_in_base_pages(r, op) ? resolve_part(r, op) : 0;
}

static int resolve_device(struct resolver *r, struct op *op)
{
	int pin = pin_by_name(r, r->step->actor);
	struct plan_pin *p;

	if (pin < 0 || !r->pins[pin].live)
		return plan_bad(r, -EINVAL, "expected a pin that is held, got '%s'",
				r->step->actor);
	p = &r->pins[pin];
	op->by = ACTOR_DEVICE;
	op->pin = pin;
	op->proc = p->keeper;
	op->space = r->plan->space[p->owner];
	op->pin_kind = p->kind;
	return 0;
}

static int resolve_actor(struct resolver *r, struct op *op)
{
	const char *name = r->step->actor;
	int proc = plan_proc(name);

	if (strchr(name, '.')) {
		proc = 0;
		op->thread = plan_thread(name);
		if (op->thread < 1)
			return plan_bad(r, -EINVAL, "expected a thread P.1 to P.%d, got '%s'",
					THREADS_MAX, name);
		if (op->thread > r->plan->nthreads)
			r->plan->nthreads = op->thread;
	}
	if (!strcmp(name, "F") || !strcmp(name, "X")) {
		op->by = *name == 'F' ? ACTOR_FILE : ACTOR_BYSTANDER;
		op->proc = op->space = BYSTANDER_PROC;
		r->plan->bystander |= *name == 'X';
		return *name == 'F' && !r->mem->prepare ?
			       plan_bad(r, -ENOTSUP, "'%s' has no file", r->mem->name) :
			       0;
	}
	if (proc < 0)
		return resolve_device(r, op);
	if (!r->alive[proc])
		return plan_bad(r, -EINVAL, "expected a process that lives, got '%s'", name);
	op->by = ACTOR_PROCESS;
	op->proc = proc;
	op->space = r->plan->space[proc];
	return 0;
}

static int resolve_new_pin(struct resolver *r, struct op *op)
{
	int n = r->plan->npins;
	struct plan_pin *p = &r->pins[n];

	if (n == PINS_MAX)
		return plan_bad(r, -EINVAL, "expected at most %d pins", PINS_MAX);
	if (r->fresh[op->proc])
		return plan_bad(r, -EINVAL, "expected no pin by a process after exec");
	op->pin_kind = r->pin[op->verb->pin_class];
	if (!op->pin_kind)
		return plan_bad(r, -ENOTSUP, "no mechanism for '%s'", op->verb->name);
	if (pin_refuses_actor(r, op))
		return -ENOTSUP;
	if (!pin_has_meaning(r, op->pin_kind))
		return plan_bad(r, -ENOTSUP, "'%s' has no meaning for '%s' here",
				op->pin_kind->name, r->mem->name);
	if (op->npages * BASE_PAGE < op->pin_kind->least)
		return plan_bad(r, -ENOTSUP, "'%s' takes %zu bytes at least", op->pin_kind->name,
				op->pin_kind->least);
	*p = (struct plan_pin){ .live = true,
				.owner = op->proc,
				.keeper = op->proc,
				.handles = pin_handles(r, op->pin_kind, op->proc),
				.region = op->region,
				.first = op->first,
				.npages = op->npages,
				.off = op->off,
				.len = op->len,
				.kind = op->pin_kind };
	if (r->step->arg[0])
		snprintf(p->name, sizeof(p->name), "%s", r->step->arg);
	else
		snprintf(p->name, sizeof(p->name), n ? "D%d" : "D", n + 1);
	if (pin_by_name(r, p->name) >= 0)
		return plan_bad(r, -EINVAL, "expected a name for the pin that is not used yet");
	op->pin = n;
	r->plan->npins++;
	return 0;
}

static int resolve_held_pin(struct resolver *r, struct op *op)
{
	int pin = r->step->arg[0] ? pin_by_name(r, r->step->arg) : -1;

	for (int i = 0; !r->step->arg[0] && i < r->plan->npins; i++)
		if (r->pins[i].live && r->pins[i].keeper == op->proc)
			pin = i;
	if (pin < 0 || !r->pins[pin].live || r->pins[pin].keeper != op->proc)
		return plan_bad(r, -EINVAL, "expected a pin that this process holds");
	op->pin = pin;
	op->pin_kind = r->pins[pin].kind;
	if (pin_refuses_actor(r, op))
		return -ENOTSUP;
	op->region = r->pins[pin].region;
	op->first = r->pins[pin].first;
	op->npages = r->pins[pin].npages;
	if (op->verb->flags & VERB_DROPS_PIN)
		r->pins[pin].live = false;
	else if (!pin_has_call(op->verb, op->pin_kind))
		return plan_bad(r, -ENOTSUP, "'%s' has no '%s'", op->pin_kind->name,
				op->verb->name);
	return 0;
}

/* The model knows an address space by the number of the process that made it. */
static int drop_process(struct resolver *r, struct op *op)
{
	for (int i = 0; i < r->plan->nprocs; i++)
		if (i != op->proc && r->alive[i] && r->plan->space[i] == op->proc)
			return plan_bad(r, -EINVAL,
					"expected no '%s' while another process has this memory",
					op->verb->name);
	op->child = r->plan->parent[op->proc];
	r->alive[op->proc] = r->fresh[op->proc] = !(op->verb->flags & VERB_ENDS);
	r->plan->space[op->proc] = op->proc;
	for (int i = 0; i < r->plan->npins; i++) {
		r->pins[i].handles &= ~(1u << op->proc);
		if (r->pins[i].keeper == op->proc)
			r->pins[i].live = false;
	}
	return 0;
}

static int resolve_arg(struct resolver *r, struct op *op)
{
	if (op->verb->arg == ARG_NONE && r->step->arg[0])
		return plan_bad(r, -EINVAL, "expected no argument for '%s'", op->verb->name);
	switch (op->verb->arg) {
	case ARG_VALUE:
		return resolve_value(r, op);
	case ARG_CHILD:
		return resolve_child(r, op);
	case ARG_PIN:
		return op->verb->flags & VERB_TAKES_PIN ? resolve_new_pin(r, op) :
		       op->verb->flags & VERB_KEEPS_PIN ? resolve_kept_pin(r, op) :
							  resolve_held_pin(r, op);
	case ARG_SIZE:
		return resolve_size(r, op);
	case ARG_PROT:
		return resolve_prot(r, op);
	case ARG_SEAL:
		return resolve_seal(r, op);
	case ARG_NONE:
	case ARG_REGION:
		break;
	}
	return 0;
}

/* A hole before a write, or a read behind the end, is not in the model. */
static int file_range(struct resolver *r, struct op *op)
{
	size_t *pages = &r->file_pages[op->region], end = op->first + op->npages;

	if (op->verb->flags & VERB_LOOKS && end > *pages)
		return plan_bad(r, -EINVAL, "expected pages before the end of the file");
	if (op->verb->flags & VERB_STORES && op->first > *pages)
		return plan_bad(r, -EINVAL, "expected a write that leaves no hole in the file");
	if (op->verb->flags & VERB_STORES && end > *pages)
		*pages = end;
	return 0;
}

static const struct verb *generic_pin(struct resolver *r)
{
	static const char *const name[] = {
		[PIN_RW] = "pin-rw", [PIN_RO] = "pin-ro", [PIN_GET] = "get"
	};

	for (int i = 0; i < PIN_CLASSES; i++)
		if (r->pin[i])
			return verb_find(name[i]);
	return verb_find("pin-rw");
}

static int device_range(struct resolver *r, struct op *op)
{
	const struct plan_pin *p = &r->pins[op->pin];

	if (!r->step->has_place) {
		op->region = p->region;
		op->first = p->first;
		op->npages = p->npages;
		op->off = p->off;
		op->len = p->len;
		op->unit = r->mem->unit;
		if (touches_bytes(r, op))
			op_own(op, r->mem);
	} else if (op->region != p->region || op->first < p->first ||
		   op->first + op->npages > p->first + p->npages) {
		return plan_bad(r, -EINVAL, "expected a place inside the pin");
	}
	if ((op->verb->flags & VERB_STORES) && p->kind->write_max &&
	    op->npages * BASE_PAGE > p->kind->write_max) {
		/* Without a place the step means what the device can do in time. */
		if (r->step->has_place)
			return plan_bad(r, -ENOTSUP, "'%s' writes at most %zu bytes", p->kind->name,
					p->kind->write_max);
		op->npages = p->kind->write_max / BASE_PAGE;
	}
	if ((op->verb->flags & VERB_STORES) && !(p->kind->dirs & DEVICE_WRITES))
		return plan_bad(r, -ENOTSUP, "'%s' has no device write", p->kind->name);
	if ((op->verb->flags & VERB_TRIES) && (r->step->has_place || !p->kind->device_try))
		return plan_bad(r, r->step->has_place ? -EINVAL : -ENOTSUP,
				r->step->has_place ? "expected no place for '%s'" :
						     "no device can '%s' to this pin",
				op->verb->name);
	if ((op->verb->flags & VERB_LOOKS) && !(p->kind->dirs & DEVICE_READS))
		return plan_bad(r, -ENOTSUP, "'%s' has no device read", p->kind->name);
	return p->kind->oneshot ? pin_transfer(r, op) : 0;
}

static int resolve_step(struct resolver *r, struct op *op)
{
	const struct step *s = r->step;
	int err;

	if (s->group)
		return plan_bad(r, -ENOSYS, "lanes are not run yet");
	if (s->form == STEP_CLAIM)
		return resolve_claim(r, op);
	if (!strcmp(s->verb, "wait"))
		return resolve_wait(r, op);
	op->step = s;
	op->pin = -1;
	op->verb = !strcmp(s->verb, "pin") ? generic_pin(r) : verb_find(s->verb);
	if (!op->verb)
		return plan_bad(r, -EINVAL, "expected a verb, got '%s'", s->verb);
	err = resolve_actor(r, op);
	if (err)
		return err;
	if (!(op->verb->by & op->by))
		return plan_bad(r, -EINVAL, "expected another actor for '%s' than '%s'",
				op->verb->name, s->actor);
	if (op->verb->fits && !op->verb->fits(r->mem))
		return plan_bad(r, -ENOTSUP, "'%s' means nothing for '%s'", op->verb->name,
				r->mem->name);
	err = call_divides(r, op);
	if (err)
		return err;
	if (op->verb->arg == ARG_REGION)
		return resolve_region(r, op);
	err = resolve_place(r, op);
	if (!err)
		err = resolve_arg(r, op);
	if (!err && op->by == ACTOR_DEVICE)
		err = device_range(r, op);
	if (!err && op->by == ACTOR_FILE)
		err = file_range(r, op);
	if (!err && !strncmp(op->verb->name, "remap", strlen("remap")) && s->has_place &&
	    s->place.first >= 0)
		return plan_bad(r, -EINVAL, "expected a whole region for '%s'", op->verb->name);
	if (!err && (op->verb->flags & VERB_WHOLE) && op->verb->arg == ARG_NONE)
		err = drop_process(r, op);
	if (!err && !strcmp(op->verb->name, "unmap") && !op->proc && s->place.first < 0)
		r->unmapped[op->region] = true;
	if (op->by == ACTOR_BYSTANDER)
		op->value = value_make(WRITER_BYSTANDER, (unsigned)op->number);
	return err ? err : resolve_background(r, op);
}

struct op plan_model_op(const struct op *op)
{
	struct op m = *op;

	m.proc = op->space;
	return m;
}

bool plan_leaves_nothing(const struct op *op)
{
	return op->space != op->proc && op->verb->flags & VERB_WHOLE && op->verb->arg == ARG_NONE;
}

unsigned program_pin_classes(const struct program *p)
{
	unsigned classes = 0;

	for (int i = 0; i < p->nsteps; i++) {
		const struct verb *v = verb_find(p->step[i].verb);

		if (!strcmp(p->step[i].verb, "pin"))
			classes |= CLASSES_ANY;
		else if (v && v->flags & VERB_TAKES_PIN)
			classes |= 1u << v->pin_class;
	}
	return classes;
}

int plan_make(struct plan *plan, const struct program *p, const struct mem_kind *mem,
	      const struct pin_kind *const pin[], struct parse_error *err)
{
	struct resolver r = { .plan = plan,
			      .program = p,
			      .mem = mem,
			      .pin = pin,
			      .err = err,
			      .background = -1,
			      .action = -1 };
	int bad_step = 0;

	memset(plan, 0, sizeof(*plan));
	plan->nprocs = 1;
	plan->classes = program_pin_classes(p);
	for (int i = 0; i < PROCS_MAX; i++) {
		plan->parent[i] = -1;
		plan->space[i] = i;
	}
	r.alive[0] = true;
	if (strcmp(p->step[0].verb, "map")) {
		struct op *op = &plan->op[plan->nops++];

		op->verb = verb_find("map");
		op->by = ACTOR_PROCESS;
		op->pin = -1;
		r.step = NULL;
		bad_step = resolve_region(&r, op);
	}
	for (int i = 0; i < p->nsteps && !bad_step; i++) {
		r.step = &p->step[i];
		if (plan->nops == STEPS_MAX)
			return plan_bad(&r, -EINVAL, "expected at most %d steps without a 'map'",
					STEPS_MAX - 1);
		plan->op[plan->nops].number = i + 1;
		bad_step = resolve_step(&r, &plan->op[plan->nops++]);
		if (r.step->form == STEP_ACTION)
			r.action = plan->nops - 1;
	}
	if (!bad_step && r.background >= 0)
		return plan_bad(&r, -EINVAL, "expected 'wait' for the step with '&'");
	return bad_step;
}
