// SPDX-License-Identifier: GPL-2.0-only
/* The actors of a cell: how they come and go. */
#include <errno.h>
#include <string.h>

#include "core/actor/harness.h"
#include "core/need/need.h"
#include "core/run/executor.h"

void executor_close_nursery(struct executor *x)
{
	nursery_close(x->nursery);
	x->nursery = NULL;
}

int executor_open_nursery(struct executor *x)
{
	if (x->nursery && x->nursery_state != need_changes())
		executor_close_nursery(x);
	if (!x->nursery)
		x->nursery = nursery_open(x->channel, x->options.cpu, &x->allowed);
	x->nursery_state = need_changes();
	return x->nursery ? 0 : executor_broken(x, "nursery of actors", errno);
}

static int start_actor(struct executor *x, int proc)
{
	int npins = proc || x->plan.nthreads ? 0 : x->plan.npins;
	long pinned;
	pid_t pid;

	x->base.proc = proc;
	pid = nursery_take(x->nursery, &x->base, npins, &pinned);
	if (!proc)
		x->pinned_kb = pinned;
	if (pid < 0)
		return executor_broken(x, "a spare actor", pid);
	actor_set_pid(&x->base, proc, pid);
	x->group[proc == BYSTANDER_PROC] = pid;
	return 0;
}

void executor_pins(const struct plan *plan, size_t unit, struct pin pin[PINS_MAX])
{
	size_t most = 0;

	for (int i = 0; i < plan->nregions; i++)
		if (plan->region[i].units * unit > most)
			most = plan->region[i].units * unit;
	for (int i = 0; i < plan->nops; i++) {
		const struct op *op = &plan->op[i];

		if (op->verb->flags & VERB_TAKES_PIN)
			pin[op->pin] = (struct pin){ .kind = op->pin_kind,
						     .index = op->pin,
						     .max_len = most };
	}
}

static bool all_ahead(const struct cell *c)
{
	bool any = false;

	for (int i = 0; i < PIN_CLASSES; i++) {
		if (c->pin[i] && !c->pin[i]->ahead)
			return false;
		any |= c->pin[i] != NULL;
	}
	return any;
}

/* The first coming cells whose pins can be prepared; they may be skipped. */
static void wish(struct executor *x)
{
	static struct plan plan;
	struct parse_error error;
	struct wishes want = { 0 };

	for (size_t i = 0; i < x->ncoming && want.n < AHEAD_MAX; i++) {
		const struct cell *c = &x->coming[i];

		if (!all_ahead(c) || plan_make(&plan, c->program, c->mem, c->pin, &error) ||
		    plan.nthreads)
			continue;
		executor_pins(&plan, c->mem->unit, want.ahead[want.n].pin);
		want.ahead[want.n++].npins = plan.npins;
	}
	if (want.n)
		nursery_wish(x->nursery, &want);
}

void executor_expect(struct executor *x, const struct cell *coming, size_t n)
{
	x->coming = coming;
	x->ncoming = n < COMING_MAX ? n : COMING_MAX;
}

/* What the rings of a user hold is limited, unless it is root. */
static unsigned dying_max(void)
{
	return geteuid() ? 1 : BANKS - 2;
}

/* The pool has huge pages for one cell. */
static int wait_for_pool(struct executor *x)
{
	uint32_t banks = x->pool_banks;

	if (!x->cell->mem->hugetlb)
		return 0;
	x->pool_banks = 0;
	return nursery_wait_banks(x->nursery, banks);
}

int executor_start_actors(struct executor *x)
{
	if (nursery_wait(x->nursery, dying_max()) || wait_for_pool(x))
		return executor_broken(x, "end of the last cells' actors", ETIMEDOUT);
	channel_reset(x->channel, nursery_bank(x->nursery, channel_bank(x->channel)));
	channel_attach(x->channel, &x->base, false);
	if (start_actor(x, 0))
		return 1;
	x->alive[0] = true;
	wish(x);
	return x->plan.bystander && start_actor(x, BYSTANDER_PROC);
}

/* Much memory must be free again for the next cell; a stuck actor could write to the channel. */
static bool ends_at_once(const struct executor *x)
{
	size_t bytes = 0;

	for (int i = 0; i < x->plan.nregions; i++)
		bytes += x->base.region[i].len;
	return x->background.verb || bytes > HUGE_PAGE || x->verdict->kind == VERDICT_BROKEN ||
	       !strcmp(x->verdict->class, "hang") || !strcmp(x->verdict->class, "crash");
}

void executor_end_actors(struct executor *x)
{
	pid_t pid[PROCS_MAX];

	if (!x->nursery || !x->group[0])
		return;
	for (int i = 0; i < PROCS_MAX; i++)
		pid[i] = actor_pid(x->channel, i);
	nursery_end(x->nursery, channel_bank(x->channel), x->group, pid);
	if (x->cell->mem->hugetlb)
		x->pool_banks |= 1u << channel_bank(x->channel);
	if (ends_at_once(x) && nursery_wait(x->nursery, 0))
		executor_close_nursery(x);
}

/* An exit lasts from the process's last act until it is reaped. */
int executor_reap(struct executor *x, const struct op *op, const struct reply *left)
{
	pid_t pid = actor_pid(x->channel, op->proc);
	struct op ask = { .verb = &harness_reap,
			  .by = ACTOR_PROCESS,
			  .proc = op->child,
			  .arg = pid,
			  .pin = -1,
			  .timed = op->timed };
	struct reply reply = { 0 };
	int err = 0;

	x->alive[op->proc] = false;
	if (op->child < 0 || !x->alive[op->child])
		reply.err = nursery_reap(x->nursery, pid);
	else
		err = actor_call(x->channel, &ask, x->options.timeout_ms, &reply);
	x->verdict->step_ns += now_ns() - left->at;
	if (err || reply.err)
		return executor_broken(x, "wait for a process", err ? err : reply.err);
	if (ask.timed && x->alive[ask.proc])
		x->options.timed(x->options.timed_by, op, channel_timing(x->channel));
	return 0;
}
