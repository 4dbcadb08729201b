// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/history_internal.h"

static uint64_t hash_of(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h ^ h >> 29;
}

/* Slots hold a number plus one, 0 is free. */
static size_t *find_slot(const struct names *n, const char *name)
{
	size_t i = hash_of(name) & (n->slots - 1);

	while (n->slot[i] && strcmp(n->name[n->slot[i] - 1], name) != 0)
		i = (i + 1) & (n->slots - 1);
	return &n->slot[i];
}

static int widen(struct names *n)
{
	struct names wider = *n;

	wider.slots = n->slots ? 2 * n->slots : 1024;
	wider.slot = calloc(wider.slots, sizeof(*wider.slot));
	if (!wider.slot)
		return -ENOMEM;
	wider.name = realloc(n->name, wider.slots / 2 * sizeof(*wider.name));
	if (!wider.name) {
		free(wider.slot);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n->count; i++)
		*find_slot(&wider, wider.name[i]) = i + 1;
	free(n->slot);
	*n = wider;
	return 0;
}

/* The number of a name, which is added; SIZE_MAX without memory. */
static size_t name_number(struct names *n, const char *name)
{
	size_t *slot;

	if (n->count * 2 >= n->slots && widen(n))
		return SIZE_MAX;
	slot = find_slot(n, name);
	if (*slot)
		return *slot - 1;
	n->name[n->count] = strdup(name);
	if (!n->name[n->count])
		return SIZE_MAX;
	*slot = ++n->count;
	return n->count - 1;
}

static void names_free(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->name[i]);
	free(n->name);
	free(n->slot);
}

static int take_fails(struct history_store *s, struct stored_run *run, const struct digest *d)
{
	run->fail = calloc(d->cells + 1, sizeof(*run->fail));
	if (!run->fail)
		return -ENOMEM;
	for (size_t i = 0; i < d->cells; i++) {
		struct stored_fail *f = &run->fail[run->fails];

		if (d->cell[i].kind != VERDICT_FAIL)
			continue;
		f->name = name_number(&s->names, d->cell[i].cell);
		f->known = d->cell[i].known;
		snprintf(f->class, sizeof(f->class), "%s", d->cell[i].class);
		if (f->name == SIZE_MAX)
			return -ENOMEM;
		run->fails++;
	}
	return 0;
}

static int take_points(struct history_store *s, struct stored_run *run, const struct digest *d)
{
	char name[1200];

	run->point = calloc(d->costs + 1, sizeof(*run->point));
	if (!run->point)
		return -ENOMEM;
	for (size_t i = 0; i < d->costs; i++) {
		const struct digest_cost *c = &d->cost[i];
		struct stored_point *p = &run->point[run->points++];

		/* Another workload or clock is another cost; the key is behind the last tab. */
		snprintf(name, sizeof(name), "%s\t%s\t%s\t%s", c->workload, c->clock, c->per,
			 c->key);
		p->name = name_number(&s->names, name);
		p->log = (float)log(c->p50 > 1 ? c->p50 : 1);
		if (p->name == SIZE_MAX)
			return -ENOMEM;
	}
	return 0;
}

int store_add(struct history_store *s, const struct digest *d)
{
	struct stored_run *run = s->run;

	if (!(s->runs & (s->runs - 1))) {
		run = realloc(run, (s->runs ? 2 * s->runs : 1) * sizeof(*run));
		if (!run)
			return -ENOMEM;
		s->run = run;
	}
	run += s->runs++;
	*run = (struct stored_run){ .origin = d->origin, .ended = d->ended };
	memcpy(run->count, d->count, sizeof(run->count));
	return take_fails(s, run, d) || take_points(s, run, d) ? -ENOMEM : 0;
}

void store_free(struct history_store *s)
{
	for (size_t i = 0; i < s->runs; i++) {
		free(s->run[i].fail);
		free(s->run[i].point);
	}
	free(s->run);
	names_free(&s->names);
	free(s);
}
