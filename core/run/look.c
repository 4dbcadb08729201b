// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "core/actor/harness.h"
#include "core/run/executor.h"
#include "core/verb/list.h"

static int look_at_pins(struct executor *x)
{
	const struct op *last = &x->plan.op[x->plan.nops - 1];

	for (int i = 0; i < x->plan.npins; i++) {
		struct op op = x->pin_op[i];

		if (!x->pinned[i] || !x->alive[op.proc] || !op.pin_kind->device_read)
			continue;
		if (last->verb->name == verb_read.name && last->by == ACTOR_DEVICE &&
		    last->pin == i && !last->len && last->npages == op.npages)
			continue;
		op.verb = &verb_read;
		op.by = ACTOR_DEVICE;
		op.number = 0;
		op.step = NULL;
		if (executor_step(x, &op))
			return 1;
	}
	return 0;
}

int executor_look(struct executor *x)
{
	struct reply reply;

	if (look_at_pins(x))
		return 1;
	for (int p = 0; p < x->plan.nprocs; p++) {
		for (int r = 0; x->alive[p] && r < x->plan.nregions; r++) {
			struct op op = { .verb = &verb_read,
					 .by = ACTOR_PROCESS,
					 .proc = p,
					 .space = x->plan.space[p],
					 .pin = -1,
					 .region = r,
					 .unit = x->cell->mem->unit,
					 .npages = x->model.region[r].npages };

			if (executor_step(x, &op))
				return 1;
		}
	}
	if (!x->plan.bystander)
		return 0;
	if (executor_ask(x, &harness_hoard, BYSTANDER_PROC, 0, 0, &reply))
		return 1;
	if (!reply.post)
		return 0;
	x->verdict->kind = VERDICT_FAIL;
	snprintf(x->verdict->class, sizeof(x->verdict->class), "use-after-free");
	snprintf(x->verdict->law, sizeof(x->verdict->law), "isolation");
	snprintf(x->verdict->why, sizeof(x->verdict->why), "%s", x->base.why);
	return 1;
}
