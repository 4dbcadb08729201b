// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare_internal.h"

static const double WORSE_ALPHA = 0.01;

static double log_choose(int n, int k)
{
	return lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0);
}

double compare_fisher(int a_failed, int a_tried, int b_failed, int b_tried)
{
	int failed = a_failed + b_failed, tried = a_tried + b_tried;
	double p = 0;

	for (int k = b_failed; k <= failed && k <= b_tried; k++)
		if (failed - k <= a_tried)
			p += exp(log_choose(b_tried, k) + log_choose(a_tried, failed - k) -
				 log_choose(tried, failed));
	return p < 1 ? p : 1;
}

static bool flaky(const struct tally *t)
{
	return t && t->failed && t->failed < t->tried;
}

/* A failure of B that nobody knows, and that A has not, or only as known. */
static const struct verdict *new_failure(const struct tally *a, const struct tally *b)
{
	for (size_t i = 0; b && i < b->results; i++) {
		const struct verdict *v = &b->result[i]->verdict;

		if (v->kind == VERDICT_FAIL && !v->known[0] && !tally_fails_as(a, v))
			return v;
	}
	return NULL;
}

/* -1: nothing to tell. */
static int change_of(const struct tally *a, const struct tally *b)
{
	bool known = b && b->fail && b->fail->known[0];

	if (new_failure(a, b))
		return CHANGE_NEW;
	if (b && b->failed && (!a || !a->failed))
		return known ? CHANGE_KNOWN : CHANGE_NEW;
	if (b && b->failed) {
		if (!known &&
		    compare_fisher(a->failed, a->tried, b->failed, b->tried) <= WORSE_ALPHA)
			return CHANGE_WORSE;
		return flaky(a) || flaky(b) ? CHANGE_FLAKY : -1;
	}
	if (!a || !(a->failed || a->count[VERDICT_PASS]))
		return -1;
	if (!b || !b->count[VERDICT_PASS])
		return CHANGE_LOST;
	if (!a->failed)
		return -1;
	return flaky(a) ? CHANGE_FLAKY : CHANGE_FIXED;
}

static int add(struct compare_result *r, const struct tally *a, const struct tally *b)
{
	const struct verdict *newly = new_failure(a, b);
	int change = change_of(a, b);
	struct compare_cell *c = r->cell;

	if (!a && !b)
		return 0;
	if (change < 0) {
		r->still += b && b->failed;
		return 0;
	}
	if (!(r->cells & (r->cells - 1))) {
		c = realloc(c, (r->cells ? r->cells * 2 : 1) * sizeof(*c));
		if (!c)
			return -ENOMEM;
		r->cell = c;
	}
	r->cell[r->cells++] = (struct compare_cell){
		.change = (enum change)change,
		.cell = b ? b->cell : a->cell,
		.tally = { a, b },
		.fail = newly	     ? newly :
			b && b->fail ? b->fail :
			a	     ? a->fail :
				       NULL,
	};
	return 0;
}

/* By class within a change, so that alike failures stand together. */
static int order(const void *x, const void *y)
{
	const struct compare_cell *a = x, *b = y;
	int c = (a->change > b->change) - (a->change < b->change);

	c = c ? c : (a->waiver != NULL) - (b->waiver != NULL);
	if (!c && a->fail && b->fail)
		c = strcmp(a->fail->class, b->fail->class);
	return c ? c : strcmp(a->cell, b->cell);
}

int compare_cells(const struct side side[2], const struct waivers *waivers,
		  struct compare_result *r)
{
	size_t i = 0, j = 0;
	int err = 0;

	while (!err && (i < side[0].tallies || j < side[1].tallies)) {
		const struct tally *a = i < side[0].tallies ? &side[0].tally[i] : NULL;
		const struct tally *b = j < side[1].tallies ? &side[1].tally[j] : NULL;
		int c = !a ? 1 : !b ? -1 : strcmp(a->cell, b->cell);

		err = add(r, c <= 0 ? a : NULL, c >= 0 ? b : NULL);
		i += c <= 0;
		j += c >= 0;
	}
	for (i = 0; i < r->cells && !err; i++)
		if (r->cell[i].change <= CHANGE_WORSE)
			r->cell[i].waiver =
				waiver_find(waivers, r->cell[i].cell, side[1].cost[0].origin.line);
	for (i = 0; i < side[1].count; i++)
		r->cut += !side[1].run[i].ended;
	for (i = 0; i < side[1].tallies; i++)
		r->broken += side[1].tally[i].count[VERDICT_BROKEN] > 0;
	if (!err && r->cells)
		qsort(r->cell, r->cells, sizeof(*r->cell), order);
	return err;
}

bool compare_red(const struct compare_result *r)
{
	for (size_t i = 0; i < r->cells; i++)
		if (r->cell[i].change <= CHANGE_WORSE && !r->cell[i].waiver)
			return true;
	for (size_t i = 0; i < r->rows; i++)
		if (r->row[i].verdict == COMPARISON_REGRESSED && !r->row[i].waiver)
			return true;
	return false;
}

bool compare_broken(const struct compare_result *r)
{
	return r->cut || r->broken || r->lost;
}

size_t compare_count(const struct compare_result *r, enum change change)
{
	size_t n = 0;

	for (size_t i = 0; i < r->cells; i++)
		n += r->cell[i].change == change;
	return n;
}
