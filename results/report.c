// SPDX-License-Identifier: GPL-2.0-only
#include "results/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "results/report_internal.h"

const char *class_meaning(const char *class)
{
	static const char *const row[][2] = {
		{ "lost-write", "a store is not seen where it must be" },
		{ "stale-pin", "a pin and the address it was taken at show different memory" },
		{ "leak", "bytes of another process or file are seen" },
		{ "torn", "a value is seen that is part old and part new" },
		{ "use-after-free", "memory that is still in use was handed to someone else" },
		{ "refused", "a call or access ended in a way that no rule allows" },
		{ "accounting", "what was pinned was not released exactly once, or not counted" },
		{ "hang", "a step did not end in its time" },
		{ "crash", "a process or the machine went down" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		if (!strcmp(row[i][0], class))
			return row[i][1];
	return "";
}

const char *env_text(const struct report *r, size_t run, const char *key)
{
	const char *s = json_string_value(json_object_get(r->env[run], key));

	return s ? s : "";
}

/* The length of the part of a cell's id that names the program. */
static size_t program_length(const char *cell)
{
	static const char *const axis[] = { "/mem=", "/pin" };
	size_t n = strlen(cell);

	for (size_t i = 0; i < ARRAY_SIZE(axis); i++) {
		const char *at = strstr(cell, axis[i]);

		/* "/pin" begins program names too: only /pin...=x is an axis. */
		while (at && !at[1 + strcspn(at + 1, "=/")])
			at = NULL;
		while (at && at[1 + strcspn(at + 1, "=/")] != '=')
			at = strstr(at + 1, axis[i]);
		if (at && (size_t)(at - cell) < n)
			n = (size_t)(at - cell);
	}
	return n;
}

static int order_detail(const struct verdict *a, const struct verdict *b)
{
	int c = (a->step > b->step) - (a->step < b->step);

	c = c ? c : strcmp(a->step_text, b->step_text);
	c = c ? c : strcmp(a->law, b->law);
	c = c ? c : (a->page > b->page) - (a->page < b->page);
	c = c ? c : (a->offset > b->offset) - (a->offset < b->offset);
	c = c ? c : strcmp(a->read, b->read);
	c = c ? c : strcmp(a->allowed, b->allowed);
	c = c ? c : strcmp(a->whose, b->whose);
	return c ? c : strcmp(a->why, b->why);
}

static int order_finding(const void *x, const void *y)
{
	const struct finding *a = x, *b = y;
	const struct verdict *v = &a->result->verdict, *w = &b->result->verdict;
	int c = (int)v->kind - (int)w->kind;

	c = c ? c : (v->known[0] != '\0') - (w->known[0] != '\0');
	c = c ? c : strcmp(v->class, w->class);
	c = c ? c : strcmp(a->program, b->program);
	c = c ? c : order_detail(v, w);
	c = c ? c : (a->run > b->run) - (a->run < b->run);
	return c ? c : strcmp(a->result->cell, b->result->cell);
}

static int order_row(const void *x, const void *y)
{
	const struct row *a = x, *b = y;

	return a->bad != b->bad ? b->bad - a->bad : strcmp(a->program, b->program);
}

size_t findings_of(const struct report *r, enum verdict_kind k, size_t *end)
{
	size_t i = 0;

	while (i < r->findings && r->finding[i].result->verdict.kind != k)
		i++;
	*end = i;
	while (*end < r->findings && r->finding[*end].result->verdict.kind == k)
		++*end;
	return i;
}

size_t findings_alike(const struct report *r, size_t i, size_t end, enum finding_part part)
{
	const struct finding *a = &r->finding[i];
	const struct verdict *v = &a->result->verdict;

	for (i++; i < end; i++) {
		const struct finding *b = &r->finding[i];
		const struct verdict *w = &b->result->verdict;

		if (!v->known[0] != !w->known[0] ||
		    (part >= SAME_CLASS && strcmp(v->class, w->class) != 0) ||
		    (part >= SAME_PROGRAM && strcmp(a->program, b->program)) ||
		    (part == SAME_DETAIL && order_detail(v, w)))
			break;
	}
	return i;
}

static struct row *row_for(struct report *r, json_t *index, const char *program)
{
	json_t *at = json_object_get(index, program);
	struct row *row;

	if (at)
		return &r->row[json_integer_value(at)];
	row = realloc(r->row, (r->rows + 1) * sizeof(*row));
	if (!row)
		return NULL;
	r->row = row;
	row += r->rows;
	memset(row, 0, sizeof(*row));
	snprintf(row->program, sizeof(row->program), "%s", program);
	row->square = calloc(r->runs, sizeof(*row->square));
	if (!row->square || json_object_set_new(index, program, json_integer((json_int_t)r->rows)))
		return NULL;
	r->rows++;
	return row;
}

static void count_result(struct report *r, struct row *row, size_t run, const struct verdict *v)
{
	struct square *q = &row->square[run];
	bool fail = v->kind == VERDICT_FAIL, known = fail && v->known[0];
	int bad = known ? 1 : fail || v->kind == VERDICT_BROKEN ? 2 : 0;

	/* What is new names the square. */
	if (fail && (!q->class || (!known && q->known == q->count[VERDICT_FAIL]))) {
		q->class = v->class;
		q->more_classes = false;
	} else if (fail && !known && strcmp(q->class, v->class) != 0) {
		q->more_classes = true;
	}
	q->cells++;
	q->count[v->kind]++;
	q->known += known;
	r->total[run][v->kind]++;
	r->known[run] += known;
	if (bad > row->bad)
		row->bad = bad;
}

static int add_result(struct report *r, json_t *index, size_t run, const struct result *result)
{
	const struct verdict *v = &result->verdict;
	size_t n = program_length(result->cell);
	struct finding *f = &r->finding[r->findings];
	struct row *row;

	snprintf(f->program, sizeof(f->program), "%.*s", (int)n, result->cell);
	row = row_for(r, index, f->program);
	if (!row)
		return -ENOMEM;
	count_result(r, row, run, v);
	if (v->kind == VERDICT_PASS)
		return 0;
	f->result = result;
	f->run = run;
	f->axes = result->cell[n] ? result->cell + n + 1 : "";
	r->findings++;
	return 0;
}

/* Two runs of one kernel are told apart by their folder, else by their number. */
static int set_labels(struct report *r)
{
	for (size_t i = 0; i < r->runs; i++) {
		const char *label = r->run[i].label;
		size_t same = 0, before = 0;

		for (size_t j = 0; j < r->runs; j++) {
			bool alike = !strcmp(label, r->run[j].label);

			same += alike;
			before += alike && j < i;
		}
		if (same == 1) {
			r->label[i] = strdup(label);
		} else if (asprintf(&r->label[i], "%s #%zu", label, before + 1) < 0) {
			r->label[i] = NULL;
		}
		if (!r->label[i])
			return -ENOMEM;
	}
	return 0;
}

static int collect(struct report *r, json_t *index)
{
	size_t cells = 1;

	for (size_t i = 0; i < r->runs; i++)
		cells += r->run[i].count;
	r->env = calloc(r->runs + 1, sizeof(*r->env));
	r->label = calloc(r->runs + 1, sizeof(*r->label));
	r->total = calloc(r->runs + 1, sizeof(*r->total));
	r->known = calloc(r->runs + 1, sizeof(*r->known));
	r->finding = calloc(cells, sizeof(*r->finding));
	if (!r->known || !r->env || !r->label || !r->total || !r->finding || !index ||
	    set_labels(r))
		return -ENOMEM;
	for (size_t i = 0; i < r->runs; i++) {
		r->env[i] = json_loads(r->run[i].env_json, 0, NULL);
		for (size_t j = 0; j < r->run[i].count; j++)
			if (add_result(r, index, i, &r->run[i].result[j]))
				return -ENOMEM;
	}
	return 0;
}

static int collect_all(struct report *r)
{
	json_t *index = json_object();
	int err = collect(r, index);

	json_decref(index);
	if (err) {
		report_release(r);
		return err;
	}
	if (r->rows)
		qsort(r->row, r->rows, sizeof(*r->row), order_row);
	qsort(r->finding, r->findings, sizeof(*r->finding), order_finding);
	return 0;
}

int report_collect(struct report *r, const struct side side[], size_t n)
{
	int err = 0;

	memset(r, 0, sizeof(*r));
	r->run = calloc(n + 1, sizeof(*r->run));
	if (!r->run)
		return -ENOMEM;
	r->side = side;
	for (r->runs = 0; r->runs < n && !err; r->runs += !err)
		err = side_merge(&side[r->runs], &r->run[r->runs]);
	if (!err)
		return collect_all(r);
	report_release(r);
	return err;
}

void report_release(struct report *r)
{
	for (size_t i = 0; i < r->rows; i++)
		free(r->row[i].square);
	for (size_t i = 0; i < r->runs; i++) {
		if (r->run)
			run_free(&r->run[i]);
		if (r->env)
			json_decref(r->env[i]);
		if (r->label)
			free(r->label[i]);
	}
	for (size_t i = 0; i < r->pairs; i++)
		compare_result_free(&r->pair[i].result);
	free(r->pair);
	free(r->run);
	free(r->known);
	free(r->row);
	free(r->env);
	free(r->label);
	free(r->total);
	free(r->finding);
	memset(r, 0, sizeof(*r));
}
