// SPDX-License-Identifier: GPL-2.0-only
#include "core/model/model.h"

const struct object *world_visible(const struct world *w, enum share share, int proc)
{
	const struct view *v = &w->view[proc];

	if (v->state == VIEW_OBJECT)
		return &w->object[v->object];
	if (v->state == VIEW_ABSENT && share != SHARE_PRIVATE_ANON)
		return &w->object[0];
	return NULL;
}

enum outcome world_access_remote(const struct world *w, enum share share, int proc, bool store)
{
	const struct view *v = &w->view[proc];
	const struct object *o = world_visible(w, share, proc);

	if (v->state == VIEW_NONE || v->flags & VIEW_GUARDED || v->prot == VIEW_NO ||
	    (store && v->prot == VIEW_RO))
		return OUTCOME_SEGV;
	if (o && o->kind == OBJECT_GONE)
		return OUTCOME_BUS;
	if (v->state == VIEW_ABSENT && v->uffd & (UFFD_MISSING | UFFD_POISON))
		return OUTCOME_BUS;
	return store && v->uffd & UFFD_WP ? OUTCOME_BUS : OUTCOME_OK;
}

enum outcome world_access(const struct world *w, enum share share, int proc, bool store)
{
	return w->view[proc].flags & VIEW_KEYED ? OUTCOME_SEGV :
						  world_access_remote(w, share, proc, store);
}

void world_store(struct object *o, uint8_t sectors, value_t v)
{
	for (int i = 0; i < PAGE_SECTORS; i++)
		if (sectors & 1 << i)
			o->value[i] = v;
	o->lazyfree = false;
}

void expect_object(struct expect *e, const struct object *o, uint8_t sectors)
{
	e->reads = true;
	for (int i = 0; i < PAGE_SECTORS; i++) {
		e->n[i] = (sectors & 1 << i) != 0;
		e->value[i][0] = o ? o->value[i] : VALUE_ZERO;
	}
}

void expect_errno(struct expect *e, int err)
{
	e->outcomes = OUTCOME_ERR;
	e->err = err;
}
