/* SPDX-License-Identifier: GPL-2.0-only */
/* One C file that does what a cell does and checks what its views read. */
#ifndef CORE_EMIT_EMIT_H
#define CORE_EMIT_EMIT_H

#include "core/emit/kind.h"
#include "core/run/cell.h"

/* 0, -ENOTSUP when something has no C text, or -ENOMEM; why is then one line. */
int emit_cell(FILE *out, const struct cell *c, char *why, size_t size);

/* --- Between the files of core/emit/ --- */

enum {
	EMIT_VALUES = 31,
	EMIT_MAIN = PROCS_MAX, /* who is no process: other parties, the bystander, reaping */
};

struct emit {
	const struct cell *cell;
	const struct emit_kind *kind;
	struct plan plan;
	struct model model;
	struct op pin_op[PINS_MAX]; /* the step that took it */
	bool alive[PROCS_MAX], execed[PROCS_MAX], pinned[PINS_MAX];
	bool settled[REGIONS_MAX], stored[REGIONS_MAX];
	bool solo;		    /* P is main(); a child does its steps at once, then exits */
	bool in_child;		    /* solo, and the steps of a child are printed */
	bool prepared;		    /* what the pins need in P is printed */
	bool subreaper;		    /* MAIN reaps whom it did not make */
	value_t value[EMIT_VALUES]; /* the byte that stands for a value is its index */
	int nvalues;
	bool refused;  /* the model expects an errno of the step */
	value_t hoard; /* what the bystander stored, or zero */
	int turn;      /* of the last step that was printed */
	FILE *body;    /* the steps */
	char *body_text;
	size_t body_size;
	char *why;
	size_t why_size;
};

/* -ENOTSUP, with why once: what of op can't be printed. */
int emit_cannot(struct emit *e, const struct op *op, const char *what);
/* The byte that stands for a value, -1 when there are too many. */
int emit_value(struct emit *e, value_t v);
/* What op allows on each of its pages: outcomes, and checks of what was read. */
int emit_pages(struct emit *e, FILE *out, const struct op *op);
/* The next step of the program, by a process or EMIT_MAIN; statements are whole lines. */
void emit_step(struct emit *e, int who, const char *name, const char *statements);
/* Claims, and what they want to know of the moment before a step. */
int emit_claim(struct emit *e, const struct op *op, const char *name);
int emit_watch(struct emit *e, const struct op *op);
/* "P", "C", "C2", ... */
const char *emit_process(int proc);
/* A kind's settle or proof, of region number r. */
void emit_kind_text(FILE *out, const char *text, const struct emit *e, int r);
/* The mapping of region number r, which may be a check that it fails. */
void emit_map(FILE *out, const struct emit *e, int r, bool fails);
/* Calls of a mechanism's open or prepare, as lines. */
void emit_call(FILE *out, const char *call, const struct op *pin);
/* The comment; arguments and libraries are those that code has. */
void emit_head(FILE *out, const struct emit *e, const char *code);
/* Of libc what code mentions, of the kernel and others what the parts say. */
struct parts;
void emit_includes(FILE *out, const struct parts *parts, const char *code);
/* P never leaves, and each child does all its steps right after its fork, exit the last. */
bool emit_is_solo(const struct plan *plan);
/* What pins and processes show after the last step. */
int emit_looks(struct emit *e);
/* A step of the plan, or one that only the executor knows. */
int emit_op(struct emit *e, const struct op *given);
/* What the executor does before a process leaves, and of what is in flight at the end. */
int emit_give_back(struct emit *e, int proc, bool in_flight_only);
/* Everything around the bodies. 0 or -ENOMEM. */
int emit_text(FILE *out, const struct emit *e);

#endif
