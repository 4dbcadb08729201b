// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/executor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "bench/timed.h"
#include "core/actor/harness.h"
#include "core/mem/mount.h"
#include "core/run/judge.h"
#include "core/verb/list.h"

int executor_broken(struct executor *x, const char *what, int err)
{
	struct verdict *v = x->verdict;

	v->kind = VERDICT_BROKEN;
	snprintf(v->why, sizeof(v->why), "%s: %s", what, errno_name(err < 0 ? -err : err));
	return 1;
}

/* By name, since a planted lie is another verb of the same name. */
static bool is(const struct op *op, const struct verb *verb)
{
	return op->verb->name == verb->name;
}

int executor_died(struct executor *x, const struct op *op, int err)
{
	struct verdict *v = x->verdict;

	v->kind = VERDICT_FAIL;
	snprintf(v->class, sizeof(v->class), "%s", err == -ETIMEDOUT ? "hang" : "crash");
	snprintf(v->law, sizeof(v->law), "access");
	snprintf(v->why, sizeof(v->why), "%s",
		 err == -ETIMEDOUT ? "the step did not end in time" : "the actor died in the step");
	judge_step(v, op);
	return 1;
}

int executor_try(struct executor *x, const struct verb *verb, int proc, int region, long arg,
		 struct reply *reply)
{
	struct op op = { .verb = verb,
			 .by = ACTOR_PROCESS,
			 .proc = proc,
			 .region = region,
			 .arg = arg,
			 .prove = verb == &harness_settle,
			 .count = verb == &harness_prepare || verb == &harness_nop,
			 .pin = -1 };

	return actor_call(x->channel, &op, x->options.timeout_ms, reply);
}

int executor_ask(struct executor *x, const struct verb *verb, int proc, int region, long arg,
		 struct reply *reply)
{
	int err = executor_try(x, verb, proc, region, arg, reply);

	return err ? executor_broken(x, verb->name, err) : 0;
}

void executor_trace(struct executor *x, const struct op *op, const struct reply *reply)
{
	FILE *out = x->options.trace;
	char text[64], value[16];

	if (!out)
		return;
	if (op->step)
		step_print(op->step, text, sizeof(text));
	else if (op->by == ACTOR_DEVICE)
		snprintf(text, sizeof(text), "(look at pin %d)", op->pin + 1);
	else if (is(op, &verb_read))
		snprintf(text, sizeof(text), op->proc ? "(look at C%.0d)" : "(look at P)",
			 op->proc > 1 ? op->proc : 0);
	else
		snprintf(text, sizeof(text), "(%s)", op->verb->name);
	fprintf(out, "# %2d %-24s %8.1f us", op->number, text, (double)reply->ns / 1e3);
	if (reply->err)
		fprintf(out, "  %s", errno_name(-reply->err));
	for (size_t i = 0; op->verb->flags & VERB_LOOKS && i < op->npages && i < 4; i++) {
		const struct seen *s = &x->seen[i];

		if (s->outcome != OUTCOME_OK || !s->sectors)
			fprintf(out, "  [%zu] %s", op->first + i,
				s->outcome == OUTCOME_SEGV ? "SIGSEGV" :
				s->outcome == OUTCOME_BUS  ? "SIGBUS" :
							     "-");
		else
			fprintf(out, "  [%zu] %s", op->first + i,
				value_print(s->read[__builtin_ctz(s->sectors)].value, value,
					    sizeof(value)));
	}
	fputc('\n', out);
}

/* One observation for each base page of the range (one in all for a whole process). */
void executor_observe(struct executor *x, const struct actor *a, const struct op *op,
		      const struct reply *reply)
{
	size_t n = op->verb->flags & VERB_WHOLE ? 1 : op->npages;

	for (size_t i = 0; i < n; i++) {
		struct seen *s = &x->seen[i];

		*s = (struct seen){ .outcome = OUTCOME_OK };
		if (reply->err) {
			s->outcome = OUTCOME_ERR;
			s->err = -reply->err;
		} else if (op->verb->flags & VERB_PER_PAGE && op->by == ACTOR_PROCESS) {
			s->outcome = a->outcome[i];
		}
		if (op->verb->flags & VERB_LOOKS && s->outcome == OUTCOME_OK) {
			s->read = a->read[op->first + i];
			s->sectors = a->sectors[op->first + i];
		}
	}
}

/* Where who has the file open counts, only the step itself does. */
static int act_on_file(struct actor *a, const struct op *op)
{
	struct region *r = &a->region[op->region];
	const int keep = r->fd;
	bool opens = op->verb->flags & VERB_OPENS && r->kind->remounts;
	int err = opens ? region_open(r, O_RDWR) : 0;

	if (err < 0)
		return err;
	r->fd = opens ? err : keep;
	err = op->timed ? timed_exec(a, op->verb, op) : op->verb->exec(a, op);
	if (opens)
		close(r->fd);
	r->fd = keep;
	return err;
}

static void step_on_file(struct executor *x, const struct op *op, struct reply *reply)
{
	struct actor *a = &x->base;
	uint64_t start = now_ns();

	*reply = (struct reply){ .err = act_on_file(a, op) };
	if (!reply->err && op->verb->post)
		reply->post = op->verb->post(a, op);
	reply->ns = now_ns() - start;
}

int executor_call(struct executor *x, const struct op *op, int n, struct reply *reply, int *done)
{
	struct actor *a = &x->base;

	for (int i = 0; i < n; i++) {
		channel_place(x->channel, a, false, op[i].place);
		if (op[i].verb->flags & VERB_LOOKS)
			memset(a->sectors + op[i].first, 0, op[i].npages);
		if (op[i].verb->flags & VERB_PER_PAGE)
			memset(a->outcome, OUTCOME_OK, op[i].npages);
	}
	*done = 1;
	if (op->by == ACTOR_FILE) {
		step_on_file(x, op, reply);
		return 0;
	}
	return actor_calls(x->channel, op, n, x->options.timeout_ms, reply, done);
}

/* What a device did not look at would be judged as a pass. */
static int looked_at_all(struct executor *x, const struct op *op)
{
	size_t first = op->first, last = op->first + op->npages - 1;

	if (op->by != ACTOR_DEVICE || !(op->verb->flags & VERB_LOOKS))
		return 0;
	while (first < last && !op_sectors(op, first))
		first++;
	while (last > first && !op_sectors(op, last))
		last--;
	if (x->base.sectors[first] && x->base.sectors[last])
		return 0;
	return executor_broken(x, "the device read returned no bytes", EIO);
}

static int proven(struct executor *x, const struct reply *reply)
{
	const struct mem_kind *mem = x->cell->mem;

	if (reply->proof < 0)
		return executor_broken(x, "check of the memory kind", reply->proof);
	if (reply->proof && x->verdict->kind == VERDICT_PASS) {
		x->verdict->kind = VERDICT_UNREACHED;
		snprintf(x->verdict->why, sizeof(x->verdict->why), "%s: %.128s", mem->name,
			 x->base.why);
	}
	return 0;
}

static int settle(struct executor *x, const struct op *op)
{
	struct reply reply;

	if (executor_ask(x, &harness_settle, op->proc, op->region, 0, &reply))
		return 1;
	if (reply.err)
		return executor_broken(x, "settle of the memory kind", reply.err);
	return proven(x, &reply);
}

bool executor_fills(const struct executor *x, const struct op *op)
{
	return is(op, &verb_write) && op->by == ACTOR_PROCESS && !op->proc &&
	       !x->stored[op->region] && !op->first && op->len == x->cell->mem->own_len &&
	       op->npages == x->model.region[op->region].npages;
}

/* What follows a step: new and ended processes, pins, and the kind's own state. */
static int follow_up(struct executor *x, const struct op *op, const struct reply *reply)
{
	const struct mem_kind *mem = x->cell->mem;

	if (op->verb->arg == ARG_CHILD) {
		x->alive[op->child] = true;
	} else if (op->verb->flags & VERB_ENDS) {
		return executor_reap(x, op, reply);
	} else if (op->verb->flags & VERB_KEEPS_PIN) {
		x->pin_op[op->pin].proc = op->proc;
	} else if (op->verb->flags & VERB_DROPS_PIN) {
		x->pinned[op->pin] = false;
	} else if (is(op, &verb_map) && mem->settle_at == SETTLE_MAP) {
		return settle(x, op);
	} else if (executor_fills(x, op)) {
		if (x->seen[0].outcome != OUTCOME_OK)
			return 0;
		x->stored[op->region] = true;
		if (mem->settle_at == SETTLE_FIRST_STORE)
			return settle(x, op);
	}
	if (op->by == ACTOR_DEVICE && op->pin_kind->oneshot)
		x->pinned[op->pin] = false;
	return op->prove ? proven(x, reply) : 0;
}

/*
 * A process gives back its pins before it leaves, unless another one keeps them: what
 * nobody has a handle of could not be released.
 */
static void give_back(struct executor *x, int proc)
{
	for (int i = 0; i < x->plan.npins; i++) {
		struct op op = x->pin_op[i];
		struct reply reply;

		if (!x->pinned[i] || op.proc != proc || !x->alive[proc])
			continue;
		if (x->background.verb && x->background_proc == proc)
			continue;
		op.verb = &verb_unpin;
		x->pinned[i] = false;
		actor_call(x->channel, &op, x->options.timeout_ms, &reply);
	}
}

void executor_give_back(struct executor *x)
{
	for (int p = 0; p < PROCS_MAX; p++)
		give_back(x, p);
}

static void note_unmet(struct executor *x, const struct op *op)
{
	struct verdict *v = x->verdict;

	if (v->kind != VERDICT_PASS)
		return;
	v->kind = VERDICT_UNREACHED;
	judge_step(v, op);
	snprintf(v->why, sizeof(v->why), "%s: %.128s", op->verb->name, x->base.why);
}

void executor_flags(struct executor *x, struct op *op)
{
	const struct op m = plan_model_op(op);
	struct op around = m;

	op_around(&around);
	if (!(op->verb->flags & VERB_WHOLE)) {
		op->pinned = model_range_pinned(&x->model, &around);
		op->shared = model_range_shared(&x->model, &around);
		op->empty = model_range_empty(&x->model, &m);
	}
	op->fills = executor_fills(x, op);
	op->prove = op->fills && !op->pinned && x->cell->mem->settle_at == SETTLE_NEVER;
}

void executor_hold(struct executor *x, const struct op *op, const struct reply *reply)
{
	if (!(op->verb->flags & VERB_TAKES_PIN) || reply->err)
		return;
	x->pinned[op->pin] = true;
	x->pin_op[op->pin] = *op;
	x->by_child[op->pin] = op->proc != 0;
	/* Looks and unpins are made from it: steps of their own, not in the background. */
	x->pin_op[op->pin].background = x->pin_op[op->pin].timed = false;
	x->pin_op[op->pin].watch = 0;
}

int executor_violated(struct executor *x, const struct op *op, const struct violation *v)
{
	judge_violation(x->verdict, &x->plan, op, v, x->cell->mem->unit);
	judge_step(x->verdict, op);
	return 1;
}

int executor_follow(struct executor *x, const struct op *op, const struct reply *reply)
{
	if (op->number)
		x->err[op->number - 1] = -reply->err;
	if (op->verb->flags & VERB_TAKES_PIN)
		x->refused[op->pin] = reply->err;
	if (reply->err)
		return 0;
	if (reply->post)
		note_unmet(x, op);
	return follow_up(x, op, reply);
}

/* A new process that shares has no view of its own to part. */
static int judge(struct executor *x, const struct op *op, struct violation *v)
{
	const struct op m = plan_model_op(op);

	if (op->verb->flags & VERB_SHARES) {
		*v = (struct violation){ .sector = -1, .seen = x->seen[0] };
		v->allowed.outcomes = OUTCOME_OK;
		return x->seen[0].outcome != OUTCOME_OK;
	}
	return model_apply(&x->model, &m, x->seen, v);
}

bool executor_refused_pin(const struct executor *x, const struct op *op)
{
	bool on_pin = op->by == ACTOR_DEVICE ||
		      (op->verb->arg == ARG_PIN && !(op->verb->flags & VERB_TAKES_PIN));

	return on_pin && op->pin >= 0 && op->number && x->refused[op->pin];
}

void executor_ready(struct executor *x, struct op *op)
{
	executor_flags(x, op);
	op->timed = x->options.timed && op->step && op->step->timed;
	if (op->verb->flags & VERB_WHOLE && op->verb->arg != ARG_CHILD)
		give_back(x, op->proc);
}

int executor_judge(struct executor *x, const struct op *op, const struct reply *reply)
{
	struct violation violation = { 0 };

	channel_place(x->channel, &x->base, false, op->place);
	x->verdict->step_ns += reply->ns;
	if (op->count)
		x->counted_kb = reply->pinned;
	executor_observe(x, &x->base, op, reply);
	executor_trace(x, op, reply);
	if (reply->err == -ENOLINK && op->pin >= 0)
		return executor_broken(x, "the device side is gone", reply->err);
	if (!reply->err && looked_at_all(x, op))
		return 1;
	executor_hold(x, op, reply);
	if (!plan_leaves_nothing(op) && judge(x, op, &violation))
		return executor_violated(x, op, &violation);
	if (op->timed)
		x->options.timed(x->options.timed_by, op, channel_timing(x->channel));
	return executor_follow(x, op, reply);
}
