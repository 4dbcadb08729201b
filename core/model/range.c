// SPDX-License-Identifier: GPL-2.0-only
/* Questions about many pages. */
#include "core/model/model.h"
#include "core/verb/verb.h"

bool model_range_pinned(const struct model *m, const struct op *op)
{
	const struct model_region *r = &m->region[op->region];

	for (size_t i = op->first; i < op->first + op->npages; i = model_next(r, i)) {
		const struct model_page *p = &r->page[i];

		for (int w = 0; w < p->nworlds; w++)
			for (int n = 0; n < PINS_MAX; n++)
				if (p->world[w].pin[n].live && !p->world[w].pin[n].follows)
					return true;
	}
	return false;
}

bool model_range_shared(const struct model *m, const struct op *op)
{
	const struct model_region *r = &m->region[op->region];

	for (size_t i = op->first; i < op->first + op->npages; i = model_next(r, i)) {
		const struct model_page *p = &r->page[i];

		for (int n = 0; n < PROCS_MAX; n++)
			if (n != op->proc && p->world[0].view[n].state != VIEW_NONE)
				return true;
	}
	return false;
}

bool model_range_empty(const struct model *m, const struct op *op)
{
	const struct model_region *r = &m->region[op->region];

	if (r->share != SHARE_PRIVATE_ANON)
		return false;
	for (size_t i = op->first; i < op->first + op->npages; i = model_next(r, i))
		if (r->page[i].world[0].view[op->proc].state == VIEW_OBJECT)
			return false;
	return true;
}

long model_locked_kb(const struct model *m, int proc)
{
	long kb = 0;

	for (int n = 0; n < m->nregions; n++) {
		const struct model_region *r = &m->region[n];

		for (size_t i = 0, next; i < r->npages; i = next) {
			next = model_next(r, i);
			if (r->page[i].world[0].view[proc].flags & VIEW_LOCKED)
				kb += (long)(next - i) * BASE_PAGE / 1024;
		}
	}
	return kb;
}
