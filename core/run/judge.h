/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns a violation of the model into a verdict for people. */
#ifndef CORE_RUN_JUDGE_H
#define CORE_RUN_JUDGE_H

#include "core/run/cell.h"

/*
 * Fills v (kind FAIL, class, law, page, offset, read, allowed, whose). op is the
 * step whose observation disagrees; unit is the kind's page size in bytes.
 */
void judge_violation(struct verdict *v, const struct plan *plan, const struct op *op,
		     const struct violation *x, size_t unit);

/* Whether the value belongs to an address space that op's has parted from. */
bool judge_foreign(const struct plan *plan, const struct op *op, value_t read);

/* Sets the step's number and text. op NULL: the final look. */
void judge_step(struct verdict *v, const struct op *op);

#endif
