// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "core/actor/harness.h"
#include "core/run/executor.h"
#include "core/run/judge.h"
#include "core/verb/list.h"

enum { LAST_MAX = 2 * PINS_MAX + PROCS_MAX * REGIONS_MAX };

static struct op of_pin(const struct executor *x, int pin, const struct verb *verb)
{
	struct op op = x->pin_op[pin];

	op.verb = verb;
	op.number = 0;
	op.step = NULL;
	return op;
}

static int look_at_pins(const struct executor *x, struct op *op)
{
	const struct op *last = &x->plan.op[x->plan.nops - 1];
	int n = 0;

	for (int i = 0; i < x->plan.npins; i++) {
		op[n] = of_pin(x, i, &verb_read);
		op[n].by = ACTOR_DEVICE;
		op_own(&op[n], x->cell->mem);
		if (!x->pinned[i] || !x->alive[op[n].proc] || !op[n].pin_kind->device_read)
			continue;
		if (last->verb->name == verb_read.name && last->by == ACTOR_DEVICE &&
		    last->pin == i && last->len == op[n].len && last->npages == op[n].npages)
			continue;
		n++;
	}
	return n;
}

static int look_at_memory(const struct executor *x, struct op *op)
{
	int n = 0;

	for (int p = 0; p < x->plan.nprocs; p++)
		for (int r = 0; x->alive[p] && r < x->plan.nregions; r++)
			op[n++] = (struct op){ .verb = &verb_read,
					       .by = ACTOR_PROCESS,
					       .proc = p,
					       .space = x->plan.space[p],
					       .pin = -1,
					       .region = r,
					       .unit = x->cell->mem->unit,
					       .off = x->cell->mem->own_off,
					       .len = x->cell->mem->own_len,
					       .npages = x->model.region[r].npages };
	return n;
}

static int look_at_hoard(struct executor *x)
{
	struct reply reply;

	if (executor_ask(x, &harness_hoard, BYSTANDER_PROC, 0, 0, &reply))
		return 1;
	if (!reply.post)
		return 0;
	x->verdict->kind = VERDICT_FAIL;
	snprintf(x->verdict->class, sizeof(x->verdict->class), "use-after-free");
	snprintf(x->verdict->law, sizeof(x->verdict->law), "isolation");
	snprintf(x->verdict->why, sizeof(x->verdict->why), "%s", x->base.why);
	return 1;
}

static int look_beside(struct executor *x, int proc, int region)
{
	struct verdict *v = x->verdict;
	struct reply reply;
	int err = executor_try(x, &harness_beside, proc, region, 0, &reply);

	/* An allocator that finds its data changed may end its process. */
	if (err == -ECHILD)
		return executor_died(x, NULL, err);
	if (err)
		return executor_broken(x, harness_beside.name, err);
	if (!reply.post)
		return 0;
	v->kind = VERDICT_FAIL;
	snprintf(v->class, sizeof(v->class), "lost-write");
	snprintf(v->law, sizeof(v->law), "coherence");
	snprintf(v->why, sizeof(v->why), "beside the region: %.128s", x->base.why);
	judge_step(v, NULL);
	return 1;
}

/* Bytes of others on the region's pages; it comes last, since it stores to them. */
static int look_at_neighbours(struct executor *x)
{
	for (int p = 0; x->cell->mem->own_len && p < x->plan.nprocs; p++)
		for (int r = 0; x->alive[p] && x->plan.space[p] == p && r < x->plan.nregions; r++)
			if (look_beside(x, p, r))
				return 1;
	return 0;
}

/* What the program still holds is released by the harness, so that it can be counted. */
static int release(const struct executor *x, struct op *op)
{
	int n = 0;

	for (int i = 0; i < x->plan.npins; i++) {
		op[n] = of_pin(x, i, &verb_unpin);
		if (x->pinned[i] && x->alive[op[n].proc])
			n++;
	}
	return n;
}

/* Whether what is left to do depends on what is seen. */
static bool looks_apart(const struct executor *x, const struct op *op, int n)
{
	bool apart = x->plan.bystander;

	for (int i = 0; i < n; i++)
		apart |= op[i].by == ACTOR_DEVICE && op[i].pin_kind->oneshot;
	return apart;
}

/* Behind the last step of P, unless somebody else releases a pin later. */
static bool count_behind(struct op *op, int n, int releases)
{
	int last = n - 1;

	while (last >= 0 && op[last].proc)
		last--;
	if (last < 0 || (releases && last != n - 1))
		return false;
	op[last].count = true;
	return true;
}

static int charged(struct executor *x, bool counted, long *kb)
{
	struct reply reply;

	if (!counted) {
		if (executor_ask(x, &harness_nop, 0, 0, 0, &reply))
			return 1;
		x->counted_kb = reply.pinned;
	}
	*kb = x->counted_kb;
	return *kb < 0 ? executor_broken(x, "/proc/self/status", (int)*kb) : 0;
}

static int accounting(struct executor *x, bool counted)
{
	struct verdict *v = x->verdict;
	long kb;

	if (charged(x, counted, &kb))
		return 1;
	kb -= model_locked_kb(&x->model, 0);
	if (kb == x->pinned_kb)
		return 0;
	v->kind = VERDICT_FAIL;
	snprintf(v->class, sizeof(v->class), "accounting");
	snprintf(v->law, sizeof(v->law), "accounting");
	snprintf(v->read, sizeof(v->read), "VmPin+VmLck %ld kB", kb);
	snprintf(v->allowed, sizeof(v->allowed), "%ld kB, as before step one", x->pinned_kb);
	snprintf(v->why, sizeof(v->why), "everything was unpinned, but is still charged");
	judge_step(v, NULL);
	return 1;
}

int executor_last_look(struct executor *x)
{
	struct op op[LAST_MAX];
	int n = look_at_pins(x, op), releases;
	bool count = x->plan.npins && x->alive[0], counted;

	n += look_at_memory(x, op + n);
	if (looks_apart(x, op, n)) {
		if (executor_steps(x, op, n) || (x->plan.bystander && look_at_hoard(x)))
			return 1;
		n = 0;
	}
	releases = release(x, op + n);
	n += releases;
	/* A child's pins are charged to whoever made the ring, for as long as it has it. */
	for (int i = 0; i < x->plan.npins; i++)
		count &= !x->by_child[i];
	counted = count && count_behind(op, n, releases);
	if (executor_steps(x, op, n))
		return 1;
	return (count && accounting(x, counted)) || look_at_neighbours(x);
}
