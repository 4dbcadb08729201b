/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutants: kinds, mechanisms and verbs that lie on purpose. Each program must
 * catch one, each mutant must be caught; tests/mutants is that test.
 */
#ifndef CORE_MUTANT_MUTANT_H
#define CORE_MUTANT_MUTANT_H

#include "core/verb/verb.h"

struct mutant {
	const char *name, *about;
	/* One of these: a verb whose exec is replaced, a kind that is mapped in
	 * place of the one named, or a mechanism in place of all of its class. */
	const char *verb;
	int (*exec)(struct actor *a, const struct op *op);
	const char *mem_name, *mem;
	const char *pin;
	/*
	 * What it does outlives the cell and shows on the host only: the oracles
	 * around a batch must catch it (see oracle.h), which takes root.
	 */
	bool lasting;
	const char *need; /* that has to be met for it, or NULL */
};

extern const struct mutant *const mutants[]; /* NULL-terminated */

const struct mutant *mutant_find(const char *name);

#endif
