/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutants: kinds, mechanisms and verbs that lie on purpose. Each program must
 * catch one, each mutant must be caught; tests/mutants is that test.
 */
#ifndef CORE_MUTANT_H
#define CORE_MUTANT_H

#include "core/verb.h"

struct mutant {
	const char *name, *about;
	/* One of these replaces its namesake: the verb or kind that lies. For a
	 * mechanism every one of its class is replaced. */
	const char *verb;
	int (*exec)(struct actor *a, const struct op *op);
	const struct mem_kind *mem;
	const struct pin_kind *pin;
};

extern const struct mutant *const mutants[]; /* NULL-terminated */

const struct mutant *mutant_find(const char *name);

#endif
