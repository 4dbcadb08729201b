/* SPDX-License-Identifier: GPL-2.0-only */
/* A cell: program x memory kind x pin mechanism; the unit that runs. */
#ifndef CORE_RUN_CELL_H
#define CORE_RUN_CELL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/mutant/mutant.h"
#include "core/plan/plan.h"

struct timing; /* bench/timed.h */

enum verdict_kind {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_SKIP,
	VERDICT_UNREACHED,
	VERDICT_BROKEN,
};

struct verdict {
	enum verdict_kind kind;
	/* fail: "lost-write" "stale-pin" "leak" "torn" "use-after-free" "refused"
	 * "accounting" "hang" "crash" "kernel-log"; skip: the need; else "" */
	char class[20];
	char law[16]; /* "isolation" "coherence" "accounting" "access" or "" */
	int step;     /* number from 1; 0: the final look at every view */
	char step_text[64];
	long page;   /* unit page in the region, -1 unknown */
	long offset; /* bytes into that page, -1 unknown */
	char read[64], allowed[96], whose[96];
	char why[256];		   /* one line for people; for a skip how to meet the need */
	char known[160];	   /* fail: the deviation's source when it is known, else "" */
	int tried, failed;	   /* executions, where it was repeated after a failure; else 0 */
	uint64_t wall_ns, step_ns; /* of the cell; of its own steps alone */
};

struct cell {
	const struct program *program;
	const struct mem_kind *mem;
	const struct pin_kind *pin[PIN_CLASSES]; /* NULL where the program has none */
	char id[640];
};

struct run_options {
	int cpu;		     /* all actors run here */
	unsigned timeout_ms;	     /* of one step */
	FILE *trace;		     /* each step and every view, or NULL */
	const struct mutant *mutant; /* a lie to plant, or NULL */
	/*
	 * Gets what each [step] measured, when the model allowed its outcome; an exit also
	 * its reaping. NULL: such steps run as any other.
	 */
	void (*timed)(void *by, const struct op *op, const struct timing *t);
	void *timed_by;
};

/* Builds the id; pins may be NULL. */
void cell_set_id(struct cell *c);

/*
 * One executor for many cells. open maps what runner and actors share (before
 * any cell, so that no actor allocates it); NULL and errno on failure.
 */
struct executor *executor_open(const struct run_options *o);
void executor_close(struct executor *x);

/*
 * What runs probably after the next cell, to prepare for it meanwhile; must live until
 * then. Nothing depends on it but the time.
 */
void executor_expect(struct executor *x, const struct cell *coming, size_t n);

/* Runs one cell; everything that can go wrong is in *v. */
void cell_run(struct executor *x, const struct cell *c, struct verdict *v);

/* Whether timed steps of the next cells read counters too, see bench/counters.h. */
void executor_count(struct executor *x, bool on);

/* How many mechanisms are open: such may hold pins of their own until the end. */
int executor_opened(const struct executor *x);

/* Waits until the processes of all cells so far are gone. 0 or -ETIMEDOUT. */
int executor_settle(struct executor *x);

const char *verdict_name(enum verdict_kind k);

#endif
