// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/compare.h"

static int add_run(struct compare_side *s, const char *file, char *why, size_t size)
{
	struct run *run = realloc(s->run, (s->count + 1) * sizeof(*run));
	struct cost_run *cost;

	if (!run)
		return -ENOMEM;
	s->run = run;
	cost = realloc(s->cost, (s->count + 1) * sizeof(*cost));
	if (!cost)
		return -ENOMEM;
	s->cost = cost;
	if (run_read(&s->run[s->count], file, why, size))
		return -EINVAL;
	if (cost_read(&s->cost[s->count], file, why, size)) {
		run_free(&s->run[s->count]);
		return -EINVAL;
	}
	s->count++;
	return 0;
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int add_below(struct compare_side *s, const char *path, int depth, char *why, size_t size)
{
	struct dirent **name;
	struct stat st;
	char file[4096];
	int n, err = 0;

	snprintf(file, sizeof(file), "%s/records.jsonl", path);
	if (stat(path, &st)) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	if (!S_ISDIR(st.st_mode))
		return depth ? 0 : add_run(s, path, why, size);
	if (!stat(file, &st))
		return add_run(s, file, why, size);
	n = depth < 4 ? scandir(path, &name, visible, alphasort) : 0;
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, name[i]->d_name);
		if (!err)
			err = add_below(s, file, depth + 1, why, size);
		free(name[i]);
	}
	if (n > 0)
		free(name);
	return err;
}

int compare_side_read(struct compare_side *s, const char *path, char *why, size_t size)
{
	int err;

	memset(s, 0, sizeof(*s));
	why[0] = '\0';
	err = add_below(s, path, 0, why, size);
	if (!err && !s->count) {
		snprintf(why, size, "%s: no records.jsonl there", path);
		err = -EINVAL;
	}
	if (err) {
		compare_side_free(s);
		return err;
	}
	snprintf(s->name, sizeof(s->name), "%s", s->run[0].label);
	return 0;
}

void compare_side_free(struct compare_side *s)
{
	for (size_t i = 0; i < s->count; i++) {
		run_free(&s->run[i]);
		cost_run_free(&s->cost[i]);
	}
	free(s->run);
	free(s->cost);
	memset(s, 0, sizeof(*s));
}

int compare_splits(const struct compare_side *s, unsigned splits, FILE *out)
{
	double sum = 0;
	size_t rows = 0;

	for (size_t i = 0; i < s->count; i++) {
		for (size_t j = 0; j < s->cost[i].count; j++) {
			const struct cost *c = &s->cost[i].cost[j];
			double *v = calloc(c->processes + 1, sizeof(*v)), rate;
			size_t n = c->processes > 40 ? 40 : c->processes;

			if (!v)
				return -ENOMEM;
			for (size_t k = 0; k < n; k++)
				v[k] = c->process[k].p50;
			if (c->valid && n >= 8) {
				rate = rank_split_rate(v, n, splits, 0.05, 1 + rows);
				fprintf(out, "%5.1f %%  %zu + %zu processes  %s\n", 100 * rate,
					n / 2, n / 2, c->key);
				sum += rate;
				rows++;
			}
			free(v);
		}
	}
	if (rows)
		fprintf(out,
			"%5.1f %%  of %u random splits of equal runs differ at a nominal 5 %%\n",
			100 * sum / (double)rows, splits);
	return rows ? 0 : -ENOENT;
}
