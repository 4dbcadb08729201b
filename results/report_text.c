// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "core/base/util.h"
#include "results/report.h"
#include "results/report_internal.h"

enum { COLUMNS = 72, NAME = 24, SQUARE = 12, PER_BLOCK = (COLUMNS - NAME) / SQUARE };

/* Words wrapped at the right margin; later lines begin at column `left`. */
static void wrap(FILE *out, int *col, int left, const char *text)
{
	while (*text) {
		int n = (int)strcspn(text, " \n");

		if (*col > left && *col + 1 + n > COLUMNS) {
			fprintf(out, "\n%*s", left, "");
			*col = left;
		} else if (*col > left) {
			fputc(' ', out);
			++*col;
		}
		while (n > COLUMNS - *col) {
			int part = COLUMNS - *col;

			fprintf(out, "%.*s\n%*s", part, text, left, "");
			text += part;
			n -= part;
			*col = left;
		}
		fwrite(text, 1, (size_t)n, out);
		*col += n;
		text += n;
		text += strspn(text, " \n");
	}
}

static void field(FILE *out, int left, const char *name, const char *text)
{
	int col = left;

	if (!text[0])
		return;
	fprintf(out, "%*s", -left, name);
	wrap(out, &col, left, text);
	fputc('\n', out);
}

static void put_runs(const struct report *r, FILE *out)
{
	char text[256], known[32];

	fputs("pinfold report\n==============\n", out);
	for (size_t i = 0; i < r->runs; i++) {
		const int *t = r->total[i];

		fprintf(out, "\nkernel    %.60s%s\n", r->label[i],
			r->run[i].ended ? "" : "  (did not finish)");
		if (strcmp(r->label[i], r->run[i].release))
			field(out, 10, "release", r->run[i].release);
		snprintf(text, sizeof(text), "%s %s, %s", env_text(r, i, "machine"),
			 env_text(r, i, "machine_id"), env_text(r, i, "cpu"));
		field(out, 10, "machine", text);
		field(out, 10, "pinfold", env_text(r, i, "pinfold"));
		field(out, 10, "command", env_text(r, i, "command"));
		field(out, 10, "started", env_text(r, i, "utc"));
		snprintf(known, sizeof(known), " (%d known)", r->known[i]);
		snprintf(text, sizeof(text),
			 "%d fail%s, %d broken, %d pass, %d skip, %d unreached of %zu",
			 t[VERDICT_FAIL], r->known[i] ? known : "", t[VERDICT_BROKEN],
			 t[VERDICT_PASS], t[VERDICT_SKIP], t[VERDICT_UNREACHED], r->run[i].count);
		field(out, 10, "cells", text);
	}
}

static void put_square(const struct square *q, char *buf, size_t size)
{
	if (!q->cells)
		snprintf(buf, size, ".");
	else if (q->count[VERDICT_FAIL] > q->known)
		snprintf(buf, size, "FAIL %d/%d", q->count[VERDICT_FAIL] - q->known, q->cells);
	else if (q->count[VERDICT_BROKEN])
		snprintf(buf, size, "BROKEN %d", q->count[VERDICT_BROKEN]);
	else if (q->known)
		snprintf(buf, size, "known %d/%d", q->known, q->cells);
	else if (q->count[VERDICT_PASS] == q->cells)
		snprintf(buf, size, "ok %d", q->cells);
	else if (q->count[VERDICT_PASS])
		snprintf(buf, size, "ok %d/%d", q->count[VERDICT_PASS], q->cells);
	else
		snprintf(buf, size, q->count[VERDICT_UNREACHED] ? "unreached" : "skip");
}

static void put_name(FILE *out, const char *name)
{
	int n = (int)strlen(name);

	if (n < NAME)
		fprintf(out, "%-*s", NAME, name);
	else
		fprintf(out, "%.*s\n%*s", COLUMNS, name, NAME, "");
}

static void put_block(const struct report *r, size_t from, size_t to, FILE *out)
{
	char text[64];

	fprintf(out, "\n%-*s", NAME, "program");
	for (size_t i = from; i < to; i++)
		fprintf(out, i + 1 < to ? "%-*.11s" : "%.*s", i + 1 < to ? SQUARE : SQUARE - 1,
			r->label[i]);
	fputc('\n', out);
	for (size_t j = 0; j < r->rows; j++) {
		put_name(out, r->row[j].program);
		for (size_t i = from; i < to; i++) {
			put_square(&r->row[j].square[i], text, sizeof(text));
			if (i + 1 < to)
				fprintf(out, "%-*s", SQUARE, text);
			else
				fputs(text, out);
		}
		fputc('\n', out);
	}
}

static void put_axes(const struct report *r, size_t i, size_t end, FILE *out)
{
	while (i < end) {
		size_t run = r->finding[i].run;
		int col = 11;

		fprintf(out, "  cells    ");
		wrap(out, &col, 11, r->label[run]);
		for (; i < end && r->finding[i].run == run; i++)
			wrap(out, &col, 11, r->finding[i].axes[0] ? r->finding[i].axes : "-");
		fputc('\n', out);
	}
}

static void put_detail(const struct report *r, size_t i, size_t end, FILE *out)
{
	const struct verdict *v = &r->finding[i].result->verdict;
	char text[128];

	if (v->kind == VERDICT_FAIL && (v->step || v->step_text[0])) {
		snprintf(text, sizeof(text), v->step ? "%d " : "after the last ", v->step);
		strncat(text, v->step_text, sizeof(text) - strlen(text) - 1);
		field(out, 11, "  step", text);
	}
	if (v->page >= 0 && v->kind == VERDICT_FAIL) {
		snprintf(text, sizeof(text), v->offset >= 0 ? "%ld, byte %ld" : "%ld", v->page,
			 v->offset);
		field(out, 11, "  page", text);
	}
	field(out, 11, "  read", v->read);
	field(out, 11, "  allowed", v->allowed);
	field(out, 11, "  whose", v->whose);
	field(out, 11, "  known", v->known);
	field(out, 11, "  why", v->why);
	snprintf(text, sizeof(text), "failed %d of %d executions%s", v->failed, v->tried,
		 v->failed < v->tried ? ": flaky" : "");
	field(out, 11, "  score", v->tried > 1 ? text : "");
	put_axes(r, i, end, out);
	/* A command is for pasting: an id is never broken. */
	fprintf(out, "  repeat   pinfold run %s'%s'\n",
		strlen(r->finding[i].result->cell) + 25 > COLUMNS ? "\\\n    " : "",
		r->finding[i].result->cell);
}

static void put_findings(const struct report *r, enum verdict_kind kind, const char *title,
			 FILE *out)
{
	size_t end, i = findings_of(r, kind, &end);

	if (i == end)
		return;
	fprintf(out, "\n%s\n%.*s\n", title, (int)strlen(title), "--------------------");
	while (i < end) {
		size_t program = findings_alike(r, i, end, SAME_PROGRAM);
		const char *class = r->finding[i].result->verdict.class;
		int col = 0;

		fputc('\n', out);
		if (class[0]) {
			wrap(out, &col, 0, class);
			wrap(out, &col, 0, r->finding[i].result->verdict.law);
		}
		wrap(out, &col, 0, r->finding[i].program);
		fputc('\n', out);
		while (i < program) {
			size_t next = findings_alike(r, i, program, SAME_DETAIL);

			put_detail(r, i, next, out);
			i = next;
		}
	}
}

static void put_needs(const struct report *r, FILE *out)
{
	size_t end, i = findings_of(r, VERDICT_SKIP, &end);

	if (i == end)
		return;
	fputs("\nSkipped, by need\n----------------\n", out);
	while (i < end) {
		size_t next = findings_alike(r, i, end, SAME_CLASS);
		const struct verdict *v = &r->finding[i].result->verdict;
		char text[64];
		int col = 2;

		snprintf(text, sizeof(text), ": %zu cells;", next - i);
		fprintf(out, "\n  ");
		wrap(out, &col, 2, v->class[0] ? v->class : "other");
		wrap(out, &col, 2, text + 2);
		wrap(out, &col, 2, v->why);
		fputc('\n', out);
		i = next;
	}
}

int report_text(const struct side side[], size_t n, FILE *out)
{
	struct report r;
	int err = report_collect(&r, side, n);

	if (err)
		return err;
	put_runs(&r, out);
	put_findings(&r, VERDICT_FAIL, "Failures", out);
	put_findings(&r, VERDICT_BROKEN, "Broken", out);
	fputs("\nPrograms\n--------\n", out);
	for (size_t i = 0; i < n; i += PER_BLOCK)
		put_block(&r, i, i + PER_BLOCK < n ? i + PER_BLOCK : n, out);
	put_findings(&r, VERDICT_UNREACHED, "Unreached", out);
	put_needs(&r, out);
	report_release(&r);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
