// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/rank.h"
#include "results/report_internal.h"

static bool same_machine(const struct report *r, size_t i, size_t j)
{
	return !strcmp(r->side[i].cost[0].origin.machine, r->side[j].cost[0].origin.machine);
}

bool first_of_machine(const struct report *r, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_machine(r, i, j))
			return false;
	return true;
}

static double weight_of(const struct report *r, size_t machine, const char *key)
{
	double most = 0;

	for (size_t i = 0; i < r->pairs; i++) {
		const struct compare_result *c = &r->pair[i].result;

		if (r->pair[i].a != machine)
			continue;
		for (size_t j = 0; j < c->rows; j++) {
			double w = fabs(c->row[j].log.estimate);

			if (c->row[j].verdict == COMPARISON_REGRESSED)
				w += 1000;
			else if (c->row[j].verdict == COMPARISON_IMPROVED)
				w += 100;
			if (c->row[j].verdict != COMPARISON_UNLIKE && w > most &&
			    !strcmp(c->row[j].key, key))
				most = w;
		}
	}
	return most;
}

static int order(const void *x, const void *y)
{
	const struct shown_cost *a = x, *b = y;
	int c = (b->weight > a->weight) - (b->weight < a->weight);

	return c ? c : strcmp(a->key, b->key);
}

static int by_key(const void *x, const void *y)
{
	return strcmp(((const struct shown_cost *)x)->key, ((const struct shown_cost *)y)->key);
}

struct shown_cost *shown_costs(const struct report *r, size_t machine, size_t *n)
{
	struct shown_cost *c;
	size_t room = 1, all = 0;

	for (size_t i = 0; i < r->runs; i++)
		for (size_t j = 0; j < r->side[i].count && same_machine(r, i, machine); j++)
			room += r->side[i].cost[j].count;
	c = calloc(room, sizeof(*c));
	*n = 0;
	if (!c)
		return NULL;
	for (size_t i = 0; i < r->runs; i++)
		for (size_t j = 0; j < r->side[i].count && same_machine(r, i, machine); j++)
			for (size_t k = 0; k < r->side[i].cost[j].count; k++) {
				const struct cost *like = &r->side[i].cost[j].cost[k];

				if (like->valid)
					c[all++] =
						(struct shown_cost){ like->key, like, machine, 0 };
			}
	qsort(c, all, sizeof(*c), by_key);
	for (size_t i = 0; i < all; i++)
		if (!*n || strcmp(c[*n - 1].key, c[i].key) != 0)
			c[(*n)++] = c[i];
	for (size_t i = 0; i < *n; i++)
		c[i].weight = weight_of(r, machine, c[i].key);
	qsort(c, *n, sizeof(*c), order);
	return c;
}

static bool like(const struct cost *c, const struct shown_cost *shown)
{
	return c && c->valid && !strcmp(c->workload, shown->like->workload) &&
	       !strcmp(c->clock, shown->like->clock);
}

bool shown_histogram(const struct report *r, const struct shown_cost *shown, size_t column,
		     struct histogram *h)
{
	const struct side *s = &r->side[column];

	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < s->count && same_machine(r, column, shown->machine); i++) {
		const struct cost *c = cost_find(&s->cost[i], shown->key);

		if (like(c, shown))
			cost_histogram(c, h);
	}
	return h->count > 0;
}

double shown_p50(const struct report *r, const struct shown_cost *shown, size_t column)
{
	const struct side *s = &r->side[column];
	struct units u[LEVELS];
	double p50 = NAN;

	if (!same_machine(r, column, shown->machine))
		return NAN;
	for (size_t i = 0; i < s->count; i++) {
		const struct cost *c = cost_find(&s->cost[i], shown->key);

		if (c && c->valid && !like(c, shown))
			return NAN;
	}
	if (!side_units(s, shown->key, QUANTILE_P50, u) && u[LEVEL_BOOT].count)
		p50 = exp(rank_median(u[LEVEL_BOOT].value, u[LEVEL_BOOT].count));
	units_free(u);
	return p50;
}

const char *shown_unit(const struct shown_cost *c)
{
	return c->like->tick_ns > 0		       ? "ns" :
	       !strcmp(c->like->clock, "instructions") ? "instructions" :
							 "ticks";
}

void shown_origin(const struct report *r, size_t machine, char *buf, size_t size)
{
	const struct origin *o = &r->side[machine].cost[0].origin;
	size_t n = (size_t)snprintf(buf, size, "Kernels");
	const char *sep = " ";

	for (size_t i = 0; i < r->runs && n < size; i++) {
		size_t boots = side_boots(&r->side[i]);

		if (!same_machine(r, i, machine))
			continue;
		n += (size_t)snprintf(buf + n, size - n, "%s%s (%zu boot%s)", sep, r->label[i],
				      boots, boots == 1 ? "" : "s");
		sep = ", ";
	}
	if (n < size)
		snprintf(buf + n, size - n, "; machine %s, %s.", o->machine, o->about);
}
