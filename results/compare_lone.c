// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare.h"

static bool has(const struct side *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++)
		if (cost_find(&s->cost[i], key))
			return true;
	return false;
}

static int by_side_and_key(const void *x, const void *y)
{
	const struct compare_lone *a = x, *b = y;

	return a->side != b->side ? a->side - b->side : strcmp(a->key, b->key);
}

static void add(struct compare_result *r, const struct side side[2], int which)
{
	const struct side *own = &side[which];

	for (size_t i = 0; i < own->count; i++)
		for (size_t k = 0; k < own->cost[i].count; k++)
			if (!has(&side[!which], own->cost[i].cost[k].key))
				r->lone[r->lones++] =
					(struct compare_lone){ own->cost[i].cost[k].key, which };
}

int compare_lones(const struct side side[2], struct compare_result *r)
{
	size_t room = 1, n = 0;

	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < side[s].count; i++)
			room += side[s].cost[i].count;
	r->lone = calloc(room, sizeof(*r->lone));
	if (!r->lone)
		return -ENOMEM;
	add(r, side, 0);
	add(r, side, 1);
	qsort(r->lone, r->lones, sizeof(*r->lone), by_side_and_key);
	/* Each run of the side has it. */
	for (size_t i = 0; i < r->lones; i++) {
		if (n && !by_side_and_key(&r->lone[n - 1], &r->lone[i]))
			continue;
		r->lone[n++] = r->lone[i];
		r->only[r->lone[i].side]++;
	}
	r->lones = n;
	return 0;
}
