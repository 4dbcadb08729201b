/* SPDX-License-Identifier: GPL-2.0-only */
/* State of one running cell, for the files of the executor only. */
#ifndef CORE_RUN_EXECUTOR_H
#define CORE_RUN_EXECUTOR_H

#include <sys/types.h>

#include "core/actor/actor.h"
#include "core/actor/nursery.h"
#include "core/run/cell.h"

enum { OPENED_MAX = 64, COMING_MAX = 32 };

struct executor {
	struct run_options options;
	cpu_set_t allowed; /* before the runner chose its CPU */
	struct channel *channel;
	struct nursery *nursery;
	unsigned nursery_state;			   /* need_changes() when it was opened */
	const struct pin_kind *opened[OPENED_MAX]; /* mechanisms whose open ran */
	int nopened;
	uint16_t nonce;
	uint32_t pool_banks;	   /* whose actors may have huge pages of the pool still */
	const struct cell *coming; /* see executor_expect() */
	size_t ncoming;

	/* Of the running cell: */
	const struct cell *cell;
	struct verdict *verdict;
	struct plan plan;
	struct model model;
	struct actor base;	    /* what actors start from; also F's, in the runner */
	struct holdings holdings;   /* its own */
	struct actor back;	    /* where the data of the background step arrives */
	struct op background;	    /* that step, as the model sees it; verb NULL: none */
	int background_proc;	    /* who carries it out */
	struct model before;	    /* the model when it began */
	int err[STEPS_MAX];	    /* errno of each op of the plan that is over, or 0 */
	uint64_t *frame[PROCS_MAX]; /* for a claim, before the step; IMAGE_PAGES, or NULL */
	bool alive[PROCS_MAX], pinned[PINS_MAX], stored[REGIONS_MAX];
	bool refused[PINS_MAX];	    /* the kernel gave an errno, and may */
	bool by_child[PINS_MAX];    /* not P took it */
	struct op pin_op[PINS_MAX]; /* the step that took it, by the process that has it now */
	pid_t group[2];		    /* leaders: of the family, of the bystander */
	long pinned_kb;		    /* VmPin + VmLck of P before step one; -1: not known yet */
	long counted_kb;	    /* the same behind a step that asked for it */
	struct seen seen[IMAGE_PAGES];
};

/* All return 0, or 1 with the verdict set: the cell is over. */

/* turns.c. Steps, looks and claims one after another: exec, post-condition, model. */
int executor_steps(struct executor *x, const struct op *op, int n);
/* A step with '&': begins it, and ends it. */
int executor_begin(struct executor *x, const struct op *op);
int executor_wait(struct executor *x, const struct op *wait);
/* Remembers what a claim about op needs from before it; judges a claim. */
int executor_watch(struct executor *x, const struct op *op);
int executor_claim(struct executor *x, const struct op *claim);

/* look.c. Reads every live view, devices first; then all pins are released and counted. */
int executor_last_look(struct executor *x);
/* Best effort, before the actors are killed: unpins what they still hold. */
void executor_give_back(struct executor *x);
/* The pins of a plan as they are prepared. */
void executor_pins(const struct plan *plan, size_t unit, struct pin pin[PINS_MAX]);
/*
 * cast.c. Actors have what the runner had when their nursery was opened: what mechanisms and
 * needs opened, but no file of a region, which would live as long as the nursery.
 */
int executor_open_nursery(struct executor *x);
/* P and X of this cell; and their end, with all descendants. */
int executor_start_actors(struct executor *x);
void executor_end_actors(struct executor *x);
int executor_reap(struct executor *x, const struct op *op, const struct reply *reply);
void executor_close_nursery(struct executor *x);

/* A harness verb in an actor: 0 or -errno of actor_call(). */
int executor_try(struct executor *x, const struct verb *verb, int proc, int region, long arg,
		 struct reply *reply);
/* The same, and the cell is broken when it fails. */
int executor_ask(struct executor *x, const struct verb *verb, int proc, int region, long arg,
		 struct reply *reply);

/* Its pin is not there, since the kernel refused it, and may. */
bool executor_refused_pin(const struct executor *x, const struct op *op);
/* The store after which a region is, for the first time, all that its kind says. */
bool executor_fills(const struct executor *x, const struct op *op);

/* Before a step that others may follow in a message, the message, and each of them behind it. */
void executor_ready(struct executor *x, struct op *op);
int executor_call(struct executor *x, const struct op *op, int n, struct reply *reply, int *done);
int executor_judge(struct executor *x, const struct op *op, const struct reply *reply);

/* Parts of a step, in this order; observe and trace take the actor whose room has the data. */
void executor_flags(struct executor *x, struct op *op);
void executor_observe(struct executor *x, const struct actor *a, const struct op *op,
		      const struct reply *reply);
/* Before the verdict: a pin that must not be held has to be given back as well. */
void executor_hold(struct executor *x, const struct op *op, const struct reply *reply);
void executor_trace(struct executor *x, const struct op *op, const struct reply *reply);
int executor_violated(struct executor *x, const struct op *op, const struct violation *v);
int executor_follow(struct executor *x, const struct op *op, const struct reply *reply);
int executor_died(struct executor *x, const struct op *op, int err);

/* The harness or host failed. */
int executor_broken(struct executor *x, const char *what, int err);

#endif
