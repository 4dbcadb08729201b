/* SPDX-License-Identifier: GPL-2.0-only */
/* A program resolved for a cell: names become numbers, defaults are filled in. */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/verb.h"

struct plan_region {
	char name[WORD_MAX];
	size_t units; /* of the kind */
};

struct plan {
	struct op op[STEPS_MAX];
	int nops;
	struct plan_region region[REGIONS_MAX];
	int nregions;
	int nprocs, npins;
	int parent[PROCS_MAX];
	bool bystander;
	unsigned classes; /* bitmap of enum pin_class that the steps use */
};

/* Bitmap of the pin classes that a program's steps use; `pin` counts as any. */
enum { CLASSES_ANY = 1 << PIN_CLASSES };
unsigned program_pin_classes(const struct program *p);

/*
 * Resolves p for a kind and the mechanisms of its classes. Errors name file,
 * line and column and what was expected (an actor that doesn't live, a pin that
 * isn't held, an unknown verb, a verb that the kind has no meaning for).
 * Returns 0, -EINVAL (broken program), -ENOTSUP (meaningless for this kind or
 * mechanism: such a cell is not enumerated) or -ENOSYS (parsed, but lanes, claims,
 * threads and background steps are not run yet: a skip).
 */
int plan_make(struct plan *plan, const struct program *p, const struct mem_kind *mem,
	      const struct pin_kind *const pin[], struct parse_error *err);

#endif
