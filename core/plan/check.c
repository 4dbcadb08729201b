// SPDX-License-Identifier: GPL-2.0-only
#include "core/plan/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/actor/actor.h"
#include "core/plan/resolver.h"

enum { MAPPED = 1, DONTFORK = 2, WIPEONFORK = 4, READABLE = 8, WRITABLE = 16, KEYED = 32 };

#define FRESH (MAPPED | READABLE | WRITABLE)

struct checker {
	const struct plan *plan;
	const struct program *program;
	const struct mem_kind *mem;
	struct parse_error *err;
	size_t file_pages[REGIONS_MAX];
	/* Of each process, region and base page: what is above. */
	uint8_t page[PROCS_MAX][REGIONS_MAX][IMAGE_PAGES];
};

static int __attribute__((format(printf, 3, 4)))
bad(const struct checker *c, const struct op *op, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	plan_complain(c->program, op->step, c->err, format, ap);
	va_end(ap);
	return -EINVAL;
}

/* It is this kind that can't: such a cell is not made. */
#define unsuited(...) (bad(__VA_ARGS__), -ENOTSUP)

static bool is(const struct op *op, const char *verb)
{
	return !strcmp(op->verb->name, verb);
}

static size_t region_pages(const struct checker *c, int region)
{
	return c->plan->region[region].units * (c->mem->unit / BASE_PAGE);
}

/* Whether (what & page) is the same for all pages of the range. */
static bool uniform(const struct checker *c, const struct op *op, unsigned what)
{
	const uint8_t *page = c->page[op->space][op->region];

	for (size_t i = op->first; i < op->first + op->npages; i++)
		if ((page[i] & what) != (page[op->first] & what))
			return false;
	return true;
}

static bool pin_works(const struct checker *c, const struct op *op, size_t i)
{
	unsigned need = MAPPED | (op->verb->pin_class == PIN_RW ? WRITABLE : READABLE);

	if (c->page[op->space][op->region][i] & KEYED && !op->pin_kind->remote)
		return false;
	return (c->page[op->space][op->region][i] & need) == need && i < c->file_pages[op->region];
}

static int check_pin(const struct checker *c, const struct op *op)
{
	for (size_t i = op->first; i < op->first + op->npages; i++)
		if (pin_works(c, op, i) != pin_works(c, op, op->first))
			return bad(c, op,
				   "expected a range that '%s' can take as a whole, or none of",
				   op->verb->name);
	return 0;
}

static int check_map(const struct checker *c, const struct op *op)
{
	const char *colon = strchr(op->step->arg, ':');
	size_t units = c->plan->region[op->region].units;

	if (op->step->has_place)
		return bad(c, op, "expected no place for 'map'");
	if (colon && strtoul(colon + 1, NULL, 10) != units)
		return bad(c, op, "expected %zup, the size that '%s' had before", units,
			   c->plan->region[op->region].name);
	return 0;
}

/* A place that would be ignored. */
static int check_place(const struct checker *c, const struct op *op)
{
	bool held = op->verb->arg == ARG_PIN && !(op->verb->flags & VERB_TAKES_PIN);
	bool whole = op->verb->flags & VERB_WHOLE || held || is(op, "scavenge");
	bool part = op->step->has_place && (op->step->place.first >= 0 || op->step->place.len);

	if (op->step->has_place && whole)
		return bad(c, op, "expected no place for '%s'", op->verb->name);
	if (part && (is(op, "truncate") || is(op, "resize") || is(op, "remount-ro") ||
		     is(op, "remount-rw")))
		return bad(c, op, "expected a whole region for '%s'", op->verb->name);
	return 0;
}

/* One mapping from the beginning on, and nothing behind it. */
static int check_resize(const struct checker *c, const struct op *op)
{
	const uint8_t *page = c->page[op->space][op->region];
	size_t n = region_pages(c, op->region), end = 0;

	while (end < n && page[end] & MAPPED && page[end] == page[0])
		end++;
	while (end < n && !(page[end] & MAPPED))
		end++;
	return end == n ? 0 : bad(c, op, "expected one mapping, with at most its end cut off");
}

static int check_range(const struct checker *c, const struct op *op)
{
	unsigned flags = op->verb->flags;

	if (op->by != ACTOR_PROCESS ||
	    flags & (VERB_WHOLE | VERB_PER_PAGE | VERB_DROPS_PIN | VERB_KEEPS_PIN))
		return 0;
	if (flags & VERB_TAKES_PIN)
		return check_pin(c, op);
	if (is(op, "resize"))
		return check_resize(c, op);
	if ((is(op, "remap") || is(op, "remap-keep")) && !uniform(c, op, 0xff))
		return bad(c, op, "expected one mapping, without holes and alike in all its pages");
	if ((is(op, "unmap") || is(op, "dontfork")) && c->mem->grows &&
	    op->npages < region_pages(c, op->region))
		return unsuited(c, op, "expected all of the region: a hole in '%s' grows back",
				c->mem->name);
	if (!is(op, "unmap") && !uniform(c, op, MAPPED))
		return bad(c, op, "expected a range that is mapped as a whole, or not at all");
	return 0;
}

static void set(struct checker *c, const struct op *op, unsigned clear, unsigned add)
{
	uint8_t *page = c->page[op->space][op->region];

	for (size_t i = op->first; i < op->first + op->npages; i++)
		if (page[i] & MAPPED)
			page[i] = (uint8_t)((page[i] & ~clear) | add);
}

static void do_fork(struct checker *c, const struct op *op)
{
	memcpy(c->page[op->child], c->page[op->space], sizeof(c->page[0]));
	for (int r = 0; r < c->plan->nregions; r++)
		for (size_t i = 0; i < region_pages(c, r); i++)
			if (c->page[op->child][r][i] & DONTFORK)
				c->page[op->child][r][i] = 0;
}

static void do_protect(struct checker *c, const struct op *op)
{
	static const unsigned right[] = { [PROTECT_CYCLE] = READABLE | WRITABLE,
					  [PROTECT_RO] = READABLE,
					  [PROTECT_RW] = READABLE | WRITABLE,
					  [PROTECT_NONE] = 0 };

	set(c, op, READABLE | WRITABLE, right[op->arg]);
}

static void do_resize(struct checker *c, const struct op *op)
{
	uint8_t *page = c->page[op->space][op->region];

	for (size_t i = 1; op->arg && i < region_pages(c, op->region); i++)
		page[i] = i < (size_t)op->arg ? page[0] : 0;
}

static void follow_file(struct checker *c, const struct op *op)
{
	size_t end = op->first + op->npages;

	if (is(op, "truncate") ||
	    (is(op, "allocate") && (size_t)op->arg > c->file_pages[op->region]))
		c->file_pages[op->region] = (size_t)op->arg;
	else if (op->verb->flags & VERB_STORES && end > c->file_pages[op->region])
		c->file_pages[op->region] = end;
}

static void follow(struct checker *c, const struct op *op)
{
	if (op->by == ACTOR_FILE)
		follow_file(c, op);
	if (op->by != ACTOR_PROCESS)
		return;
	if (is(op, "map"))
		memset(c->page[op->space][op->region], FRESH, region_pages(c, op->region));
	else if (is(op, "unmap"))
		set(c, op, 0xff, 0);
	else if (op->verb->arg == ARG_CHILD && !(op->verb->flags & VERB_SHARES))
		do_fork(c, op);
	else if (is(op, "exec") && !plan_leaves_nothing(op))
		memset(c->page[op->space], 0, sizeof(c->page[0]));
	else if (is(op, "protect"))
		do_protect(c, op);
	else if (is(op, "pkey") || is(op, "pkey-off"))
		set(c, op, KEYED, is(op, "pkey") ? KEYED : 0);
	else if (is(op, "resize"))
		do_resize(c, op);
	else if (is(op, "dontfork") || is(op, "dofork"))
		set(c, op, DONTFORK, is(op, "dontfork") ? DONTFORK : 0);
	else if (is(op, "wipeonfork") || is(op, "keeponfork"))
		set(c, op, WIPEONFORK, is(op, "wipeonfork") ? WIPEONFORK : 0);
}

/* Each process has pages of its own of private memory once it stored to them. */
static int check_pool(const struct checker *c, const struct op *op)
{
	size_t units = 0, copies = c->mem->share == SHARE_SHARED ? 1 : (size_t)c->plan->nprocs;

	for (int r = 0; r < c->plan->nregions; r++)
		units += c->mem->window ? 1 : c->plan->region[r].units;
	if (!c->mem->pool || units * copies <= c->mem->pool)
		return 0;
	return unsuited(c, op, "expected at most %u huge pages, with a copy for each process",
			c->mem->pool);
}

int plan_check(const struct plan *plan, const struct program *p, const struct mem_kind *mem,
	       struct parse_error *err)
{
	static struct checker c;
	int code = 0;

	memset(&c, 0, sizeof(c));
	c.plan = plan;
	c.program = p;
	c.mem = mem;
	c.err = err;
	for (int r = 0; r < plan->nregions; r++)
		c.file_pages[r] = region_pages(&c, r);
	for (int i = 0; i < plan->nops && !code; i++) {
		const struct op *op = &plan->op[i];

		if (op->step && (is(op, "map") || op->verb->arg == ARG_CHILD))
			code = check_pool(&c, op);
		if (op->step && !code)
			code = is(op, "map") ? check_map(&c, op) : check_place(&c, op);
		if (op->step && !code && !is(op, "map"))
			code = check_range(&c, op);
		if (!code)
			follow(&c, op);
	}
	return code;
}
