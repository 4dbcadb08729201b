// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/actor/actor.h"
#include "core/plan/resolver.h"

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

enum { AUTO_VALUE = 100 };

void plan_complain(const struct program *p, const struct step *s, struct parse_error *err,
		   const char *format, va_list ap)
{
	char text[160];

	vsnprintf(text, sizeof(text), format, ap);
	snprintf(err->text, sizeof(err->text), "%s:%d:%d: %s", *p->file ? p->file : "steps",
		 s->line, s->col, text);
}

int plan_bad(struct resolver *r, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	plan_complain(r->program, r->step, r->err, format, ap);
	va_end(ap);
	return code;
}

int plan_proc(const char *name)
{
	char *end;
	long n;

	if (!strcmp(name, "P"))
		return 0;
	if (!strcmp(name, "C"))
		return 1;
	if (name[0] != 'C')
		return -1;
	n = strtol(name + 1, &end, 10);
	return *end || n < 2 || n >= BYSTANDER_PROC ? -1 : (int)n;
}

int plan_thread(const char *name)
{
	char *end;
	long n = strncmp(name, "P.", 2) ? 0 : strtol(name + 2, &end, 10);

	return n < 1 || *end || n > THREADS_MAX ? -1 : (int)n;
}

int resolve_value(struct resolver *r, struct op *op)
{
	unsigned writer = op->by == ACTOR_PROCESS ? (unsigned)op->proc :
			  op->by == ACTOR_FILE	  ? WRITER_FILE :
						    WRITER_DEVICE + (unsigned)op->pin;
	unsigned long n = AUTO_VALUE + (unsigned long)op->number;
	char *end = NULL;

	if (r->step->arg[0]) {
		n = strtoul(r->step->arg, &end, 10);
		if (*end || n < 1 || n > 254)
			return plan_bad(r, -EINVAL, "expected a value from 1 to 254 after '='");
	}
	op->value = value_make(writer, (unsigned)n);
	return 0;
}

int resolve_child(struct resolver *r, struct op *op)
{
	int child = r->plan->nprocs;

	if (r->step->arg[0])
		child = plan_proc(r->step->arg);
	if (child < 1 || child >= BYSTANDER_PROC)
		return plan_bad(r, -EINVAL, "expected a child C, C2, C3 or C4 after '='");
	if (r->plan->parent[child] >= 0)
		return plan_bad(r, -EINVAL, "expected a child that was not forked before");
	if (!strcmp(op->verb->name, "vfork") && !r->step->background)
		return plan_bad(r, -EINVAL, "expected 'vfork&': its maker sleeps until it is gone");
	op->child = child;
	r->plan->parent[child] = op->proc;
	r->plan->space[child] = op->verb->flags & VERB_SHARES ? op->space : child;
	r->alive[child] = true;
	r->fresh[child] = r->fresh[op->proc];
	for (int i = 0; i < r->plan->npins; i++)
		if (r->pins[i].handles & 1u << op->proc)
			r->pins[i].handles |= 1u << child;
	if (child >= r->plan->nprocs)
		r->plan->nprocs = child + 1;
	return 0;
}

int resolve_size(struct resolver *r, struct op *op)
{
	char *end;
	unsigned long n = strtoul(r->step->arg, &end, 10);
	size_t units = r->plan->region[op->region].units;

	if (!strcmp(op->verb->name, "memlock") && (!n || has_step(r->program, "mlock")))
		return plan_bad(r, -EINVAL, "expected a page at least, and no step 'mlock'");
	if (!r->step->arg[0] || *end || n > units)
		return plan_bad(r, -EINVAL, "expected a size of at most %zu pages after '='",
				units);
	op->arg = (long)(n * (r->mem->unit / BASE_PAGE));
	if (!strcmp(op->verb->name, "truncate") ||
	    (!strcmp(op->verb->name, "allocate") && r->file_pages[op->region] < (size_t)op->arg))
		r->file_pages[op->region] = (size_t)op->arg;
	op->first = 0;
	op->npages = units * (r->mem->unit / BASE_PAGE);
	return 0;
}

int resolve_prot(struct resolver *r, struct op *op)
{
	static const char *const name[] = { [PROTECT_CYCLE] = "cycle",
					    [PROTECT_RO] = "ro",
					    [PROTECT_RW] = "rw",
					    [PROTECT_NONE] = "none" };

	for (int i = 0; i <= PROTECT_NONE; i++)
		if (!strcmp(name[i], r->step->arg) || (!i && !r->step->arg[0])) {
			op->arg = i;
			return 0;
		}
	return plan_bad(r, -EINVAL, "expected ro, rw, none or cycle after '='");
}

int resolve_seal(struct resolver *r, struct op *op)
{
	static const struct {
		const char *name;
		int seal;
	} word[] = { { "write", F_SEAL_WRITE },
		     { "future-write", F_SEAL_FUTURE_WRITE },
		     { "shrink", F_SEAL_SHRINK },
		     { "grow", F_SEAL_GROW },
		     { "exec", F_SEAL_EXEC } };

	if (r->step->place.first >= 0)
		return plan_bad(r, -EINVAL, "expected a whole region for '%s'", op->verb->name);
	for (size_t i = 0; i < ARRAY_SIZE(word); i++)
		if (!strcmp(word[i].name, r->step->arg) || (!i && !r->step->arg[0])) {
			op->arg = word[i].seal;
			return 0;
		}
	return plan_bad(r, -EINVAL, "expected write, future-write, shrink, grow or exec after '='");
}

int resolve_region(struct resolver *r, struct op *op)
{
	struct plan *plan = r->plan;
	char name[WORD_MAX] = "buf", *colon;
	size_t units = r->mem->units;

	if (r->step && r->step->arg[0]) {
		snprintf(name, sizeof(name), "%s", r->step->arg);
		colon = strchr(name, ':');
		if (colon) {
			char *end;

			*colon = '\0';
			units = strtoul(colon + 1, &end, 10);
			if (end == colon + 1 || strcmp(end, "p") || !units)
				return plan_bad(r, -EINVAL, "expected map=NAME:COUNTp");
		}
	}
	if (units > IMAGE_MAX / r->mem->unit)
		return plan_bad(r, -ENOTSUP, "%zu pages of %zu bytes are too many", units,
				r->mem->unit);
	op->region = -1;
	for (int i = 0; i < plan->nregions; i++)
		if (!strcmp(plan->region[i].name, name))
			op->region = i;
	if (op->region >= 0 && !r->unmapped[op->region])
		return plan_bad(r, -EINVAL, "expected a region that is not mapped, got '%s'", name);
	if (op->region >= 0 && r->mem->share >= SHARE_SHARED && !r->mem->prepare)
		return plan_bad(r, -ENOTSUP, "'%s' can't be mapped again", r->mem->name);
	if (op->region >= 0)
		r->unmapped[op->region] = false;
	if (op->region < 0) {
		if (plan->nregions == REGIONS_MAX)
			return plan_bad(r, -EINVAL, "expected at most %d regions", REGIONS_MAX);
		if (op->proc)
			return plan_bad(r, -EINVAL, "expected P to map a new region");
		op->region = plan->nregions++;
		plan->region[op->region].units = units;
		r->file_pages[op->region] = units * (r->mem->unit / BASE_PAGE);
		snprintf(plan->region[op->region].name, WORD_MAX, "%s", name);
	}
	op->unit = r->mem->unit;
	op->npages = plan->region[op->region].units * (r->mem->unit / BASE_PAGE);
	return 0;
}

bool touches_bytes(const struct resolver *r, const struct op *op)
{
	const struct pin_kind *k = op->verb->flags & VERB_TAKES_PIN ? r->pin[op->verb->pin_class] :
								      NULL;

	return op->verb->flags & (VERB_LOOKS | VERB_STORES) || (k && k->oneshot);
}

int resolve_own(struct resolver *r, struct op *op)
{
	const struct mem_kind *mem = r->mem;

	op_own(op, mem);
	if (op->off < mem->own_off || op->off + op->len > mem->own_off + mem->own_len)
		return plan_bad(r, -ENOTSUP, "of a page '%s' has %u bytes from byte %u on",
				mem->name, mem->own_len, mem->own_off);
	if (op->verb->flags & VERB_TAKES_PIN && op->npages * BASE_PAGE > op->unit)
		return plan_bad(r, -ENOTSUP, "'%s' transfers bytes without a gap", op->verb->name);
	return 0;
}

/* A call on a range of addresses; without a place of their own are spawn, fork-fails, ... */
static bool divides(const struct op *op)
{
	static const char *const whole[] = { "spawn", "fork-fails", "compact", "clear-refs" };
	const unsigned apart = VERB_LOOKS | VERB_STORES | VERB_WHOLE | VERB_TAKES_PIN |
			       VERB_DROPS_PIN;

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		if (!strcmp(op->verb->name, whole[i]))
			return false;
	return op->by == ACTOR_PROCESS && !(op->verb->flags & apart) && op->verb->arg != ARG_REGION;
}

int call_divides(struct resolver *r, const struct op *op)
{
	if (!divides(op))
		return 0;
	if (r->mem->window)
		return plan_bad(r, -ENOTSUP, "'%s' is for whole pages, '%s' is a part of one",
				op->verb->name, r->mem->name);
	if (r->mem->own_len && !(op->verb->flags & VERB_LEAVES))
		return plan_bad(r, -ENOTSUP, "'%s' takes whole pages, '%s' shares them",
				op->verb->name, r->mem->name);
	return 0;
}

bool place_in_base_pages(const struct resolver *r, const struct op *op)
{
	bool whole = op->off % BASE_PAGE == 0 && op->len % BASE_PAGE == 0;

	if (op->by == ACTOR_DEVICE)
		return whole;
	return !(op->verb->flags & (VERB_LOOKS | VERB_STORES)) && (whole || !pin_of_sectors(r, op));
}

int resolve_part(struct resolver *r, struct op *op)
{
	const bool pins = op->verb->flags & VERB_TAKES_PIN;
	const char *name = op->verb->name;

	bool aligned = op->off % BASE_PAGE == 0 && op->len % BASE_PAGE == 0;

	if (op->verb->flags & (VERB_WHOLE | VERB_UNITS) || (op->unit == BASE_PAGE && !aligned))
		return plan_bad(r, pins ? -ENOTSUP : -EINVAL, "expected whole pages for '%s'",
				name);
	if (r->mem->hugetlb && !pins && op->by == ACTOR_PROCESS)
		return plan_bad(r, -ENOTSUP, "expected whole pages: '%s' can't be divided",
				r->mem->name);
	if (!aligned)
		return plan_bad(r, pins ? -ENOTSUP : -EINVAL,
				"expected an offset and a length in base pages of %zu bytes",
				(size_t)BASE_PAGE);
	if (op->npages * BASE_PAGE != op->unit)
		return plan_bad(r, -EINVAL, "expected a part of one page for '%s'", name);
	op->part = op->len < op->unit;
	op->first += op->off / BASE_PAGE;
	op->npages = op->len / BASE_PAGE;
	op->off = op->len = 0;
	return 0;
}
