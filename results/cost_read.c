// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/cost.h"

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int put_bucket(struct cost *c, json_int_t index, json_int_t count)
{
	if (index < 0 || index >= HISTOGRAM_BUCKETS || count < 1 || count > UINT32_MAX)
		return -EINVAL;
	c->bucket[c->buckets++] = (struct bucket){ (uint32_t)index, (uint32_t)count };
	return 0;
}

/* [INDEX,COUNT,...]; until November 2026 [[INDEX,COUNT],...] */
static int take_histogram(struct cost *c, const json_t *o)
{
	const json_t *a = json_object_get(o, "bucket");
	size_t n = json_array_size(a);
	int err = 0;

	c->max = (uint64_t)json_integer_value(json_object_get(o, "max"));
	c->sum = json_number_value(json_object_get(o, "sum"));
	c->bucket = calloc(n + 1, sizeof(*c->bucket));
	if (!c->bucket)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		const json_t *pair = json_array_get(a, i);

		if (json_is_array(pair)) {
			err = put_bucket(c, json_integer_value(json_array_get(pair, 0)),
					 json_integer_value(json_array_get(pair, 1)));
		} else if (i + 1 < n) {
			err = put_bucket(c, json_integer_value(pair),
					 json_integer_value(json_array_get(a, i + 1)));
			i++;
		} else {
			err = -EINVAL;
		}
	}
	return err;
}

static int take_processes(struct cost *c, const json_t *a, const json_t *calls)
{
	const json_t *p;
	size_t i;

	c->process = calloc(json_array_size(a) + json_array_size(calls) + 1, sizeof(*c->process));
	if (!c->process)
		return -ENOMEM;
	json_array_foreach (a, i, p) {
		struct process_cost *to = &c->process[c->processes++];

		to->samples = (uint32_t)json_integer_value(json_array_get(p, 0));
		to->p50 = json_number_value(json_array_get(p, 1));
		to->p90 = json_number_value(json_array_get(p, 2));
		to->p99 = json_number_value(json_array_get(p, 3));
		to->mean = json_number_value(json_array_get(p, 4));
	}
	json_array_foreach (calls, i, p) {
		double v = json_number_value(p);

		c->process[c->processes++] = (struct process_cost){
			.samples = 1, .p50 = v, .p90 = v, .p99 = v, .mean = v
		};
	}
	return 0;
}

#define COPY(field, key) snprintf(field, sizeof(field), "%s", text_of(o, key))

static int take_cost(struct cost_run *run, const json_t *o)
{
	const json_t *node = json_object_get(o, "node");
	struct cost *c = run->cost;
	char crew[64] = "";
	int err;

	if (!(run->count & (run->count - 1))) {
		c = realloc(c, (run->count ? run->count * 2 : 1) * sizeof(*c));
		if (!c)
			return -ENOMEM;
		run->cost = c;
	}
	c += run->count;
	memset(c, 0, sizeof(*c));
	COPY(c->workload, "workload");
	COPY(c->clock, "clock");
	COPY(c->per, "per");
	COPY(c->part, "part");
	COPY(c->text, "text");
	c->bytes = (size_t)json_integer_value(json_object_get(o, "bytes"));
	c->tick_ns = json_number_value(json_object_get(o, "tick_ns"));
	c->samples = (uint64_t)json_integer_value(json_object_get(o, "samples"));
	c->shared = (uint64_t)json_integer_value(json_object_get(o, "shared"));
	c->alone = json_number_value(json_object_get(o, "alone"));
	c->valid = json_is_true(json_object_get(o, "valid"));
	COPY(c->as, "as");
	COPY(c->crew, "crew");
	c->workers = (int)json_integer_value(json_object_get(o, "workers"));
	if (c->workers)
		snprintf(crew, sizeof(crew), " %s", c->crew);
	if (node)
		snprintf(crew + strlen(crew), sizeof(crew) - strlen(crew), " node %d",
			 (int)json_integer_value(node));
	if (asprintf(&c->key, "%s %s%s%s%s", text_of(o, "cell"), c->text, crew,
		     strcmp(c->part, "step") ? " " : "",
		     strcmp(c->part, "step") ? c->part : "") < 0) {
		c->key = NULL;
		return -ENOMEM;
	}
	run->count++;
	err = take_histogram(c, json_object_get(o, "histogram"));
	return err ? err :
		     take_processes(c, json_object_get(o, "process"), json_object_get(o, "calls"));
}

static int take_line(struct cost_run *run, const json_t *o)
{
	const char *type = text_of(o, "type");

	if (!strcmp(type, "env")) {
		origin_take(&run->origin, o);
		return run->origin.boot[0] ? 0 : -EINVAL;
	}
	return strcmp(type, "cost") ? 0 : take_cost(run, o);
}

/* What run_read() reads, and judges. */
static bool of_a_cell(const char *line)
{
	static const char cell[] = "{\"type\":\"cell\"", start[] = "{\"type\":\"start\"";

	return !strncmp(line, cell, sizeof(cell) - 1) || !strncmp(line, start, sizeof(start) - 1);
}

static int take_lines(struct cost_run *run, FILE *f, char *why, size_t size)
{
	char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t n;
	int err = 0;

	/* A line without an end was cut off when it was written. */
	while (!err && (n = getline(&line, &room, f)) > 0 && line[n - 1] == '\n') {
		json_t *o;

		number++;
		if (of_a_cell(line))
			continue;
		o = json_loads(line, 0, NULL);
		err = json_is_object(o) ? take_line(run, o) : -EINVAL;
		json_decref(o);
	}
	if (err)
		snprintf(why, size, "%s:%zu: %s", run->path, number,
			 err == -ENOMEM ? "out of memory" : "expected a line of a record");
	free(line);
	return err;
}

int cost_read(struct cost_run *run, const char *path, char *why, size_t size)
{
	struct stat st;
	FILE *f;
	int err;

	memset(run, 0, sizeof(*run));
	if (asprintf(&run->path, "%s%s", path,
		     !stat(path, &st) && S_ISDIR(st.st_mode) ? "/records.jsonl" : "") < 0)
		return -EINVAL;
	f = fopen(run->path, "re");
	if (!f) {
		snprintf(why, size, "%s: %s", run->path, strerror(errno));
		cost_run_free(run);
		return -EINVAL;
	}
	err = take_lines(run, f, why, size);
	fclose(f);
	if (err)
		cost_run_free(run);
	else
		cost_run_sort(run);
	return err ? -EINVAL : 0;
}

void cost_run_free(struct cost_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		free(run->cost[i].key);
		free(run->cost[i].process);
		free(run->cost[i].bucket);
	}
	free(run->cost);
	free(run->path);
	memset(run, 0, sizeof(*run));
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct cost *)a)->key, ((const struct cost *)b)->key);
}

void cost_run_sort(struct cost_run *run)
{
	if (run->count)
		qsort(run->cost, run->count, sizeof(*run->cost), by_key);
}

const struct cost *cost_find(const struct cost_run *run, const char *key)
{
	struct cost wanted = { .key = (char *)key };

	return run->count ? bsearch(&wanted, run->cost, run->count, sizeof(wanted), by_key) : NULL;
}

size_t cost_cell_length(const char *key)
{
	const char *step = NULL;

	/* A program without a name has its steps in the id, with brackets too. */
	for (const char *at = strstr(key, " ["); at; at = strstr(at + 1, " ["))
		step = at;
	return step ? (size_t)(step - key) : strlen(key);
}

void cost_histogram(const struct cost *c, struct histogram *h)
{
	for (size_t i = 0; i < c->buckets; i++) {
		h->bucket[c->bucket[i].index] += c->bucket[i].count;
		h->count += c->bucket[i].count;
	}
	h->sum += c->sum;
	if (c->max > h->max)
		h->max = c->max;
}
