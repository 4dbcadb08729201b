// SPDX-License-Identifier: GPL-2.0-only
/* Steps that need nothing of the runner between them go to the actors in one message. */
#include <errno.h>
#include <string.h>

#include "core/run/executor.h"

enum { PLACES = 64 };

/* What only the runner does between two steps, or what it asks before or behind one. */
static bool stands_alone(const struct executor *x, const struct op *op)
{
	return op->by == ACTOR_FILE || op->watch || op->background ||
	       (x->options.timed && op->step && op->step->timed);
}

/* Who comes or goes by it, the kind's own state: the runner sees to that first. */
static bool may_be_followed(const struct executor *x, const struct op *op)
{
	enum settle_at settles = x->cell->mem->settle_at;
	unsigned flags = op->verb->flags;

	if (stands_alone(x, op) || (flags & VERB_WHOLE && !(flags & VERB_PLAIN)))
		return false;
	return !(op->verb->arg == ARG_REGION && settles == SETTLE_MAP) &&
	       !(op->fills && settles == SETTLE_FIRST_STORE);
}

/* What it is told about the model would be of the time before the message. */
static bool may_follow(const struct executor *x, const struct op *op)
{
	return op->verb->flags & VERB_PLAIN && !op->part && !stands_alone(x, op) &&
	       !executor_refused_pin(x, op);
}

/* Finds room for what comes back of op, behind that of the others. */
static bool find_place(const struct executor *x, struct op *op, size_t *used)
{
	size_t pages = x->model.region[op->region].npages;

	op->place = 0;
	if (!(op->verb->flags & (VERB_LOOKS | VERB_PER_PAGE)))
		return true;
	if (*used && *used + pages > PLACES)
		return false;
	op->place = *used;
	*used += pages;
	return true;
}

static bool any_pinned(const struct executor *x)
{
	for (int i = 0; i < PINS_MAX; i++)
		if (x->pinned[i])
			return true;
	return false;
}

/* The steps from the first one on, which is ready, that go with it. */
static int together(const struct executor *x, const struct op *given, int n, struct op *op)
{
	size_t used = 0;
	bool stored[REGIONS_MAX], fresh = !any_pinned(x);
	int count = 0;

	memcpy(stored, x->stored, sizeof(stored));
	find_place(x, op, &used);
	for (;; op++) {
		stored[op->region] |= op->fills;
		fresh &= op->verb->arg == ARG_REGION;
		if (++count == n || count == CALLS_MAX || !may_be_followed(x, op) ||
		    !may_follow(x, &given[count]))
			return count;
		op[1] = given[count];
		op[1].fills = !stored[op[1].region] && executor_fills(x, &op[1]);
		op[1].prove = op[1].fills && x->cell->mem->settle_at == SETTLE_NEVER;
		/* Proven unless it is pinned; of older memory that is for the model to say. */
		if ((op[1].fills && !fresh) || !find_place(x, &op[1], &used))
			return count;
	}
}

/*
 * The pins of steps that will not be judged any more have to be given back all the same,
 * by whoever has them then.
 */
static void note_pins(struct executor *x, const struct op *op, const struct reply *reply, int n)
{
	for (int i = 0; i < n; i++) {
		executor_hold(x, &op[i], &reply[i]);
		if (reply[i].err)
			continue;
		if (op[i].verb->flags & VERB_DROPS_PIN)
			x->pinned[op[i].pin] = false;
		if (op[i].verb->flags & VERB_KEEPS_PIN)
			x->pin_op[op[i].pin].proc = op[i].proc;
		if (op[i].verb->arg == ARG_CHILD)
			x->alive[op[i].child] = true;
	}
}

static int judge_all(struct executor *x, const struct op *op, const struct reply *reply, int n)
{
	for (int i = 0; i < n; i++) {
		if (!executor_judge(x, &op[i], &reply[i]))
			continue;
		note_pins(x, op + i + 1, reply + i + 1, n - i - 1);
		return 1;
	}
	return 0;
}

/* One message. Sets how many steps it brought about. */
static int steps(struct executor *x, const struct op *given, int n, int *done)
{
	struct op op[CALLS_MAX] = { *given };
	struct reply reply[CALLS_MAX];
	int over, err;

	*done = 1;
	if (op->watch && executor_watch(x, op))
		return 1;
	if (executor_refused_pin(x, op)) {
		x->err[op->number - 1] = ECANCELED;
		return 0;
	}
	executor_ready(x, op);
	err = executor_call(x, op, together(x, given, n, op), reply, done);
	over = judge_all(x, op, reply, *done);
	channel_place(x->channel, &x->base, false, 0);
	return over || (err && executor_died(x, &given[*done], err));
}

int executor_steps(struct executor *x, const struct op *op, int n)
{
	while (n > 0) {
		int over, done = 1;

		if (op->verb == &plan_claim)
			over = executor_claim(x, op);
		else if (op->verb == &plan_wait)
			over = executor_wait(x, op);
		else if (op->background)
			over = executor_begin(x, op);
		else
			over = steps(x, op, n, &done);
		if (over)
			return 1;
		op += done;
		n -= done;
	}
	return 0;
}
