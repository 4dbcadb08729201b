/* SPDX-License-Identifier: GPL-2.0-only */
/* A program resolved for a cell: names become numbers, defaults are filled in. */
#ifndef CORE_PLAN_PLAN_H
#define CORE_PLAN_PLAN_H

#include "core/verb/verb.h"

struct plan_region {
	char name[WORD_MAX];
	size_t units; /* of the kind */
};

enum claim_what {
	CLAIM_PFN,    /* the page frames before and after the step before the claim */
	CLAIM_FOLIO,  /* whether they belong to huge pages behind that step */
	CLAIM_ERRNO,  /* how the last such step ended */
	CLAIM_VMFLAG, /* a flag of the first region */
};

struct plan_claim {
	enum claim_what what;
	int proc;
	bool expected; /* same, whole, or present */
	int err;       /* 0: the step succeeded */
	char flag[3];
};

enum { CLAIMS_MAX = 16 };

/* `wait` and `claim` in a plan: the executor itself carries them out. */
extern const struct verb plan_wait, plan_claim;

struct plan {
	struct op op[STEPS_MAX];
	int nops;
	struct plan_region region[REGIONS_MAX];
	int nregions;
	struct plan_claim claim[CLAIMS_MAX]; /* op.arg of a claim is its number */
	int nclaims;
	int nprocs, npins, nthreads;
	int parent[PROCS_MAX];
	int space[PROCS_MAX]; /* as op.space, at the end */
	bool bystander;
	unsigned classes; /* bitmap of enum pin_class that the steps use */
};

/* The op as the model sees it: the actor is an address space. */
struct op plan_model_op(const struct op *op);
/* A process that leaves an address space to another one changes nothing in it. */
bool plan_leaves_nothing(const struct op *op);

/* Bitmap of the pin classes that a program's steps use; `pin` counts as any. */
enum { CLASSES_ANY = 1 << PIN_CLASSES };
unsigned program_pin_classes(const struct program *p);

/*
 * Resolves p for a kind and the mechanisms of its classes. Errors name file,
 * line and column and what was expected (an actor that doesn't live, a pin that
 * isn't held, an unknown verb, a verb that the kind has no meaning for).
 * Returns 0, -EINVAL (broken program), -ENOTSUP (meaningless for this kind or
 * mechanism: such a cell is not enumerated) or -ENOSYS (parsed, but lanes are not
 * run yet: a skip).
 */
int plan_make(struct plan *plan, const struct program *p, const struct mem_kind *mem,
	      const struct pin_kind *const pin[], struct parse_error *err);

#endif
