// SPDX-License-Identifier: GPL-2.0-only
#include "results/side.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 6 };

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

struct walk {
	bool digests;
	int (*take)(void *arg, const char *file);
	void *arg;
	char *why;
	size_t size;
};

static int walk(const struct walk *w, const char *path, int depth)
{
	struct dirent **name;
	struct stat st;
	char file[4096];
	int n, err = 0;

	snprintf(file, sizeof(file), "%s/records.jsonl", path);
	if (stat(path, &st)) {
		snprintf(w->why, w->size, "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	if (!S_ISDIR(st.st_mode))
		return depth ? 0 : w->take(w->arg, path);
	if (!stat(file, &st))
		return w->take(w->arg, file);
	snprintf(file, sizeof(file), "%s/digest", path);
	if (w->digests && !stat(file, &st) && S_ISREG(st.st_mode))
		return w->take(w->arg, file);
	n = depth < DEPTH_MAX ? scandir(path, &name, visible, versionsort) : 0;
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, name[i]->d_name);
		if (!err)
			err = walk(w, file, depth + 1);
		free(name[i]);
	}
	if (n > 0)
		free(name);
	return err;
}

int side_each_record(const char *path, bool digests, int (*take)(void *arg, const char *file),
		     void *arg, char *why, size_t size)
{
	struct walk w = { digests, take, arg, why, size };

	why[0] = '\0';
	return walk(&w, path, 0);
}

int side_add(struct side *s, struct run *run, struct cost_run *cost)
{
	struct run *runs = realloc(s->run, (s->count + 1) * sizeof(*runs));
	struct cost_run *costs;

	if (!runs)
		return -ENOMEM;
	s->run = runs;
	costs = realloc(s->cost, (s->count + 1) * sizeof(*costs));
	if (!costs)
		return -ENOMEM;
	s->cost = costs;
	s->run[s->count] = *run;
	s->cost[s->count] = *cost;
	s->count++;
	return 0;
}

struct reading {
	struct side *side;
	char *why;
	size_t size;
};

static int add_file(void *arg, const char *file)
{
	struct reading *r = arg;
	struct cost_run cost;
	struct run run;
	int err;

	if (run_read(&run, file, r->why, r->size))
		return -EINVAL;
	if (cost_read(&cost, file, r->why, r->size)) {
		run_free(&run);
		return -EINVAL;
	}
	err = side_add(r->side, &run, &cost);
	if (err) {
		snprintf(r->why, r->size, "%s: %s", file, strerror(-err));
		run_free(&run);
		cost_run_free(&cost);
	}
	return err;
}

int side_read(struct side *s, char *const path[], size_t n, char *why, size_t size)
{
	struct reading r = { s, why, size };
	int err = 0;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < n && !err; i++) {
		size_t before = s->count;

		err = side_each_record(path[i], false, add_file, &r, why, size);
		if (!err && s->count == before) {
			snprintf(why, size, "%s: no records.jsonl there", path[i]);
			err = -EINVAL;
		}
	}
	if (!err && side_finish(s)) {
		snprintf(why, size, "%s: %s", path[0], strerror(ENOMEM));
		err = -EINVAL;
	}
	if (err)
		side_free(s);
	return err ? -EINVAL : 0;
}

void side_free(struct side *s)
{
	for (size_t i = 0; i < s->count; i++) {
		run_free(&s->run[i]);
		cost_run_free(&s->cost[i]);
	}
	free(s->run);
	free(s->cost);
	free(s->tally);
	free(s->result);
	free(s->boot);
	free(s->build);
	memset(s, 0, sizeof(*s));
}

static int by_cell(const void *a, const void *b)
{
	const struct result *x = *(struct result *const *)a, *y = *(struct result *const *)b;
	int c = strcmp(x->cell, y->cell);

	return c ? c : (x > y) - (x < y);
}

static void add_result(struct tally *t, const struct result *r)
{
	const struct verdict *v = &r->verdict;
	int tried = v->kind != VERDICT_SKIP;

	t->cell = r->cell;
	t->results++;
	t->count[v->kind]++;
	t->tried += v->tried ? v->tried : tried;
	t->failed += v->tried ? v->failed : v->kind == VERDICT_FAIL;
	if (v->kind == VERDICT_FAIL && (!t->fail || (t->fail->known[0] && !v->known[0])))
		t->fail = v;
	t->last = v;
	t->one[v->kind] = v;
}

static int find_groups(struct side *s)
{
	s->boot = calloc(s->count + 1, sizeof(*s->boot));
	s->build = calloc(s->count + 1, sizeof(*s->build));
	if (!s->boot || !s->build)
		return -ENOMEM;
	for (size_t i = 0; i < s->count; i++) {
		s->boot[i] = s->build[i] = i;
		for (size_t j = i; j-- > 0;) {
			const struct origin *o = &s->cost[i].origin, *p = &s->cost[j].origin;

			if (strcmp(o->layout, p->layout) != 0)
				continue;
			s->build[i] = s->build[j];
			if (!strcmp(o->boot, p->boot))
				s->boot[i] = s->boot[j];
		}
	}
	return 0;
}

static void find_alone(struct side *s)
{
	s->alone = 0;
	for (size_t i = 0; i < s->count; i++)
		for (size_t j = 0; j < s->cost[i].count; j++) {
			const struct cost *c = &s->cost[i].cost[j];
			double alone = c->alone;

			if (c->valid && alone > 0 && (s->alone <= 0 || alone < s->alone))
				s->alone = alone;
		}
}

int side_finish(struct side *s)
{
	struct result **all;
	size_t n = 0, k = 0;

	if (find_groups(s))
		return -ENOMEM;
	find_alone(s);
	for (size_t i = 0; i < s->count; i++)
		n += s->run[i].count;
	if (s->count && !s->name[0])
		snprintf(s->name, sizeof(s->name), "%s", s->run[0].label);
	all = malloc((n + 1) * sizeof(struct result *));
	s->result = all;
	s->tally = calloc(n + 1, sizeof(*s->tally));
	if (!all || !s->tally)
		return -ENOMEM;
	for (size_t i = 0; i < s->count; i++)
		for (size_t j = 0; j < s->run[i].count; j++)
			all[k++] = &s->run[i].result[j];
	qsort(all, n, sizeof(struct result *), by_cell);
	for (size_t i = 0; i < n; i++) {
		if (!i || strcmp(all[i]->cell, all[i - 1]->cell) != 0)
			s->tally[s->tallies++].result = &all[i];
		add_result(&s->tally[s->tallies - 1], all[i]);
	}
	return 0;
}

const struct verdict *tally_fails_as(const struct tally *t, const struct verdict *v)
{
	for (size_t i = 0; t && i < t->results; i++) {
		const struct verdict *own = &t->result[i]->verdict;

		if (own->kind == VERDICT_FAIL && !strcmp(own->class, v->class) &&
		    (v->known[0] || !own->known[0]))
			return own;
	}
	return NULL;
}

static int by_tally(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->cell, ((const struct tally *)b)->cell);
}

const struct tally *side_tally(const struct side *s, const char *cell)
{
	struct tally wanted = { .cell = cell };

	return s->tallies ? bsearch(&wanted, s->tally, s->tallies, sizeof(wanted), by_tally) : NULL;
}
