// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/judge.h"

#include <stdio.h>
#include <string.h>

static void outcomes_print(unsigned outcomes, int err, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s%s", outcomes & OUTCOME_OK ? "ok " : "",
		 outcomes & OUTCOME_SEGV ? "SIGSEGV " : "", outcomes & OUTCOME_BUS ? "SIGBUS " : "",
		 outcomes & OUTCOME_ERR ? (err ? errno_name(err) : "any-errno") : "");
	if (*buf && buf[strlen(buf) - 1] == ' ')
		buf[strlen(buf) - 1] = '\0';
}

static void allowed_print(const struct expect *e, int sector, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (int i = 0; i < e->n[sector] && n < size; i++) {
		char one[16];

		n += (size_t)snprintf(buf + n, size - n, "%s%s", i ? " or " : "",
				      value_print(e->value[sector][i], one, sizeof(one)));
	}
}

static void set_class(struct verdict *v, const char *class, const char *law)
{
	snprintf(v->class, sizeof(v->class), "%s", class);
	snprintf(v->law, sizeof(v->law), "%s", law);
}

static void judge_outcome(struct verdict *v, const struct violation *x)
{
	outcomes_print(x->seen.outcome, x->seen.err, v->read, sizeof(v->read));
	outcomes_print(x->allowed.outcomes, x->allowed.err, v->allowed, sizeof(v->allowed));
	if (x->seen.outcome == OUTCOME_SEGV || x->seen.outcome == OUTCOME_BUS)
		set_class(v, "crash", "access");
	else
		set_class(v, "refused", "access");
}

/* The process that stored a value; a device stores for whoever pinned. -1: neither. */
static int storer(const struct plan *plan, value_t read)
{
	int writer = (int)value_writer(read);

	if (writer < WRITER_FILE)
		return plan->space[writer];
	for (int i = 0; i < plan->nops; i++)
		if (plan->op[i].verb->flags & VERB_TAKES_PIN &&
		    plan->op[i].pin == writer - WRITER_DEVICE)
			return plan->op[i].space;
	return -1;
}

/* True when `reader` got the value from an ancestor that stored it before they parted. */
static bool inherited(const struct plan *plan, value_t read, int reader)
{
	int part = 0, store = 0, writer = storer(plan, read), at = reader;

	while (at != writer && at >= 0 && at < PROCS_MAX) {
		for (int i = 0; i < plan->nops; i++)
			if (plan->op[i].verb->arg == ARG_CHILD && plan->op[i].child == at)
				part = plan->op[i].number;
		at = plan->parent[at];
	}
	if (at != writer)
		return false;
	for (int i = 0; i < plan->nops; i++)
		if (plan->op[i].verb->flags & VERB_STORES && plan->op[i].value == read)
			store = plan->op[i].number;
	return store < part;
}

bool judge_foreign(const struct plan *plan, const struct op *op, value_t read)
{
	bool device = op->by == ACTOR_DEVICE;
	int space = device ? op->space : plan->space[op->proc];

	return read != VALUE_ZERO && value_writer(read) != WRITER_FILE && op->by != ACTOR_FILE &&
	       storer(plan, read) != space && !inherited(plan, read, device ? space : op->proc);
}

/* Whose view was it, and whose bytes did it show? */
static void judge_value(struct verdict *v, const struct plan *plan, const struct op *op,
			value_t read)
{
	bool foreign = judge_foreign(plan, op, read);

	if (foreign && value_writer(read) == WRITER_BYSTANDER)
		set_class(v, "use-after-free", "isolation");
	else if (foreign)
		set_class(v, "leak", "isolation");
	else if (op->by == ACTOR_DEVICE)
		set_class(v, "stale-pin", "coherence");
	else
		set_class(v, "lost-write", "coherence");
}

void judge_violation(struct verdict *v, const struct plan *plan, const struct op *op,
		     const struct violation *x, size_t unit)
{
	size_t at = x->page * BASE_PAGE;

	v->kind = VERDICT_FAIL;
	v->page = (long)(at / unit);
	v->offset = -1;
	if (x->overflow) {
		v->kind = VERDICT_BROKEN;
		snprintf(v->why, sizeof(v->why), "the model ran out of worlds, objects or values");
		return;
	}
	if (x->sector < 0) {
		judge_outcome(v, x);
		return;
	}
	v->offset = (long)(at % unit + x->read.offset);
	allowed_print(&x->allowed, x->sector, v->allowed, sizeof(v->allowed));
	if (x->read.state == PATTERN_VALUE) {
		value_print(x->read.value, v->read, sizeof(v->read));
		snprintf(v->whose, sizeof(v->whose), "%s",
			 x->read.value == VALUE_ZERO ? "nobody's" : v->read);
		judge_value(v, plan, op, x->read.value);
	} else {
		snprintf(v->read, sizeof(v->read), "%s",
			 x->read.state == PATTERN_TORN ? "words of several values" :
							 "foreign bytes");
		pattern_describe(x->read.word, v->whose, sizeof(v->whose));
		if (x->read.state == PATTERN_TORN)
			set_class(v, "torn", op->by == ACTOR_DEVICE ? "coherence" : "isolation");
		else
			set_class(v, "use-after-free", "isolation");
	}
}

void judge_step(struct verdict *v, const struct op *op)
{
	v->step = op ? op->number : 0;
	if (!op || !op->step)
		snprintf(v->step_text, sizeof(v->step_text), "%s",
			 op && op->number ? "?" : "final look");
	else
		step_print(op->step, v->step_text, sizeof(v->step_text));
}
