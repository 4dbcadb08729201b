/* SPDX-License-Identifier: GPL-2.0-only */
/* Fewer cells that still bring each pair of program, kind and mechanism together. */
#ifndef CORE_RUN_PAIRWISE_H
#define CORE_RUN_PAIRWISE_H

#include "core/run/enumerate.h"

/*
 * Leaves in *l, in its order, a part whose cells hold every pair (program, kind),
 * (program, mechanism), (kind, mechanism) and (mechanism, mechanism) that a cell of
 * *l holds; a program, kind or mechanism that has no partner keeps a cell too. A
 * pair that a usable cell holds is held by one that stays. The same list and
 * answers give the same part. usable may be NULL. Returns the number of pairs, or
 * -ENOMEM with *l as it was.
 */
long cells_pairwise(struct cell_list *l, bool (*usable)(const struct cell *c, void *arg),
		    void *arg);

#endif
