// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "core/base/util.h"
#include "results/matrix_internal.h"

/* Everything is shown as it is: the page is Markdown, and a browser reads it as HTML. */
static void put_escaped(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc(*text == '\n' ? ' ' : *text, out);
	}
}

static void put_cell(const struct matrix *m, const struct finding *f, FILE *out)
{
	const struct verdict *v = &f->result->verdict;
	bool known = *v->known;

	fprintf(out, "%-10s %-9s %-13s ", m->report.label[f->run],
		v->kind != VERDICT_FAIL ? verdict_name(v->kind) :
		known			? "known" :
					  "NEW",
		v->class);
	put_escaped(*f->axes ? f->axes : "-", out);
	if (v->kind == VERDICT_FAIL && *v->step_text) {
		fputs("; ", out);
		put_escaped(v->step_text, out);
		if (*v->read) {
			fputs(" read ", out);
			put_escaped(v->read, out);
		}
		if (*v->allowed) {
			fputs(", allowed ", out);
			put_escaped(v->allowed, out);
		}
	}
	if (known || *v->why) {
		fputs("; ", out);
		put_escaped(known ? v->known : v->why, out);
	}
	fputc('\n', out);
}

static void put_program(const struct matrix *m, const struct matrix_program *p, FILE *out)
{
	bool some = false;
	char word[16];

	fputs("<details><summary><code>", out);
	put_escaped(matrix_name(p), out);
	fputs("</code>", out);
	for (size_t r = 0; r < m->report.runs; r++) {
		matrix_word(&p->square[r], word, sizeof(word));
		fprintf(out, " | %s", word);
	}
	fputs("</summary>\n<pre>\n", out);
	for (size_t i = 0; i < m->report.findings; i++)
		if (!strcmp(m->report.finding[i].program, p->name)) {
			put_cell(m, &m->report.finding[i], out);
			some = true;
		}
	fputs(some ? "</pre></details>\n" : "every cell passed\n</pre></details>\n", out);
}

int matrix_detail(const struct matrix *m, FILE *out)
{
	const char *file = "";

	fputs("# Programs by kernels: each program unfolds to the cells that did not pass\n\n",
	      out);
	for (size_t r = 0; r < m->report.runs; r++)
		fprintf(out, "%zu. %s: Linux %s, %zu cells%s\n", r + 1, m->report.label[r],
			m->report.run[r].release, m->report.run[r].count,
			m->report.run[r].ended ? "" : " (did not finish)");
	for (size_t i = 0; i < m->programs; i++) {
		if (strcmp(file, m->program[i].file) != 0)
			fprintf(out, "\n## %s\n\n", m->program[i].file);
		file = m->program[i].file;
		put_program(m, &m->program[i], out);
	}
	return fflush(out) || ferror(out) ? -EIO : 0;
}
