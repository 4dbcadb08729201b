// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare_internal.h"

/* For each unit the sum of the logarithms of the group's costs, and how many it has. */
struct sums {
	double *sum;
	size_t *rows, room;
};

static bool of_group(const struct compare_row *row, const char *name)
{
	size_t n = strlen(name);

	return row->verdict != COMPARISON_UNLIKE && !strcmp(row->metric, "p50") &&
	       !strncmp(row->key, name, n) && row->key[n] == '/';
}

static void add_units(struct sums s[LEVELS], const struct units u[LEVELS])
{
	/* Processes of one cost are not those of another. */
	for (int l = 0; l < LEVEL_PROCESS; l++) {
		for (size_t i = 0; i < u[l].count; i++) {
			s[l].sum[u[l].id[i]] += u[l].value[i];
			s[l].rows[u[l].id[i]]++;
		}
	}
}

/* Means of the units that have all rows, in front; their number. */
static size_t complete(struct sums *s, size_t rows)
{
	size_t n = 0;

	for (size_t i = 0; i < s->room; i++)
		if (s->rows[i] == rows)
			s->sum[n++] = s->sum[i] / (double)rows;
	return n;
}

static int open_sums(struct sums s[LEVELS], size_t room)
{
	for (int l = 0; l < LEVELS; l++) {
		s[l].room = room;
		s[l].sum = calloc(room + 1, sizeof(*s[l].sum));
		s[l].rows = calloc(room + 1, sizeof(*s[l].rows));
		if (!s[l].sum || !s[l].rows)
			return -ENOMEM;
	}
	return 0;
}

static void free_sums(struct sums s[LEVELS])
{
	for (int l = 0; l < LEVELS; l++) {
		free(s[l].sum);
		free(s[l].rows);
	}
}

static int sum_up(const struct side *side, const struct compare_result *r, const char *name,
		  struct sums s[LEVELS])
{
	int err = open_sums(s, side->count);

	for (size_t i = 0; i < r->rows && !err; i++) {
		struct units u[LEVELS];

		if (!of_group(&r->row[i], name))
			continue;
		err = side_units(side, r->row[i].key, QUANTILE_P50, u);
		if (!err)
			add_units(s, u);
		units_free(u);
	}
	return err;
}

static int judge(struct compare_group *g, struct sums s[2][LEVELS])
{
	size_t n[2][LEVELS] = { { 0 } };

	for (int i = 0; i < 2; i++)
		for (int l = 0; l < LEVEL_PROCESS; l++)
			n[i][l] = complete(&s[i][l], g->rows);
	g->level = compare_level(n[0], n[1]);
	if (g->level == LEVEL_PROCESS)
		g->level = LEVEL_RUN;
	g->units[0] = n[0][g->level];
	g->units[1] = n[1][g->level];
	if (!g->units[0] || !g->units[1])
		return 0;
	return rank_shift(s[0][g->level].sum, g->units[0], s[1][g->level].sum, g->units[1],
			  COMPARE_ALPHA, &g->log);
}

static int add_group(const struct side side[2], struct compare_result *r, const char *name)
{
	struct compare_group *g = realloc(r->group, (r->groups + 1) * sizeof(*g));
	struct sums s[2][LEVELS] = { { { 0 } } };
	int err = 0;

	if (!g)
		return -ENOMEM;
	r->group = g;
	g += r->groups;
	*g = (struct compare_group){ 0 };
	snprintf(g->name, sizeof(g->name), "%s", name);
	for (size_t i = 0; i < r->rows; i++)
		g->rows += of_group(&r->row[i], name);
	for (int i = 0; i < 2 && !err; i++)
		err = sum_up(&side[i], r, name, s[i]);
	if (!err)
		err = judge(g, s);
	if (!err && g->units[0] && g->units[1])
		r->groups++;
	free_sums(s[0]);
	free_sums(s[1]);
	return err;
}

int compare_groups(const struct side side[2], struct compare_result *r)
{
	int err = 0;

	for (size_t i = 0; i < r->rows && !err; i++) {
		size_t n = strcspn(r->row[i].key, "/");
		char name[64];
		bool first = true;

		snprintf(name, sizeof(name), "%.*s", (int)n, r->row[i].key);
		for (size_t j = 0; j < i && first; j++)
			first = !of_group(&r->row[j], name);
		if (first && n < sizeof(name) && of_group(&r->row[i], name))
			err = add_group(side, r, name);
	}
	return err;
}
