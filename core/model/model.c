// SPDX-License-Identifier: GPL-2.0-only
#include "core/model/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/judge.h"
#include "core/verb/verb.h"

int model_init(struct model *m, uint16_t nonce)
{
	*m = (struct model){ .nonce = nonce };
	return 0;
}

void model_free(struct model *m)
{
	for (int r = 0; r < m->nregions; r++) {
		const struct model_region *region = &m->region[r];

		for (size_t i = 0, next; i < region->npages; i = next) {
			next = model_next(region, i);
			free(region->page[i].world);
		}
		free(region->page);
	}
	m->nregions = 0;
}

/* The pages [first, end) become alike, as *p is. */
static void spread(struct model_page *page, size_t first, size_t end, const struct model_page *p)
{
	for (size_t i = first; i < end; i++)
		page[i] = *p;
}

int model_copy(struct model *to, const struct model *m)
{
	*to = (struct model){ .nonce = m->nonce, .background = m->background };
	memcpy(to->memlock, m->memlock, sizeof(to->memlock));
	memcpy(to->charge, m->charge, sizeof(to->charge));
	for (int r = 0; r < m->nregions; r++) {
		const struct model_region *from = &m->region[r];
		struct model_region *copy = &to->region[r];

		*copy = *from;
		copy->page = calloc(from->npages, sizeof(*copy->page));
		if (!copy->page)
			return -ENOMEM;
		to->nregions++;
		for (size_t i = 0, next; i < from->npages; i = next) {
			struct model_page p = from->page[i];
			size_t bytes = (size_t)p.nworlds * sizeof(*p.world);

			p.capacity = p.nworlds;
			p.world = malloc(bytes);
			if (!p.world)
				return -ENOMEM;
			memcpy(p.world, from->page[i].world, bytes);
			next = model_next(from, i);
			spread(copy->page, i, next, &p);
		}
	}
	return 0;
}

static int page_init(struct model_page *p, enum share share, value_t first)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	if (share != SHARE_PRIVATE_ANON)
		w->object[0].kind = OBJECT_FILE;
	for (int s = 0; s < PAGE_SECTORS; s++)
		w->object[0].value[s] = first;
	*p = (struct model_page){ w, 1, 1 };
	return 0;
}

int model_add_region(struct model *m, enum share share, bool hugetlb, size_t npages, value_t first)
{
	struct model_region *r = &m->region[m->nregions];
	bool tracked = share == SHARE_SHARED_TRACKED, secret = share == SHARE_SHARED_SECRET;
	int err;

	if (m->nregions == REGIONS_MAX)
		return -EOVERFLOW;
	*r = (struct model_region){
		.share = tracked || secret ? SHARE_SHARED : share,
		.hugetlb = hugetlb,
		.tracked = tracked,
		.secret = secret,
		.npages = npages,
		.page = calloc(npages, sizeof(*r->page)),
	};
	if (!r->page)
		return -ENOMEM;
	m->nregions++;
	err = page_init(r->page, share, first);
	spread(r->page, 1, npages, r->page);
	return err ? err : m->nregions - 1;
}

struct world *world_of(struct model_step *s)
{
	return &s->set->world[s->index];
}

struct world *world_branch(struct model_step *s)
{
	struct model_page *p = s->set;

	if (p->nworlds == p->capacity) {
		int more = p->capacity * 2;
		struct world *w =
			more <= WORLDS_MAX ? realloc(p->world, (size_t)more * sizeof(*w)) : NULL;

		if (!w) {
			s->overflow = true;
			return world_of(s);
		}
		p->world = w;
		p->capacity = more;
		spread(p, 1, s->alike, p);
	}
	p->world[p->nworlds] = p->world[s->index];
	return &p->world[p->nworlds++];
}

enum outcome world_follow(const struct world *w, enum share share, int pin, bool store)
{
	const struct pinned *p = &w->pin[pin];

	if (w->view[p->owner].place != p->place)
		return OUTCOME_ERR;
	return world_access_remote(w, share, p->owner, store) == OUTCOME_OK ? OUTCOME_OK :
									      OUTCOME_ERR;
}

static bool object_used(const struct world *w, int object)
{
	for (int i = 0; i < PROCS_MAX; i++)
		if (w->view[i].state == VIEW_OBJECT && w->view[i].object == object)
			return true;
	for (int i = 0; i < PINS_MAX; i++)
		if (w->pin[i].live && !w->pin[i].weak && w->pin[i].object == object)
			return true;
	return false;
}

int world_object_from_view(struct model_step *s, int proc)
{
	struct world *w = world_of(s);
	const struct object *from = world_visible(w, s->share, proc);

	for (int i = 1; i < OBJECTS_MAX; i++) {
		if (object_used(w, i))
			continue;
		if (from)
			memcpy(w->object[i].value, from->value, sizeof(from->value));
		else
			memset(w->object[i].value, 0, sizeof(w->object[i].value));
		w->object[i].kind = OBJECT_ANON;
		w->object[i].lazyfree = from && from->lazyfree;
		return i;
	}
	s->overflow = true;
	return -1;
}

struct object *world_own(struct model_step *s, int proc)
{
	struct world *w = world_of(s);
	struct view *v = &w->view[proc];

	if (s->share == SHARE_SHARED)
		return &w->object[0];
	if (v->state == VIEW_ABSENT) {
		int object = world_object_from_view(s, proc);

		if (object < 0)
			return NULL;
		v->state = VIEW_OBJECT;
		v->object = (uint8_t)object;
	}
	v->shared = false;
	return &w->object[v->object];
}

void world_file_page_leaves(struct model_step *s)
{
	struct world *w = world_of(s);

	if (world_pinned(w, 0)) {
		int orphan = 1;

		while (orphan < OBJECTS_MAX && object_used(w, orphan))
			orphan++;
		if (orphan == OBJECTS_MAX) {
			s->overflow = true;
			return;
		}
		w->object[orphan] = w->object[0];
		w->object[orphan].kind = OBJECT_ORPHAN;
		for (int i = 0; i < PINS_MAX; i++)
			if (w->pin[i].live && !w->pin[i].weak && !w->pin[i].object)
				w->pin[i].object = (uint8_t)orphan;
	}
	memset(w->object[0].value, 0, sizeof(w->object[0].value));
}

bool step_failed(const struct model_step *s)
{
	return s->seen && s->seen->outcome == OUTCOME_ERR;
}

bool world_pinned(const struct world *w, int object)
{
	for (int i = 0; i < PINS_MAX; i++)
		if (w->pin[i].live && !w->pin[i].weak && w->pin[i].object == object)
			return true;
	return false;
}

static bool hist_add(struct pinned *p, const struct object *o)
{
	for (int s = 0; s < PAGE_SECTORS; s++) {
		value_t v = o ? o->value[s] : VALUE_ZERO;
		int n = p->nhist[s], i = 0;

		while (i < n && p->hist[s][i] != v)
			i++;
		if (i < n)
			continue;
		if (n == HIST_MAX)
			return false;
		p->hist[s][n] = v;
		p->nhist[s]++;
	}
	return true;
}

/* A weak pin may show any value that its owner had since it was taken. */
static bool hist_update(struct world *w, enum share share)
{
	bool fits = true;

	for (int i = 0; i < PINS_MAX; i++) {
		struct pinned *p = &w->pin[i];

		if (!p->live || !p->weak || p->follows)
			continue;
		if (w->view[p->owner].state != VIEW_NONE)
			fits &= hist_add(p, world_visible(w, share, p->owner));
		if (p->from_file)
			fits &= hist_add(p, &w->object[0]);
	}
	return fits;
}

/* Equal worlds would only use up room. */
static void worlds_merge(struct model_page *p)
{
	int kept = 0;

	for (int i = 0; i < p->nworlds; i++) {
		int other = 0;

		/* Padding may differ; a world that is kept twice costs room, no more. */
		/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
		while (other < kept && memcmp(&p->world[other], &p->world[i], sizeof(*p->world)))
			other++;
		if (other == kept && kept++ != i)
			p->world[other] = p->world[i];
	}
	p->nworlds = kept;
}

/* Applies op to a page and the alike ones behind it, of which each showed the same. */
static int page_apply(struct model *m, const struct op *op, int region, size_t page, size_t alike,
		      struct page_judge *j)
{
	struct model_region *r = &m->region[region];
	struct model_page *set = &r->page[page];
	bool overflow = m->background && !model_page_fire(m, region, page);
	int n = set->nworlds, kept = 0, total;
	struct model_step s = { .m = m,
				.op = op,
				.share = r->share,
				.hugetlb = r->hugetlb,
				.page = page,
				.alike = alike,
				.set = set,
				.seen = j->seen };
	bool drop[WORLDS_MAX] = { false };

	s.sectors = op->verb->flags & VERB_WHOLE ? 0xff : op_sectors(op, page);
	for (s.index = 0; s.index < n; s.index++) {
		int before = set->nworlds;

		s.expect = (struct expect){ .outcomes = OUTCOME_OK };
		if (op->by == ACTOR_FILE && op->verb->flags & VERB_OPENS && world_of(&s)->read_only)
			expect_errno(&s.expect, EROFS);
		else
			op->verb->model(&s);
		drop[s.index] = j->seen && !model_judge(j, &s.expect);
		if (drop[s.index]) /* what it might have become did not happen either */
			set->nworlds = before;
	}
	total = set->nworlds;
	for (int i = 0; i < total; i++)
		if (!drop[i] && kept++ != i)
			set->world[kept - 1] = set->world[i];
	set->nworlds = kept;
	for (int i = 0; i < kept; i++)
		s.overflow |= !hist_update(&set->world[i], r->share);
	worlds_merge(set);
	spread(set, 1, alike, set);
	j->v.overflow = s.overflow || overflow;
	return !kept || j->v.overflow;
}

static bool same_seen(const struct seen *a, const struct seen *b)
{
	if (a == b)
		return true;
	if (a->outcome != b->outcome || a->err != b->err || a->sectors != b->sectors ||
	    !a->read != !b->read)
		return false;
	for (int i = 0; a->read && i < PAGE_SECTORS; i++)
		if (a->sectors & 1 << i &&
		    (a->read[i].state != PATTERN_VALUE || b->read[i].state != PATTERN_VALUE ||
		     a->read[i].value != b->read[i].value))
			return false;
	return true;
}

/* How far op means the same for alike pages: from `page`, at most to `end`. */
static size_t same_op(const struct op *op, size_t page, size_t end)
{
	size_t next = page + 1;

	if (op->verb->arg == ARG_SIZE && op->arg > (long)page && op->arg < (long)end)
		end = (size_t)op->arg;
	if (op->verb->flags & VERB_WHOLE || !op->len)
		return end;
	while (next < end && op_sectors(op, next) == op_sectors(op, page))
		next++;
	return next;
}

/* seen: of each page, or one of all for a step of a whole process; may be NULL. */
static int range_apply(struct model *m, const struct op *op, int region, size_t first, size_t n,
		       const struct seen *seen, struct violation *v)
{
	struct model_region *r = &m->region[region];
	const size_t each = seen && !(op->verb->flags & VERB_WHOLE);
	bool fits = model_part(r, first) && model_part(r, first + n);

	for (size_t i = 0, next; i < n; i = next) {
		struct page_judge j = { .seen = seen ? &seen[i * each] : NULL, .best = -2 };
		size_t end = model_next(r, first + i);

		end = same_op(op, first + i, end < first + n ? end : first + n) - first;
		for (next = i + 1; next < end; next++)
			if (seen && !same_seen(j.seen, &seen[next * each]))
				break;
		fits &= model_part(r, first + next);
		if (!page_apply(m, op, region, first + i, next - i, &j) && fits)
			continue;
		*v = j.v;
		v->region = (size_t)region;
		v->page = first + i;
		v->overflow |= !fits;
		if (seen)
			v->seen = *j.seen;
		return 1;
	}
	return 0;
}

int model_apply(struct model *m, const struct op *op, const struct seen *seen, struct violation *v)
{
	if (!(op->verb->flags & VERB_WHOLE))
		return range_apply(m, op, op->region, op->first, op->npages, seen, v);
	for (int r = 0; r < m->nregions; r++)
		if (range_apply(m, op, r, 0, m->region[r].npages, seen, v))
			return 1;
	return 0;
}
