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

static int lie_stays_on(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return 0;
}

LIE(heir_perf, "perf-ring-is-inherited", "heir-perf", lie_inherited);
LIE(heir_uring, "uring-is-hidden", "heir-uring", lie_hidden);
LIE(heir_hidden, "dontfork-hides-no-ring", "heir-hidden", lie_inherited);
LIE(heir_aio, "aio-ring-is-inherited", "heir-aio", lie_inherited);
LIE(heir_packet, "packet-ring-is-hidden", "heir-packet", lie_hidden);

const struct mutant mutant_heir_device = {
	.name = "device-memory-is-hidden",
	.verb = "heir-device",
	.exec = heir_device_hidden,
	.need = "dma",
	.about = "the verb 'heir-device' lies",
};

const struct mutant mutant_heir_off = {
	.name = "device-memory-stays-on",
	.verb = "heir-off",
	.exec = lie_stays_on,
	.need = "dma",
	.about = "the verb 'heir-off' lies",
};
