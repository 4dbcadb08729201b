/* SPDX-License-Identifier: GPL-2.0-only */
/* What a resolved program must not ask for, since the model has no answer. */
#ifndef CORE_PLAN_CHECK_H
#define CORE_PLAN_CHECK_H

#include "core/plan/plan.h"

/*
 * One call has one outcome, the model has one for each page: so a call whose range
 * is mapped in part, or lets a pin take a part of it, is refused; also a remap of
 * what is several mappings, and a place or a size that the verb would ignore.
 * Returns 0, or with file, line and column in err -EINVAL, or -ENOTSUP when only this
 * kind can not.
 */
int plan_check(const struct plan *plan, const struct program *p, const struct mem_kind *mem,
	       struct parse_error *err);

#endif
