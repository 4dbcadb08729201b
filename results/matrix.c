// SPDX-License-Identifier: GPL-2.0-only
#include "results/matrix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/embedded.h"
#include "core/base/util.h"
#include "results/matrix_internal.h"

enum matrix_state matrix_state(const struct matrix_square *q)
{
	if (!q->cells)
		return MATRIX_NONE;
	if (q->count[VERDICT_FAIL] > q->known)
		return MATRIX_NEW;
	if (q->count[VERDICT_BROKEN])
		return MATRIX_BROKEN;
	if (q->known)
		return MATRIX_KNOWN;
	if (q->count[VERDICT_PASS])
		return q->count[VERDICT_PASS] == q->cells ? MATRIX_OK : MATRIX_SOME;
	return q->count[VERDICT_UNREACHED] ? MATRIX_UNREACHED : MATRIX_SKIP;
}

void matrix_word(const struct matrix_square *q, char *text, size_t size)
{
	switch (matrix_state(q)) {
	case MATRIX_OK:
		snprintf(text, size, "ok %d", q->cells);
		break;
	case MATRIX_SOME:
		snprintf(text, size, "ok %d*", q->count[VERDICT_PASS]);
		break;
	case MATRIX_KNOWN:
		snprintf(text, size, "known %d", q->known);
		break;
	case MATRIX_NEW:
		snprintf(text, size, "NEW %d", q->count[VERDICT_FAIL] - q->known);
		break;
	case MATRIX_BROKEN:
		snprintf(text, size, "BRKN %d", q->count[VERDICT_BROKEN]);
		break;
	case MATRIX_SKIP:
		snprintf(text, size, "skip");
		break;
	case MATRIX_UNREACHED:
		snprintf(text, size, "unreach");
		break;
	case MATRIX_NONE:
	case MATRIX_STATES:
		snprintf(text, size, ".");
		break;
	}
}

const char *matrix_name(const struct matrix_program *p)
{
	const char *slash = strchr(p->name, '/');

	return slash && strcmp(p->file, "steps") != 0 ? slash + 1 : p->name;
}

static void find_file(struct matrix_program *p)
{
	size_t n = strcspn(p->name, "/");

	for (const struct embedded_file *f = embedded_files; f->name; f++) {
		const char *base = strrchr(f->name, '/');

		base = base ? base + 1 : f->name;
		if (p->name[n] && strlen(base) == n + strlen(".pin") &&
		    !strncmp(base, p->name, n)) {
			snprintf(p->file, sizeof(p->file), "%.*s",
				 (int)(base - f->name + (ptrdiff_t)n), f->name);
			return;
		}
	}
	if (p->name[n] && !strchr(p->name, ':'))
		snprintf(p->file, sizeof(p->file), "other/%.*s", (int)n, p->name);
	else
		snprintf(p->file, sizeof(p->file), "steps");
}

static size_t runs_compared; /* qsort() hands nothing on */

static int order(const void *x, const void *y)
{
	const struct matrix_program *a = x, *b = y;
	int c = strcmp(a->file, b->file);

	c = c ? c : b->fails - a->fails;
	for (size_t i = 0; i < runs_compared && !c && !a->fails; i++)
		c = (int)matrix_state(&b->square[i]) - (int)matrix_state(&a->square[i]);
	return c ? c : strcmp(a->name, b->name);
}

static bool alike(const struct matrix *m, const struct matrix_program *a,
		  const struct matrix_program *b)
{
	if (a->fails || b->fails || strcmp(a->file, b->file) != 0)
		return false;
	for (size_t i = 0; i < m->report.runs; i++)
		if (matrix_state(&a->square[i]) != matrix_state(&b->square[i]))
			return false;
	return true;
}

size_t matrix_line(const struct matrix *m, size_t i, struct matrix_square sum[])
{
	size_t end = i;

	memset(sum, 0, m->report.runs * sizeof(*sum));
	while (end < m->programs && (end == i || alike(m, &m->program[i], &m->program[end]))) {
		for (size_t r = 0; r < m->report.runs; r++) {
			const struct matrix_square *q = &m->program[end].square[r];

			for (int k = 0; k < VERDICTS; k++)
				sum[r].count[k] += q->count[k];
			sum[r].cells += q->cells;
			sum[r].known += q->known;
		}
		end++;
	}
	return end;
}

static int fill(struct matrix *m)
{
	struct report *r = &m->report;

	m->program = calloc(r->rows + 1, sizeof(*m->program));
	m->square = calloc(r->rows * r->runs + 1, sizeof(*m->square));
	if (!m->program || !m->square)
		return -ENOMEM;
	m->programs = r->rows;
	for (size_t i = 0; i < r->rows; i++) {
		struct matrix_program *p = &m->program[i];

		p->name = r->row[i].program;
		p->square = m->square + i * r->runs;
		find_file(p);
		for (size_t j = 0; j < r->runs; j++) {
			memcpy(p->square[j].count, r->row[i].square[j].count,
			       sizeof(p->square[j].count));
			p->square[j].cells = r->row[i].square[j].cells;
		}
	}
	return 0;
}

/* The findings are in no order that would help; a matrix has some thousand of them. */
static void count_known(struct matrix *m)
{
	for (size_t i = 0; i < m->report.findings; i++) {
		const struct finding *f = &m->report.finding[i];
		const struct verdict *v = &f->result->verdict;

		for (size_t j = 0; j < m->programs && v->kind == VERDICT_FAIL && *v->known; j++)
			if (!strcmp(m->program[j].name, f->program))
				m->program[j].square[f->run].known++;
	}
	for (size_t i = 0; i < m->programs; i++)
		for (size_t r = 0; r < m->report.runs; r++)
			m->program[i].fails |= matrix_state(&m->program[i].square[r]) >=
					       MATRIX_KNOWN;
}

struct matrix *matrix_new(const struct side side[], size_t n)
{
	struct matrix *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	if (report_collect(&m->report, side, n) || fill(m)) {
		matrix_free(m);
		return NULL;
	}
	count_known(m);
	runs_compared = n;
	if (m->programs)
		qsort(m->program, m->programs, sizeof(*m->program), order);
	return m;
}

void matrix_free(struct matrix *m)
{
	if (!m)
		return;
	free(m->program);
	free(m->square);
	report_release(&m->report);
	free(m);
}
