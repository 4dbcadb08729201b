// SPDX-License-Identifier: GPL-2.0-only
#include "results/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct metric {
	const char *name;
	double margin;
} metrics[] = { { "p50", 0.03 }, { "p99", 0.05 } };

static const double ALPHA = 0.05;

/* The values of one cost on one side: of each boot the median of its processes. */
struct units {
	double *boot, *process;
	size_t boots, processes;
};

static void units_free(struct units *u)
{
	free(u->boot);
	free(u->process);
}

static double value_of(const struct cost *c, const struct process_cost *p, bool tail)
{
	double ticks = tail ? p->p99 : p->p50;

	/* A cost below a tick has no logarithm. */
	return log((ticks > 1 ? ticks : 1) * (c->tick_ns > 0 ? c->tick_ns : 1));
}

static const struct cost *cost_of(const struct cost_run *run, const char *key)
{
	for (size_t i = 0; i < run->count; i++)
		if (!strcmp(run->cost[i].key, key))
			return &run->cost[i];
	return NULL;
}

static bool seen_before(const struct compare_side *s, size_t run)
{
	for (size_t i = 0; i < run; i++)
		if (!strcmp(s->cost[i].boot, s->cost[run].boot))
			return true;
	return false;
}

static int add(struct units *u, const struct cost *c, bool tail)
{
	double *grown = realloc(u->process, (u->processes + c->processes + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	u->process = grown;
	for (size_t i = 0; i < c->processes; i++)
		u->process[u->processes++] = value_of(c, &c->process[i], tail);
	return 0;
}

static int collect(const struct compare_side *s, const char *key, bool tail, struct units *u)
{
	int err = 0;

	*u = (struct units){ 0 };
	u->boot = calloc(s->count + 1, sizeof(*u->boot));
	if (!u->boot)
		return -ENOMEM;
	for (size_t i = 0; i < s->count && !err; i++) {
		size_t before = u->processes;

		if (seen_before(s, i))
			continue;
		for (size_t j = i; j < s->count && !err; j++) {
			const struct cost *c = cost_of(&s->cost[j], key);

			if (c && c->valid && !strcmp(s->cost[i].boot, s->cost[j].boot))
				err = add(u, c, tail);
		}
		if (!err && u->processes > before)
			u->boot[u->boots++] =
				rank_median(u->process + before, u->processes - before);
	}
	return err;
}

static double variance(const double *v, size_t n)
{
	double mean = 0, sum = 0;

	for (size_t i = 0; i < n; i++)
		mean += v[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	return n > 1 ? sum / (double)(n - 1) : 0;
}

/*
 * Units a side that decide with 80 % power, were the estimate the truth: two-sided 5 %,
 * the efficiency of ranks 3 / pi.
 */
static size_t units_needed(const struct compare_row *row, const double *a, size_t n,
			   const double *b, size_t m)
{
	double margin = log1p(row->margin), far = fabs(fabs(row->log.estimate) - margin);
	double both = (variance(a, n) + variance(b, m)) / 2;
	double need = 2 * (1.96 + 0.84) * (1.96 + 0.84) * both / (far * far) * M_PI / 3;

	if (n < 2 || m < 2 || far <= 0 || !(need < 10000))
		return 0;
	return need > COMPARE_UNITS_MIN ? (size_t)ceil(need) : COMPARE_UNITS_MIN;
}

int compare_judge(struct compare_row *row, const double *a, size_t n, const double *b, size_t m)
{
	double margin = log1p(row->margin);
	int err = rank_shift(a, n, b, m, ALPHA, &row->log);

	if (err)
		return err;
	row->q = rank_p_above(a, n, b, m, margin);
	row->verdict = COMPARISON_UNDECIDED;
	row->needed = units_needed(row, a, n, b, m);
	if (!row->log.interval || n < COMPARE_UNITS_MIN || m < COMPARE_UNITS_MIN)
		return 0;
	if (row->log.low > margin)
		row->verdict = COMPARISON_REGRESSED;
	else if (row->log.high < -margin)
		row->verdict = COMPARISON_IMPROVED;
	else if (row->log.low >= -margin && row->log.high <= margin)
		row->verdict = COMPARISON_EQUIVALENT;
	return 0;
}

static int unlike(struct compare_row *row, const char *why)
{
	row->verdict = COMPARISON_UNLIKE;
	row->q = 1;
	snprintf(row->why, sizeof(row->why), "%s", why);
	return 0;
}

static double middle(const struct units *u)
{
	double *copy = malloc((u->boots + 1) * sizeof(*copy)), value = NAN;

	if (copy && u->boots) {
		memcpy(copy, u->boot, u->boots * sizeof(*copy));
		value = exp(rank_median(copy, u->boots));
	}
	free(copy);
	return value;
}

static int judge_units(struct compare_row *row, struct units u[2])
{
	int err;

	for (int i = 0; i < 2; i++) {
		row->boots[i] = u[i].boots;
		row->processes[i] = u[i].processes;
		row->value[i] = middle(&u[i]);
	}
	if (!u[0].boots || !u[1].boots)
		return unlike(row, u[0].boots ? "no valid number in B" : "no valid number in A");
	row->by_boot = u[0].boots > 1 && u[1].boots > 1;
	if (row->by_boot)
		return compare_judge(row, u[0].boot, u[0].boots, u[1].boot, u[1].boots);
	err = compare_judge(row, u[0].process, u[0].processes, u[1].process, u[1].processes);
	if (row->needed < COMPARE_UNITS_MIN)
		row->needed = COMPARE_UNITS_MIN;
	row->verdict = COMPARISON_UNDECIDED;
	snprintf(row->why, sizeof(row->why), "one boot a side: what differs may be the boot");
	return err;
}

static const struct cost *first_of(const struct compare_side *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct cost *c = cost_of(&s->cost[i], key);

		if (c)
			return c;
	}
	return NULL;
}

/* All runs of both sides must have measured the same thing with the same sort of clock. */
static const char *difference(const struct compare_side side[2], const struct cost *like)
{
	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < side[s].count; i++) {
			const struct cost *c = cost_of(&side[s].cost[i], like->key);

			if (c && strcmp(c->workload, like->workload))
				return "the workloads differ";
			if (c && strcmp(c->clock, like->clock))
				return "the clocks differ";
		}
	}
	return NULL;
}

static int add_row(struct compare_result *r, const struct compare_side side[2],
		   const struct cost *a, const struct metric *metric)
{
	struct compare_row *row = realloc(r->row, (r->rows + 1) * sizeof(*row));
	const char *why = difference(side, a);
	struct units u[2] = { { 0 } };
	bool tail = metric != metrics;
	int err = 0;

	if (!row)
		return -ENOMEM;
	r->row = row;
	row += r->rows;
	*row = (struct compare_row){ .key = strdup(a->key),
				     .metric = metric->name,
				     .margin = metric->margin };
	if (!row->key)
		return -ENOMEM;
	r->rows++;
	if (why)
		return unlike(row, why);
	for (int i = 0; i < 2 && !err; i++)
		err = collect(&side[i], a->key, tail, &u[i]);
	if (!err)
		err = judge_units(row, u);
	units_free(&u[0]);
	units_free(&u[1]);
	return err;
}

static bool has_row(const struct compare_result *r, const char *key)
{
	for (size_t i = 0; i < r->rows; i++)
		if (!strcmp(r->row[i].key, key))
			return true;
	return false;
}

/* Ten samples beyond the quantile, in a process. */
static bool knows_tail(const struct cost *c)
{
	for (size_t i = 0; i < c->processes; i++)
		if (c->process[i].samples < 1000)
			return false;
	return c->processes > 0;
}

static int add_costs(struct compare_result *r, const struct compare_side side[2],
		     const struct cost_run *run)
{
	int err = 0;

	for (size_t i = 0; i < run->count && !err; i++) {
		const struct cost *c = &run->cost[i];

		if (has_row(r, c->key) || !first_of(&side[1], c->key))
			continue;
		err = add_row(r, side, c, &metrics[0]);
		/* A call has one sample a process, which is its tail as well. */
		if (!err && !strcmp(c->per, "fault") && knows_tail(c))
			err = add_row(r, side, c, &metrics[1]);
	}
	return err;
}

static bool fails_in(const struct compare_side *s, const char *cell)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t j = 0; j < s->run[i].count; j++)
			if (!strcmp(s->run[i].result[j].cell, cell) &&
			    s->run[i].result[j].verdict.kind == VERDICT_FAIL)
				return true;
	return false;
}

static int add_failure(struct compare_result *r, const struct result *from)
{
	struct compare_failure *f;

	for (size_t i = 0; i < r->failures; i++)
		if (!strcmp(r->failure[i].cell, from->cell))
			return 0;
	f = realloc(r->failure, (r->failures + 1) * sizeof(*f));
	if (!f)
		return -ENOMEM;
	r->failure = f;
	f += r->failures;
	f->verdict = from->verdict;
	f->cell = strdup(from->cell);
	if (!f->cell)
		return -ENOMEM;
	r->failures++;
	return 0;
}

int compare_adjust(struct compare_result *r)
{
	double *q = calloc(r->rows + 1, sizeof(*q));
	size_t n = 0;
	int err;

	if (!q)
		return -ENOMEM;
	for (size_t i = 0; i < r->rows; i++)
		if (r->row[i].by_boot && r->row[i].verdict != COMPARISON_UNLIKE)
			q[n++] = r->row[i].q;
	err = rank_adjust(q, n);
	n = 0;
	for (size_t i = 0; i < r->rows && !err; i++) {
		struct compare_row *row = &r->row[i];

		if (!row->by_boot || row->verdict == COMPARISON_UNLIKE)
			continue;
		row->q = q[n++];
		if (row->verdict != COMPARISON_REGRESSED || row->q <= ALPHA)
			continue;
		row->verdict = COMPARISON_UNDECIDED;
		snprintf(row->why, sizeof(row->why),
			 "above the margin, but one such row is to be expected among %zu", r->rows);
		if (row->needed < row->boots[0] + 1)
			row->needed = row->boots[0] + 1;
	}
	free(q);
	return err;
}

static int order_row(const void *x, const void *y)
{
	const struct compare_row *a = x, *b = y;

	if (a->verdict != b->verdict)
		return a->verdict < b->verdict ? -1 : 1;
	return a->log.estimate < b->log.estimate ? 1 : a->log.estimate > b->log.estimate ? -1 : 0;
}

int compare_sides(const struct compare_side side[2], struct compare_result *r)
{
	int err = 0;

	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < side[1].count && !err; i++)
		for (size_t j = 0; j < side[1].run[i].count && !err; j++) {
			const struct result *one = &side[1].run[i].result[j];

			if (one->verdict.kind == VERDICT_FAIL && !one->verdict.known[0] &&
			    !fails_in(&side[0], one->cell))
				err = add_failure(r, one);
		}
	for (size_t i = 0; i < side[0].count && !err; i++)
		err = add_costs(r, side, &side[0].cost[i]);
	if (!err)
		err = compare_adjust(r);
	if (!err && r->rows)
		qsort(r->row, r->rows, sizeof(*r->row), order_row);
	return err;
}

void compare_result_free(struct compare_result *r)
{
	for (size_t i = 0; i < r->rows; i++)
		free(r->row[i].key);
	for (size_t i = 0; i < r->failures; i++)
		free(r->failure[i].cell);
	free(r->row);
	free(r->failure);
	memset(r, 0, sizeof(*r));
}

bool compare_regressed(const struct compare_result *r)
{
	return r->failures || (r->rows && r->row[0].verdict == COMPARISON_REGRESSED);
}
