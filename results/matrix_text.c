// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "results/matrix_internal.h"

enum { COLUMNS = 72, WIDTH = 9, NAME = COLUMNS - 5 * WIDTH, PER_BLOCK = 5 };

static void put_summary(const struct matrix *m, FILE *out)
{
	static const char legend[] =
		"ok 12    all 12 cells passed     skip     nothing of it could run\n"
		"ok 9*    9 passed, others        unreach  no cell got where it had to\n"
		"         skipped or unreached    BRKN 1   the harness failed\n"
		"known 3  3 failures, explained   .        not in this run\n"
		"NEW 2    2 failures, unexplained\n";

	fputs("Programs by kernels\n===================\n\n", out);
	fprintf(out, "%-18s%6s%6s%7s%6s%7s%9s%8s\n", "kernel", "cells", "ok", "known", "NEW",
		"skip", "unreach", "broken");
	for (size_t r = 0; r < m->report.runs; r++) {
		const int *t = m->report.total[r];
		int known = 0;

		for (size_t i = 0; i < m->programs; i++)
			known += m->program[i].square[r].known;
		fprintf(out, "%-18.17s%6zu%6d%7d%6d%7d%9d%8d%s\n", m->report.label[r],
			m->report.run[r].count, t[VERDICT_PASS], known, t[VERDICT_FAIL] - known,
			t[VERDICT_SKIP], t[VERDICT_UNREACHED], t[VERDICT_BROKEN],
			m->report.run[r].ended ? "" : "\n  (did not finish)");
	}
	fprintf(out, "\n%s", legend);
}

static void put_heading(const struct matrix *m, const char *file, size_t from, size_t to, FILE *out)
{
	fprintf(out, "\n%-*s", NAME, file);
	for (size_t r = from; r < to; r++)
		fprintf(out, r + 1 < to ? "%-*.8s" : "%.*s", r + 1 < to ? WIDTH : WIDTH - 1,
			m->report.label[r]);
	fputc('\n', out);
}

/* What cannot be told apart is only counted. */
static void line_name(const struct matrix *m, size_t i, size_t end, char *name, size_t size)
{
	if (end - i == 1)
		snprintf(name, size, "%s", matrix_name(&m->program[i]));
	else
		snprintf(name, size, "(%zu programs)", end - i);
}

static void put_line(const struct matrix *m, size_t i, size_t end, const struct matrix_square sum[],
		     size_t from, size_t to, FILE *out)
{
	char name[CELL_MAX] = "  ", word[16];

	line_name(m, i, end, name + 2, sizeof(name) - 2);
	if (strlen(name) < NAME)
		fprintf(out, "%-*s", NAME, name);
	else
		fprintf(out, "%.*s\n%*s", COLUMNS, name, NAME, "");
	for (size_t r = from; r < to; r++) {
		matrix_word(&sum[r], word, sizeof(word));
		fprintf(out, r + 1 < to ? "%-*s" : "%.*s", r + 1 < to ? WIDTH : WIDTH - 1, word);
	}
	fputc('\n', out);
}

static void put_block(const struct matrix *m, struct matrix_square sum[], size_t from, size_t to,
		      FILE *out)
{
	const char *file = "";

	for (size_t i = 0, end; i < m->programs; i = end) {
		end = matrix_line(m, i, sum);
		if (strcmp(file, m->program[i].file) != 0)
			put_heading(m, m->program[i].file, from, to, out);
		file = m->program[i].file;
		put_line(m, i, end, sum, from, to, out);
	}
}

int matrix_text(const struct matrix *m, FILE *out)
{
	size_t n = m->report.runs;
	struct matrix_square *sum = calloc(n + 1, sizeof(*sum));

	if (!sum)
		return -ENOMEM;
	put_summary(m, out);
	for (size_t r = 0; r < n; r += PER_BLOCK)
		put_block(m, sum, r, r + PER_BLOCK < n ? r + PER_BLOCK : n, out);
	free(sum);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

int matrix_data(const struct matrix *m, FILE *out)
{
	struct matrix_square *sum = calloc(m->report.runs + 1, sizeof(*sum));
	char *part[3] = { NULL };
	size_t size[3], row = 0;
	const char *file = "";
	char name[CELL_MAX];
	FILE *to[3];

	if (!sum)
		return -ENOMEM;
	for (int i = 0; i < 3; i++)
		to[i] = open_memstream(&part[i], &size[i]);
	for (size_t i = 0, end; i < m->programs && to[0] && to[1] && to[2]; i = end) {
		end = matrix_line(m, i, sum);
		if (strcmp(file, m->program[i].file) != 0)
			fprintf(to[0], "%zu \"%s\"\n", row++, m->program[i].file);
		file = m->program[i].file;
		line_name(m, i, end, name, sizeof(name));
		fprintf(to[1], "%zu \"%s\"\n", row, name);
		for (size_t r = 0; r < m->report.runs; r++) {
			enum matrix_state s = matrix_state(&sum[r]);

			fprintf(to[2], "%zu %zu %d %d\n", r, row, s,
				s == MATRIX_NEW	   ? sum[r].count[VERDICT_FAIL] - sum[r].known :
				s == MATRIX_KNOWN  ? sum[r].known :
				s == MATRIX_BROKEN ? sum[r].count[VERDICT_BROKEN] :
						     sum[r].count[VERDICT_PASS]);
		}
		row++;
	}
	for (size_t r = 0; r < m->report.runs; r++)
		fprintf(out, "%zu \"%s\"\n", r, m->report.label[r]);
	for (int i = 0; i < 3; i++) {
		if (to[i] && !fclose(to[i]))
			fprintf(out, "\n\n%s", part[i]);
		free(part[i]);
	}
	free(sum);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
