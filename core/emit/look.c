// SPDX-License-Identifier: GPL-2.0-only
#include "core/emit/emit.h"
#include "core/verb/list.h"

/* Devices first, as the executor does it. */
static int look_at_pins(struct emit *e)
{
	const struct op *last = &e->plan.op[e->plan.nops - 1];
	int err = 0;

	for (int i = 0; i < e->plan.npins && !err; i++) {
		struct op op = e->pin_op[i];

		if (!e->pinned[i] || !e->alive[op.proc] || !op.pin_kind->device_read)
			continue;
		if (last->verb == &verb_read && last->by == ACTOR_DEVICE && last->pin == i &&
		    !last->len && last->npages == op.npages)
			continue;
		op.verb = &verb_read;
		op.by = ACTOR_DEVICE;
		op.step = NULL;
		err = emit_op(e, &op);
	}
	return err;
}

/* The last step has just seen the whole region there. */
static bool was_looked_at(const struct emit *e, int proc, int region)
{
	const struct op *last = &e->plan.op[e->plan.nops - 1];

	return last->verb == &verb_read && last->by == ACTOR_PROCESS && last->proc == proc &&
	       last->region == region && !last->len &&
	       last->npages == e->model.region[region].npages;
}

int emit_looks(struct emit *e)
{
	int err = look_at_pins(e);

	for (int p = 0; p < e->plan.nprocs; p++) {
		for (int r = 0; e->alive[p] && !e->execed[p] && r < e->plan.nregions && !err; r++) {
			struct op op = { .verb = &verb_read,
					 .by = ACTOR_PROCESS,
					 .proc = p,
					 .space = e->plan.space[p],
					 .pin = -1,
					 .region = r,
					 .unit = e->cell->mem->unit,
					 .npages = e->model.region[r].npages };

			err = was_looked_at(e, p, r) ? 0 : emit_op(e, &op);
		}
		if (e->alive[p] && !err)
			err = emit_give_back(e, p, true);
	}
	if (e->hoard && !err) {
		char value[16], text[64];

		snprintf(text, sizeof(text), "\texpect(hoard, 0, 32 << 20, 1u << %s);\n",
			 value_identifier(e->hoard, value, sizeof(value)));
		emit_step(e, EMIT_MAIN, "last look: X", text);
	}
	return err;
}
