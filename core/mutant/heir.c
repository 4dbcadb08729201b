// SPDX-License-Identifier: GPL-2.0-only
/* Rings that a child has and should not have, and the other way round. */
#include "core/mutant/list.h"
#include "core/verb/list.h"

static int lie_inherited(struct actor *a, const struct op *op)
{
	return verb_heir_uring.exec(a, op);
}

static int lie_hidden(struct actor *a, const struct op *op)
{
	return verb_heir_hidden.exec(a, op);
}

LIE(heir_perf, "perf-ring-is-inherited", "heir-perf", lie_inherited);
LIE(heir_uring, "uring-is-hidden", "heir-uring", lie_hidden);
LIE(heir_hidden, "dontfork-hides-no-ring", "heir-hidden", lie_inherited);
LIE(heir_aio, "aio-ring-is-inherited", "heir-aio", lie_inherited);
LIE(heir_packet, "packet-ring-is-hidden", "heir-packet", lie_hidden);
