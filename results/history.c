// SPDX-License-Identifier: GPL-2.0-only
#include "results/history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare.h"
#include "results/history_internal.h"
#include "results/rank.h"

struct history *history_open(void)
{
	struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->store = calloc(1, sizeof(*h->store));
	if (h->store)
		return h;
	free(h);
	return NULL;
}

struct reading {
	struct history *history;
	void (*broken)(void *arg, const char *why);
	void *arg;
};

static int take_record(void *arg, const char *file)
{
	struct reading *r = arg;
	struct digests d;
	char why[4500];
	int err;

	if (digest_of_record(&d, file, why, sizeof(why))) {
		r->broken(r->arg, why);
		return 0;
	}
	err = store_add(r->history->store, &d.digest[0]);
	r->history->runs += !err;
	digests_free(&d);
	return err;
}

int history_read(struct history *h, const char *path, void (*broken)(void *arg, const char *why),
		 void *arg, char *why, size_t size)
{
	struct reading r = { h, broken, arg };
	int err = side_each_record(path, true, take_record, &r, why, size);

	if (err == -ENOMEM)
		snprintf(why, size, "%s: %s", path, strerror(ENOMEM));
	return err ? -EINVAL : 0;
}

bool history_step(const struct history_trend *t)
{
	return t->z > HISTORY_Z && fabs(t->shift) > log1p(COMPARE_MARGIN_P50);
}

static int by_value(const void *a, const void *b)
{
	const double *x = *(double *const *)a, *y = *(double *const *)b;

	return (*x > *y) - (*x < *y);
}

struct in_time {
	double *value, *rank, *copy; /* without the days that have none */
	size_t *day, count;
};

static int take_series(struct in_time *s, const struct history_trend *t, size_t days)
{
	double **order = calloc(days + 1, sizeof(double *));

	s->count = 0;
	for (size_t i = 0; i < days; i++) {
		if (isnan(t->log[i]))
			continue;
		s->value[s->count] = t->log[i];
		s->day[s->count++] = i;
	}
	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < s->count; i++)
		order[i] = &s->value[i];
	qsort(order, s->count, sizeof(double *), by_value);
	for (size_t i = 0, j; i < s->count; i = j) {
		for (j = i; j < s->count && *order[j] == *order[i]; j++)
			;
		for (size_t k = i; k < j; k++)
			s->rank[order[k] - s->value] = (double)(i + j + 1) / 2;
	}
	free(order);
	return 0;
}

static double median(struct in_time *s, size_t from, size_t to)
{
	memcpy(s->copy, s->value + from, (to - from) * sizeof(*s->copy));
	return rank_median(s->copy, to - from);
}

/* Where the rank sums of before and after differ most. */
static void find_step(struct history_trend *t, struct in_time *s)
{
	size_t n = s->count, best = 0;
	double sum = 0;

	for (size_t k = 1; k + COMPARE_UNITS_MIN <= n; k++) {
		double expected = (double)k * (double)(n + 1) / 2, z;

		sum += s->rank[k - 1];
		if (k < COMPARE_UNITS_MIN)
			continue;
		z = fabs(sum - expected) / sqrt(expected * (double)(n - k) / 6);
		if (z > t->z) {
			t->z = z;
			best = k;
		}
	}
	if (!best)
		return;
	t->at = s->day[best];
	t->before = median(s, 0, best);
	t->after = median(s, best, n);
	t->shift = t->after - t->before;
	t->before = exp(t->before);
	t->after = exp(t->after);
}

static int order_trend(const void *x, const void *y)
{
	const struct history_trend *a = x, *b = y;
	int c = history_step(b) - history_step(a);

	c = c ? c : (b->shift > a->shift) - (b->shift < a->shift);
	return c ? c : strcmp(a->key, b->key);
}

static int find_steps(struct history_line *l)
{
	struct in_time s = { .value = calloc(l->days + 1, sizeof(double)),
			     .rank = calloc(l->days + 1, sizeof(double)),
			     .copy = calloc(l->days + 1, sizeof(double)),
			     .day = calloc(l->days + 1, sizeof(size_t)) };
	int err = s.value && s.rank && s.copy && s.day ? 0 : -ENOMEM;

	for (size_t i = 0; i < l->trends && !err; i++) {
		err = take_series(&s, &l->trend[i], l->days);
		if (!err)
			find_step(&l->trend[i], &s);
	}
	free(s.value);
	free(s.rank);
	free(s.copy);
	free(s.day);
	if (!err && l->trends)
		qsort(l->trend, l->trends, sizeof(*l->trend), order_trend);
	return err;
}

int history_finish(struct history *h)
{
	int err = store_lines(h->store, &h->line, &h->lines);

	for (size_t i = 0; i < h->lines && !err; i++)
		err = find_steps(&h->line[i]);
	return err;
}

void history_close(struct history *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->lines; i++) {
		for (size_t j = 0; j < h->line[i].trends; j++)
			free(h->line[i].trend[j].log);
		free(h->line[i].trend);
		free(h->line[i].fail);
		free(h->line[i].day);
	}
	free(h->line);
	store_free(h->store);
	free(h);
}
