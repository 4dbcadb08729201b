// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "core/model/model.h"
#include "core/verb/verb.h"

bool model_page_fire(struct model *m, int region, size_t page)
{
	const struct op *op = m->background;
	struct model_region *r = &m->region[region];
	struct model_page *set = &r->page[page];
	int n = set->nworlds;
	struct model_step s = {
		.m = m, .op = op, .share = r->share, .hugetlb = r->hugetlb, .page = page, .set = set
	};

	if (op->region != region || page < op->first || page >= op->first + op->npages)
		return true;
	s.sectors = op_sectors(op, page);
	for (int i = 0; i < n; i++) {
		struct world *w;

		if (!set->world[i].pending)
			continue;
		s.index = i;
		world_branch(&s);
		s.index = set->nworlds - 1;
		s.expect = (struct expect){ .outcomes = OUTCOME_OK };
		world_of(&s)->pending = false;
		op->verb->model(&s);
		w = world_of(&s);
		w->ended = (uint8_t)s.expect.outcomes;
		w->ended_err = (int16_t)s.expect.err;
		for (int b = s.index + 1; b < set->nworlds; b++) {
			set->world[b].pending = false;
			set->world[b].ended = w->ended;
			set->world[b].ended_err = w->ended_err;
		}
	}
	return !s.overflow;
}

int model_begin(struct model *m, const struct op *op, struct violation *v)
{
	bool fits = true;

	m->background = op;
	for (size_t i = op->first; i < op->first + op->npages; i++) {
		struct model_page *set = &m->region[op->region].page[i];

		fits &= model_alone(&m->region[op->region], i);
		for (int w = 0; w < set->nworlds; w++)
			set->world[w].pending = true;
		fits &= model_page_fire(m, op->region, i);
	}
	v->overflow = !fits;
	return !fits;
}

static bool ended_so(const struct world *w, const struct seen *seen)
{
	if (!(w->ended & seen->outcome))
		return false;
	return seen->outcome != OUTCOME_ERR || !w->ended_err || w->ended_err == seen->err;
}

static int page_end(struct model *m, size_t page, const struct seen *seen, struct violation *v)
{
	const struct op *op = m->background;
	struct model_page *set = &m->region[op->region].page[page];
	bool fits = model_page_fire(m, op->region, page);
	int kept = 0;

	*v = (struct violation){ .region = (size_t)op->region, .page = page, .sector = -1 };
	v->seen = *seen;
	v->overflow = !fits;
	for (int i = 0; i < set->nworlds; i++) {
		struct world *w = &set->world[i];

		if (w->pending)
			continue;
		v->allowed.outcomes |= w->ended;
		v->allowed.err = w->ended_err;
		if (ended_so(w, seen)) {
			w->ended = 0;
			w->ended_err = 0;
			set->world[kept++] = *w;
		}
	}
	set->nworlds = kept;
	return !kept || !fits;
}

int model_end(struct model *m, const struct seen *seen, struct violation *v)
{
	const struct op *op = m->background;
	int bad = 0;

	for (size_t i = 0; i < op->npages && !bad; i++)
		bad = page_end(m, op->first + i, &seen[i], v);
	m->background = NULL;
	return bad;
}
