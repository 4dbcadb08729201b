// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "results/report_internal.h"

enum { CDFS = 12, SIZES = 8, FOREST_ROWS = 40, FOREST_OPEN = 12 };

/* --- Changes with their intervals --- */

/* Tics of a logarithmic scale, as changes in percent. */
static void put_tics(FILE *out, double low, double high)
{
	static const double change[] = { 0,   -99, -90, -75,  -50,  -40,   -30,	  -20, -15,
					 -10, -5,  -3,	-2,   -1,   1,	   2,	  3,   5,
					 10,  15,  20,	30,   40,   50,	   75,	  100, 150,
					 200, 300, 500, 1000, 3000, 10000, 100000 };
	double taken[ARRAY_SIZE(change)];
	size_t n = 0;

	fputs("set xtics (", out);
	for (size_t i = 0; i < ARRAY_SIZE(change); i++) {
		double at = log1p(change[i] / 100);
		bool room = at >= low && at <= high;

		for (size_t j = 0; j < n && room; j++)
			room = fabs(taken[j] - at) > (high - low) / 11;
		if (!room)
			continue;
		fprintf(out, "%s'%s%g %%%%' %.6f", n ? ", " : "", change[i] > 0 ? "+" : "",
			change[i], at);
		taken[n++] = at;
	}
	fputs(")\n", out);
}

static bool in_forest(const struct compare_row *row)
{
	return row->verdict != COMPARISON_UNLIKE && row->log.interval;
}

/* Of the rows that are drawn: whether the unit is the boot in none of them. */
static bool within_boots(const struct compare_result *c, size_t rows)
{
	size_t shown = 0;

	for (size_t i = 0; i < c->rows && shown < rows; i++) {
		if (!in_forest(&c->row[i]))
			continue;
		if (c->row[i].level <= LEVEL_BOOT)
			return false;
		shown++;
	}
	return true;
}

static char *forest_settings(const struct compare_result *c, size_t rows)
{
	double low = -log1p(2 * COMPARE_MARGIN_P50), high = -low, wide;
	char *text = NULL;
	size_t size, shown = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (size_t i = 0; i < c->rows && shown < rows; i++) {
		if (!in_forest(&c->row[i]))
			continue;
		low = fmin(low, c->row[i].log.low);
		high = fmax(high, c->row[i].log.high);
		shown++;
	}
	wide = (high - low) * 0.03;
	low -= wide;
	high += wide;
	fprintf(f,
		"width = 760\nheight = %zu\nrows = %zu\nlow = %.6f\nhigh = %.6f\nmargin = %.6f\n"
		"within = %d\n",
		110 + 36 * rows, rows, low, high, log1p(COMPARE_MARGIN_P50), within_boots(c, rows));
	put_tics(f, low, high);
	fclose(f);
	return text;
}

static void plan_forest(struct report *r, size_t pair)
{
	const struct pair *p = &r->pair[pair];
	const struct compare_result *c = &p->result;
	char name[24], origin[400], *settings;
	size_t all = 0, decided = 0, rows, shown = 0;
	FILE *f;

	for (size_t i = 0; i < c->rows; i++) {
		all += in_forest(&c->row[i]);
		decided += in_forest(&c->row[i]) && c->row[i].verdict <= COMPARISON_IMPROVED;
	}
	rows = decided + FOREST_OPEN < all ? decided + FOREST_OPEN : all;
	rows = rows < FOREST_ROWS ? rows : FOREST_ROWS;
	settings = rows ? forest_settings(c, rows) : NULL;
	snprintf(name, sizeof(name), "forest-%zu", pair + 1);
	f = settings ? plot_begin(r, "forest", name, settings) : NULL;
	free(settings);
	if (!f)
		return;
	for (size_t i = 0; i < c->rows && shown < rows; i++) {
		const struct compare_row *row = &c->row[i];

		if (!in_forest(row))
			continue;
		fprintf(f, "%zu %.6f %.6f %.6f %d \"%s %s  %+.1f %%\"\n", rows - 1 - shown,
			row->log.estimate, row->log.low, row->log.high, (int)row->verdict, row->key,
			row->metric, 100 * expm1(row->log.estimate));
		shown++;
	}
	fclose(f);
	shown_origin(r, p->a, origin, sizeof(origin));
	plot_caption(
		r,
		"Change of each cost, B = %s against A = %s, in percent of A (logarithmic), with "
		"exact 95 %% intervals%s; the worst first, %zu of %zu. %s",
		r->label[p->b], r->label[p->a],
		within_boots(c, rows) ? " of runs or processes of one boot a side: what boots "
					"differ by is not in them, nothing is decided" :
					"",
		rows, all, origin);
}

void plan_forests(struct report *r)
{
	for (size_t i = 0; i < r->pairs; i++)
		plan_forest(r, i);
}

/* --- Distributions --- */

static void put_cdf(const struct histogram *h, double tick, const char *label, FILE *f)
{
	double seen = 0, last = -1;

	fprintf(f, "%s\"%s\"\n", ftell(f) ? "\n\n" : "", label);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		double share;

		if (!h->bucket[i])
			continue;
		seen += h->bucket[i];
		share = seen / (double)h->count;
		/* The tail beyond p99.9 would squeeze all else. */
		if (share - last < 0.002 && share < 0.999)
			continue;
		fprintf(f, "%.6g %.5f\n", histogram_value(i) * tick, share);
		last = share;
		if (share >= 0.999)
			break;
	}
}

static bool plan_cdf(struct report *r, const struct shown_cost *c, size_t number)
{
	static struct histogram h;
	double tick = c->like->tick_ns > 0 ? c->like->tick_ns : 1;
	char name[24], settings[200], origin[400];
	size_t columns = 0;
	FILE *f;

	for (size_t i = 0; i < r->runs; i++)
		columns += shown_histogram(r, c, i, &h) && h.count >= 100;
	if (!columns)
		return false;
	snprintf(name, sizeof(name), "cdf-%zu", number);
	snprintf(settings, sizeof(settings),
		 "width = 560\nheight = 330\nunit = '%s'\nis_time = %d\n", shown_unit(c),
		 c->like->tick_ns > 0);
	f = plot_begin(r, "cdf", name, settings);
	if (!f)
		return false;
	for (size_t i = 0; i < r->runs; i++)
		if (shown_histogram(r, c, i, &h) && h.count >= 100)
			put_cdf(&h, tick, r->label[i], f);
	fclose(f);
	shown_origin(r, c->machine, origin, sizeof(origin));
	plot_caption(r, "%s: cumulative share of all samples up to p99.9; time of a %s%s%s. %s",
		     c->key, c->like->per, c->like->tick_ns > 0 ? "" : " in ",
		     c->like->tick_ns > 0 ? "" : shown_unit(c), origin);
	return true;
}

void plan_cdfs(struct report *r)
{
	size_t number = 1;

	for (size_t m = 0; m < r->runs; m++) {
		struct shown_cost *c;
		size_t n, step, drawn = 0;

		if (!first_of_machine(r, m))
			continue;
		c = shown_costs(r, m, &n);
		if (!c)
			return;
		/* Where nothing changed, some of each sort. */
		step = n && c[0].weight > 0 ? 1 : (n + CDFS - 1) / CDFS;
		for (size_t i = 0; i < n && drawn < CDFS; i += step ? step : 1)
			if (plan_cdf(r, &c[i], number)) {
				drawn++;
				number++;
			}
		free(c);
	}
}

/* --- Costs by size --- */

/* The key without "-64k", "-16m" or "-2-pages" in the program's name. False without one. */
static bool without_size(const char *key, char *buf, size_t size)
{
	size_t end = strcspn(key, "/");
	const char *slash;

	if (!key[end])
		return false;
	slash = key + end + 1 + strcspn(key + end + 1, "/");
	for (const char *c = key; c < slash; c++) {
		size_t digits = strspn(c + 1, "0123456789"), more = digits + 1;

		if (*c != '-' || !digits)
			continue;
		if (c[more] == 'k' || c[more] == 'm')
			more++;
		else if (!strncmp(c + more, "-pages", 6))
			more += 6;
		if (c + more != slash || more == digits + 1)
			continue;
		snprintf(buf, size, "%.*s%s", (int)(c - key), key, slash);
		return true;
	}
	return false;
}

struct sized {
	char name[200];
	const struct shown_cost *cost;
};

static int by_name_and_size(const void *x, const void *y)
{
	const struct sized *a = x, *b = y;
	size_t n = a->cost->like->bytes, m = b->cost->like->bytes;
	int c = strcmp(a->name, b->name);

	return c ? c : (n > m) - (n < m);
}

static void plan_size(struct report *r, const struct sized *s, size_t n, size_t number)
{
	const struct shown_cost *first = s[0].cost;
	char name[24], settings[200], origin[400];
	FILE *f;

	snprintf(name, sizeof(name), "size-%zu", number);
	snprintf(settings, sizeof(settings),
		 "width = 560\nheight = 330\nunit = '%s'\nis_time = %d\n", shown_unit(first),
		 first->like->tick_ns > 0);
	f = plot_begin(r, "size", name, settings);
	if (!f)
		return;
	for (size_t i = 0; i < r->runs; i++) {
		bool any = false;

		for (size_t j = 0; j < n; j++) {
			double p50 = shown_p50(r, s[j].cost, i);

			if (isnan(p50))
				continue;
			if (!any)
				fprintf(f, "%s\"%s\"\n", ftell(f) ? "\n\n" : "", r->label[i]);
			any = true;
			fprintf(f, "%zu %.6g\n", s[j].cost->like->bytes, p50);
		}
	}
	fclose(f);
	shown_origin(r, first->machine, origin, sizeof(origin));
	plot_caption(r, "%s by size: median%s%s of a %s. %s", s[0].name,
		     first->like->tick_ns > 0 ? " time" : " ",
		     first->like->tick_ns > 0 ? "" : shown_unit(first), first->like->per, origin);
}

void plan_sizes(struct report *r)
{
	size_t number = 1;

	for (size_t m = 0; m < r->runs; m++) {
		struct shown_cost *c;
		struct sized *s;
		size_t n = 0, sizes = 0, end, drawn = 0;

		if (!first_of_machine(r, m))
			continue;
		c = shown_costs(r, m, &n);
		s = calloc(n + 1, sizeof(*s));
		for (size_t i = 0; c && s && i < n; i++) {
			s[sizes].cost = &c[i];
			sizes += !strcmp(c[i].like->per, "call") && c[i].like->bytes &&
				 without_size(c[i].key, s[sizes].name, sizeof(s[sizes].name));
		}
		if (s)
			qsort(s, sizes, sizeof(*s), by_name_and_size);
		for (size_t i = 0; s && i < sizes; i = end) {
			for (end = i; end < sizes && !strcmp(s[i].name, s[end].name); end++)
				;
			if (s[end - 1].cost->like->bytes != s[i].cost->like->bytes &&
			    drawn++ < SIZES)
				plan_size(r, s + i, end - i, number++);
		}
		free(s);
		free(c);
	}
}
