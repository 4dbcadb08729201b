// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/alone.h"
#include "results/rank.h"
#include "results/side.h"

const char *const level_name[LEVELS] = {
	[LEVEL_BUILD] = "builds",
	[LEVEL_BOOT] = "boots",
	[LEVEL_RUN] = "runs",
	[LEVEL_PROCESS] = "processes",
};

static double value_of(const struct cost *c, const struct process_cost *p, enum quantile q)
{
	double ticks = q == QUANTILE_P99 ? p->p99 : p->p50;

	/* A cost below a tick has no logarithm. */
	return log((ticks > 1 ? ticks : 1) * (c->tick_ns > 0 ? c->tick_ns : 1));
}

static int add(struct units *u, double value, size_t id)
{
	if (!(u->count & (u->count - 1))) {
		size_t room = u->count ? u->count * 2 : 1;
		double *values = realloc(u->value, room * sizeof(*values));
		size_t *ids;

		if (!values)
			return -ENOMEM;
		u->value = values;
		ids = realloc(u->id, room * sizeof(*ids));
		if (!ids)
			return -ENOMEM;
		u->id = ids;
	}
	u->value[u->count] = value;
	u->id[u->count++] = id;
	return 0;
}

static int add_median(struct units *to, const struct units *from, size_t begin, size_t id)
{
	double *copy = malloc((from->count - begin + 1) * sizeof(*copy));
	int err;

	if (!copy)
		return -ENOMEM;
	for (size_t i = begin; i < from->count; i++)
		copy[i - begin] = from->value[i];
	err = add(to, rank_median(copy, from->count - begin), id);
	free(copy);
	return err;
}

static bool usable(const struct cost *c)
{
	return c && c->valid && c->processes;
}

static bool never_alone(const struct side *s, const struct cost *c)
{
	return c->alone > s->alone * ALONE_LIMIT;
}

static int add_run(const struct side *s, size_t run, const char *key, enum quantile q,
		   struct units u[LEVELS])
{
	const struct cost *c = cost_find(&s->cost[run], key);
	size_t begin = u[LEVEL_PROCESS].count;
	int err = 0;

	if (!usable(c) || never_alone(s, c))
		return 0;
	for (size_t i = 0; i < c->processes && !err; i++)
		if (q != QUANTILE_P99 || c->process[i].samples >= TAIL_SAMPLES)
			err = add(&u[LEVEL_PROCESS], value_of(c, &c->process[i], q),
				  u[LEVEL_PROCESS].count);
	if (err || u[LEVEL_PROCESS].count == begin)
		return err;
	return add_median(&u[LEVEL_RUN], &u[LEVEL_PROCESS], begin, run);
}

/* From units to the larger ones that hold them: group[id] is the first of the same. */
static int gather(const struct units *from, const size_t *group, struct units *to)
{
	struct units same = { 0 };
	int err = 0;

	for (size_t i = 0; i < from->count && !err; i++) {
		size_t id = group[from->id[i]];
		bool before = false;

		for (size_t j = 0; j < i && !before; j++)
			before = group[from->id[j]] == id;
		same.count = 0;
		for (size_t j = i; j < from->count && !before && !err; j++)
			if (group[from->id[j]] == id)
				err = add(&same, from->value[j], j);
		if (!err && !before)
			err = add_median(to, &same, 0, id);
	}
	free(same.value);
	free(same.id);
	return err;
}

int side_units(const struct side *s, const char *key, enum quantile q, struct units u[LEVELS])
{
	int err = 0;

	memset(u, 0, LEVELS * sizeof(*u));
	for (size_t i = 0; i < s->count && !err; i++)
		err = add_run(s, i, key, q, u);
	if (!err)
		err = gather(&u[LEVEL_RUN], s->boot, &u[LEVEL_BOOT]);
	return err ? err : gather(&u[LEVEL_BOOT], s->build, &u[LEVEL_BUILD]);
}

size_t side_never_alone(const struct side *s, const char *key, size_t *never)
{
	size_t runs = 0;

	*never = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct cost *c = cost_find(&s->cost[i], key);

		if (!usable(c))
			continue;
		runs++;
		*never += never_alone(s, c);
	}
	return runs;
}

double side_shared(const struct side *s, const char *key)
{
	double shared = 0, all = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct cost *c = cost_find(&s->cost[i], key);

		if (!c || !(c->alone > 0))
			continue;
		shared += (double)c->shared;
		all += (double)c->shared + (double)c->samples;
	}
	return all > 0 ? shared / all : -1;
}

bool cost_knows_tail(const struct cost *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->processes; i++)
		n += c->process[i].samples >= TAIL_SAMPLES;
	return n * 2 > c->processes;
}

void units_free(struct units u[LEVELS])
{
	for (int i = 0; i < LEVELS; i++) {
		free(u[i].value);
		free(u[i].id);
	}
}
