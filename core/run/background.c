// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "core/run/executor.h"
#include "core/run/judge.h"

int executor_begin(struct executor *x, const struct op *given)
{
	struct violation violation = { 0 };
	struct op op = *given;
	int err;

	executor_flags(x, &op);
	op.prove = false;
	if (op.verb->flags & VERB_LOOKS && model_copy(&x->before, &x->model))
		return executor_broken(x, "copy of the model", ENOMEM);
	channel_attach(x->channel, &x->back, true);
	memset(x->back.sectors + op.first, 0, op.npages);
	memset(x->back.outcome, OUTCOME_OK, op.npages);
	x->background = plan_model_op(&op);
	x->background_proc = op.proc;
	err = actor_begin(x->channel, &op, x->options.timeout_ms);
	if (err)
		return executor_died(x, given, err);
	if (op.verb->flags & VERB_LOOKS)
		return 0;
	/* The new process takes part from now on, whatever becomes of the call. */
	if (op.verb->arg == ARG_CHILD) {
		x->alive[op.child] = true;
		err = op.verb->flags & VERB_SHARES ?
			      0 :
			      model_apply(&x->model, &x->background, NULL, &violation);
	} else {
		err = model_begin(&x->model, &x->background, &violation);
	}
	return err ? executor_violated(x, given, &violation) : 0;
}

/* The bytes of a read are those of its begin or of its end; it changes nothing. */
static int judge_read(struct executor *x, const struct op *op)
{
	struct violation violation = { 0 }, other = { 0 };

	if (!model_apply(&x->before, op, x->seen, &other))
		return 0;
	return model_apply(&x->model, op, x->seen, &violation) ?
		       executor_violated(x, op, &violation) :
		       0;
}

static int judge(struct executor *x, const struct op *op)
{
	struct violation violation = { 0 };

	if (op->verb->flags & VERB_LOOKS)
		return judge_read(x, op);
	if (op->verb->arg == ARG_CHILD)
		return x->seen[0].outcome == OUTCOME_OK ?
			       0 :
			       executor_broken(x, "the new process", x->seen[0].err);
	return model_end(&x->model, x->seen, &violation) ? executor_violated(x, op, &violation) : 0;
}

int executor_wait(struct executor *x, const struct op *wait)
{
	struct op op = x->background;
	struct reply reply;
	int err;

	op.proc = x->background_proc;
	err = actor_finish(x->channel, x->options.timeout_ms, &reply);

	if (err)
		return executor_died(x, wait, err);
	executor_observe(x, &x->back, &op, &reply);
	executor_hold(x, &op, &reply);
	executor_trace(x, &op, &reply);
	err = judge(x, &x->background);
	x->background.verb = NULL;
	if (err)
		return 1;
	model_free(&x->before);
	if (op.verb->arg == ARG_CHILD && !reply.err)
		return 0;
	return executor_follow(x, &op, &reply);
}
