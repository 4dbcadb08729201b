// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "results/matrix.h"
#include "results/report_internal.h"

enum { SCALES = 12 };

struct scaled {
	char name[256]; /* the key without the workers */
	const struct shown_cost *cost;
};

/* Throughput of workers: its key without "2 threads" and "together". */
static bool take_scaled(struct scaled *s, const struct shown_cost *c)
{
	const struct cost *like = c->like;
	const char *at = like->workers ? strstr(c->key, like->crew) : NULL;
	size_t n;

	if (!at || at == c->key || strcmp(like->part, "together") != 0 || !(like->tick_ns > 0))
		return false;
	s->cost = c;
	snprintf(s->name, sizeof(s->name), "%.*s%s", (int)(at - c->key - 1), c->key,
		 at + strlen(like->crew));
	n = strlen(s->name) - strlen(" together");
	s->name[n] = '\0';
	return true;
}

static int by_name_and_workers(const void *x, const void *y)
{
	const struct scaled *a = x, *b = y;
	int n = a->cost->like->workers, m = b->cost->like->workers;
	int c = strcmp(a->name, b->name);

	c = c ? c : (n > m) - (n < m);
	return c ? c : strcmp(a->cost->key, b->cost->key);
}

/* A line begins with what one worker does, whatever that one was. */
static void put_line(struct report *r, const struct scaled *s, size_t n, const char *as,
		     size_t column, FILE *f)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const struct cost *like = s[i].cost->like;
		double ns = shown_p50(r, s[i].cost, column);

		if (isnan(ns) || (like->workers > 1 && strcmp(like->as, as) != 0))
			continue;
		if (!any)
			fprintf(f, "%s\"%s, %s\"\n", ftell(f) ? "\n\n" : "", r->label[column], as);
		any = true;
		fprintf(f, "%d %.6g\n", like->workers, 1e9 / ns);
	}
}

static bool has_sort(const struct scaled *s, size_t n, const char *as)
{
	for (size_t i = 0; i < n; i++)
		if (s[i].cost->like->workers > 1 && !strcmp(s[i].cost->like->as, as))
			return true;
	return false;
}

static void plan_scale(struct report *r, const struct scaled *s, size_t n, size_t number)
{
	static const char *const sort[] = { "threads", "areas", "processes" };
	const char *what = s->cost->like->per;
	char name[24], settings[100], origin[400];
	FILE *f;

	snprintf(name, sizeof(name), "scale-%zu", number);
	snprintf(settings, sizeof(settings), "width = 560\nheight = 330\nwhat = '%ss'\n", what);
	f = plot_begin(r, "scale", name, settings);
	if (!f)
		return;
	for (size_t i = 0; i < r->runs; i++)
		for (size_t k = 0; k < ARRAY_SIZE(sort); k++)
			if (has_sort(s, n, sort[k]))
				put_line(r, s, n, sort[k], i, f);
	fclose(f);
	shown_origin(r, s->cost->machine, origin, sizeof(origin));
	plot_caption(r,
		     "%s by workers: %ss a second of all together, while all are at it; median of "
		     "the rounds. threads: one area (VMA) of one process, areas: one each, "
		     "processes: an address space each. %s",
		     s->name, what, origin);
}

static void plan_machine(struct report *r, size_t machine, size_t *number)
{
	size_t n = 0, scales = 0, end;
	struct shown_cost *c = shown_costs(r, machine, &n);
	struct scaled *s = calloc(n + 1, sizeof(*s));

	for (size_t i = 0; c && s && i < n; i++)
		scales += take_scaled(&s[scales], &c[i]);
	if (s)
		qsort(s, scales, sizeof(*s), by_name_and_workers);
	for (size_t i = 0; s && i < scales && *number <= SCALES; i = end) {
		for (end = i; end < scales && !strcmp(s[i].name, s[end].name); end++)
			;
		if (s[end - 1].cost->like->workers > 1)
			plan_scale(r, s + i, end - i, (*number)++);
	}
	free(s);
	free(c);
}

void plan_scales(struct report *r)
{
	size_t number = 1;

	for (size_t m = 0; m < r->runs; m++)
		if (first_of_machine(r, m))
			plan_machine(r, m, &number);
}

/* The same drawing as scripts/nightly makes. */
void plan_matrix(struct report *r)
{
	struct matrix *m = r->rows ? matrix_new(r->side, r->runs) : NULL;
	char all[560] = "", origin[400];
	FILE *f = m ? plot_begin(r, "matrix", "matrix", "width = 700\nheight = 400") : NULL;

	if (f) {
		matrix_data(m, f);
		fclose(f);
		for (size_t i = 0; i < r->runs; i++) {
			size_t n = strlen(all);

			if (!first_of_machine(r, i))
				continue;
			shown_origin(r, i, origin, sizeof(origin));
			snprintf(all + n, sizeof(all) - n, " %s", origin);
		}
		plot_caption(r,
			     "Programs by kernels, numbers of cells. Programs of a file that are "
			     "alike and did not fail share a line.%s",
			     all);
	}
	matrix_free(m);
}
