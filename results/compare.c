// SPDX-License-Identifier: GPL-2.0-only
#include "results/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare_internal.h"

const char *const comparison_name[COMPARISONS] = {
	[COMPARISON_REGRESSED] = "regressed",	[COMPARISON_IMPROVED] = "improved",
	[COMPARISON_UNDECIDED] = "undecided",	[COMPARISON_EQUIVALENT] = "equivalent",
	[COMPARISON_UNLIKE] = "not comparable",
};

/*
 * Where the noise is larger than the margin, an interval above it says hardly more than one
 * above 1, which equal kernels give in 2.5 %. 1 %, or what four units a side can reach at all.
 */
static double clear_enough(size_t n, size_t m)
{
	double least = 1;

	for (size_t i = 1; i <= n; i++)
		least *= (double)i / (double)(m + i);
	return least > COMPARE_CLEAR ? least * (1 + 1e-9) : COMPARE_CLEAR;
}

/* p: of a difference upwards and downwards, were there none. */
static void decide(struct compare_row *row, double up, double down, double clear)
{
	double margin = log1p(row->margin);

	if (row->log.low > margin && up <= clear)
		row->verdict = COMPARISON_REGRESSED;
	else if (row->log.high < -margin && down <= clear)
		row->verdict = COMPARISON_IMPROVED;
	else if (row->log.low >= -margin && row->log.high <= margin)
		row->verdict = COMPARISON_EQUIVALENT;
}

int compare_judge(struct compare_row *row, const double *a, size_t n, const double *b, size_t m)
{
	double margin = log1p(row->margin);
	int err = rank_shift(a, n, b, m, COMPARE_ALPHA, &row->log);

	if (err)
		return err;
	row->q = rank_p_above(a, n, b, m, margin);
	row->verdict = COMPARISON_UNDECIDED;
	row->needed = compare_needed(row, a, n, b, m);
	if (row->log.interval && n >= COMPARE_UNITS_MIN && m >= COMPARE_UNITS_MIN)
		decide(row, rank_p_above(a, n, b, m, 0), rank_p_above(b, m, a, n, 0),
		       clear_enough(n, m));
	return 0;
}

static int unlike(struct compare_row *row, const char *why)
{
	row->verdict = COMPARISON_UNLIKE;
	row->q = 1;
	snprintf(row->why, sizeof(row->why), "%s", why);
	return 0;
}

enum level compare_level(const size_t a[LEVELS], const size_t b[LEVELS])
{
	if (a[LEVEL_BUILD] >= COMPARE_UNITS_MIN && b[LEVEL_BUILD] >= COMPARE_UNITS_MIN)
		return LEVEL_BUILD;
	if (a[LEVEL_BOOT] > 1 && b[LEVEL_BOOT] > 1)
		return LEVEL_BOOT;
	if (a[LEVEL_RUN] >= COMPARE_UNITS_MIN && b[LEVEL_RUN] >= COMPARE_UNITS_MIN)
		return LEVEL_RUN;
	return LEVEL_PROCESS;
}

static enum level level_of(const struct units a[LEVELS], const struct units b[LEVELS])
{
	size_t n[LEVELS], m[LEVELS];

	for (int i = 0; i < LEVELS; i++) {
		n[i] = a[i].count;
		m[i] = b[i].count;
	}
	return compare_level(n, m);
}

static double middle(const struct units *u)
{
	double *copy = malloc((u->count + 1) * sizeof(*copy)), value = NAN;

	if (copy && u->count) {
		memcpy(copy, u->value, u->count * sizeof(*copy));
		value = exp(rank_median(copy, u->count));
	}
	free(copy);
	return value;
}

static void thin(struct units *u)
{
	const size_t most = COMPARE_PROCESSES_MAX;

	if (u->count <= most)
		return;
	for (size_t i = 0; i < most; i++)
		u->value[i] = u->value[i * u->count / most];
	u->count = most;
}

static int judge_units(struct compare_row *row, struct units u[2][LEVELS])
{
	struct units *a, *b;
	int err;

	for (int i = 0; i < 2; i++)
		row->processes[i] = u[i][LEVEL_PROCESS].count;
	row->level = level_of(u[0], u[1]);
	a = &u[0][row->level];
	b = &u[1][row->level];
	row->value[0] = middle(&u[0][LEVEL_BOOT]);
	row->value[1] = middle(&u[1][LEVEL_BOOT]);
	if (!a->count || !b->count)
		return unlike(row, a->count ? "no valid number in B" : "no valid number in A");
	thin(a);
	thin(b);
	row->units[0] = a->count;
	row->units[1] = b->count;
	err = compare_judge(row, a->value, a->count, b->value, b->count);
	if (row->level <= LEVEL_BOOT)
		return err;
	if (row->needed < COMPARE_UNITS_MIN)
		row->needed = COMPARE_UNITS_MIN;
	row->verdict = COMPARISON_UNDECIDED;
	snprintf(row->why, sizeof(row->why), "one boot a side: what differs may be the boot");
	return err;
}

/* All runs of both sides must have measured the same thing in the same way on one machine. */
static const char *difference(const struct side side[2], const struct cost *like)
{
	const char *machine = side[0].cost[0].origin.machine;

	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < side[s].count; i++) {
			const struct cost *c = cost_find(&side[s].cost[i], like->key);

			if (c && strcmp(c->workload, like->workload) != 0)
				return "the workloads differ";
			if (c && strcmp(c->clock, like->clock) != 0)
				return "the clocks differ";
			if (c && strcmp(side[s].cost[i].origin.machine, machine) != 0)
				return "the machines differ";
		}
	}
	return NULL;
}

/* Where ticks are instructions equal kernels are equal to the sample, but for interrupts. */
static int compare_paths(struct compare_row *row, const struct side side[2])
{
	struct histogram *all = calloc(2, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (int i = 0; i < 2; i++) {
		for (size_t run = 0; run < side[i].count; run++) {
			const struct cost *c = cost_find(&side[i].cost[run], row->key);

			if (c && c->valid)
				cost_histogram(c, &all[i]);
		}
	}
	row->path = true;
	row->samples = all[0].count && all[1].count;
	for (int i = 0; i < 2 && row->samples; i++)
		row->least[i] = histogram_min(&all[i]);
	if (row->samples)
		row->differing = histogram_differing(&all[0], &all[1]);
	free(all);
	return 0;
}

static int add_row(struct compare_result *r, const struct side side[2], const struct cost *a,
		   enum quantile q)
{
	struct compare_row *row = realloc(r->row, (r->rows + 1) * sizeof(*row));
	const char *why = difference(side, a);
	struct units u[2][LEVELS] = { { { 0 } } };
	int err = 0;

	if (!row)
		return -ENOMEM;
	r->row = row;
	row += r->rows;
	*row = (struct compare_row){ .key = strdup(a->key),
				     .metric = q == QUANTILE_P99 ? "p99" : "p50",
				     .margin = q == QUANTILE_P99 ? COMPARE_MARGIN_P99 :
								   COMPARE_MARGIN_P50 };
	if (!row->key)
		return -ENOMEM;
	r->rows++;
	if (why)
		return unlike(row, why);
	for (int i = 0; i < 2 && !err; i++)
		err = side_units(&side[i], a->key, q, u[i]);
	if (!err)
		err = judge_units(row, u);
	compare_left_out(row, side);
	if (!err && !(a->tick_ns > 0))
		err = compare_paths(row, side);
	units_free(u[0]);
	units_free(u[1]);
	return err;
}

static bool knows_tail(const struct side *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct cost *c = cost_find(&s->cost[i], key);

		if (c && cost_knows_tail(c))
			return true;
	}
	return false;
}

static bool has(const struct side *s, size_t runs, const char *key)
{
	for (size_t i = 0; i < runs; i++)
		if (cost_find(&s->cost[i], key))
			return true;
	return false;
}

static int add_costs(struct compare_result *r, const struct side side[2], size_t run)
{
	const struct cost_run *costs = &side[0].cost[run];
	int err = 0;

	for (size_t i = 0; i < costs->count && !err; i++) {
		const struct cost *c = &costs->cost[i];

		if (has(&side[0], run, c->key) || !has(&side[1], side[1].count, c->key))
			continue;
		err = add_row(r, side, c, QUANTILE_P50);
		/* A call has one sample a process, which is its tail as well. */
		if (!err && !strcmp(c->per, "fault") && knows_tail(&side[0], c->key))
			err = add_row(r, side, c, QUANTILE_P99);
	}
	return err;
}

size_t compare_units_min(size_t rows)
{
	double least = 1;
	size_t n = 0;

	/* 1 / C(2n, n) is what n clear units a side reach. */
	while (n < COMPARE_UNITS_MIN || (double)rows * least > COMPARE_ALPHA) {
		n++;
		least *= (double)n / (double)(2 * (2 * n - 1));
	}
	return n;
}

static size_t comparable(const struct compare_result *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->rows; i++)
		n += r->row[i].verdict != COMPARISON_UNLIKE;
	return n;
}

static bool judged(const struct compare_row *row)
{
	return row->level <= LEVEL_BOOT && row->verdict != COMPARISON_UNLIKE;
}

int compare_adjust(struct compare_result *r)
{
	double *q = calloc(r->rows + 1, sizeof(*q));
	size_t n = 0, least = compare_units_min(comparable(r));
	int err;

	if (!q)
		return -ENOMEM;
	for (size_t i = 0; i < r->rows; i++)
		if (judged(&r->row[i]))
			q[n++] = r->row[i].q;
	err = rank_adjust(q, n);
	n = 0;
	for (size_t i = 0; i < r->rows && !err; i++) {
		struct compare_row *row = &r->row[i];

		if (row->needed && row->needed < least)
			row->needed = least;
		if (!judged(row))
			continue;
		row->q = q[n++];
		if (row->verdict != COMPARISON_REGRESSED || row->q <= COMPARE_ALPHA)
			continue;
		row->verdict = COMPARISON_UNDECIDED;
		snprintf(row->why, sizeof(row->why),
			 "above the margin, but one such row is to be expected among %zu", r->rows);
		if (row->needed < row->units[0] + 1)
			row->needed = row->units[0] + 1;
		if (row->needed < least)
			row->needed = least;
	}
	free(q);
	return err;
}

static int order_row(const void *x, const void *y)
{
	const struct compare_row *a = x, *b = y;
	int c = (a->verdict > b->verdict) - (a->verdict < b->verdict);

	c = c ? c : (a->waiver != NULL) - (b->waiver != NULL);
	c = c ? c : (a->log.estimate < b->log.estimate) - (a->log.estimate > b->log.estimate);
	c = c ? c : strcmp(a->key, b->key);
	return c ? c : strcmp(a->metric, b->metric);
}

static void waive_rows(struct compare_result *r, const struct waivers *w, const char *line)
{
	char cell[1024];

	for (size_t i = 0; i < r->rows; i++) {
		if (r->row[i].verdict != COMPARISON_REGRESSED)
			continue;
		snprintf(cell, sizeof(cell), "%.*s", (int)cost_cell_length(r->row[i].key),
			 r->row[i].key);
		r->row[i].waiver = waiver_find(w, cell, line);
	}
}

int compare_sides(const struct side given[2], const struct waivers *waivers,
		  struct compare_result *r)
{
	struct side side[2] = { given[0], given[1] };
	int err;

	/* On one machine; of others no cost is compared. */
	for (int i = 0; i < 2; i++)
		if (side[!i].alone > 0 && side[!i].alone < side[i].alone)
			side[i].alone = side[!i].alone;
	memset(r, 0, sizeof(*r));
	err = compare_cells(side, waivers, r);
	for (size_t i = 0; i < side[0].count && !err; i++)
		err = add_costs(r, side, i);
	if (!err)
		err = compare_lones(side, r);
	compare_never_alone(r);
	if (!err)
		err = compare_adjust(r);
	if (!err && side[1].count)
		waive_rows(r, waivers, side[1].cost[0].origin.line);
	if (!err && r->rows)
		qsort(r->row, r->rows, sizeof(*r->row), order_row);
	return err ? err : compare_groups(side, r);
}

void compare_result_free(struct compare_result *r)
{
	for (size_t i = 0; i < r->rows; i++)
		free(r->row[i].key);
	free(r->row);
	free(r->cell);
	free(r->group);
	free(r->lone);
	memset(r, 0, sizeof(*r));
}
