// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "results/page.h"
#include "results/report_internal.h"

static void pair(FILE *out, const char *name, const char *value)
{
	if (!value[0])
		return;
	page_tagged(out, "dt", name);
	page_tagged(out, "dd", value);
}

static void put_where(const struct verdict *v, FILE *out)
{
	if (v->kind != VERDICT_FAIL)
		return;
	if (v->step > 0 || v->step_text[0]) {
		fputs("<dt>step</dt><dd>", out);
		if (v->step > 0)
			fprintf(out, "%d ", v->step);
		else
			fputs("after the last ", out);
		page_tagged(out, "code", v->step_text);
		fputs("</dd>", out);
	}
	if (v->page < 0)
		return;
	fprintf(out, "<dt>page</dt><dd>%ld", v->page);
	if (v->offset >= 0)
		fprintf(out, ", byte %ld", v->offset);
	fputs("</dd>", out);
}

static void put_detail(const struct report *r, size_t i, size_t end, FILE *out)
{
	const struct finding *f = &r->finding[i];
	const struct verdict *v = &f->result->verdict;
	char score[64];

	fputs("<dl>", out);
	put_where(v, out);
	pair(out, "read", v->read);
	pair(out, "allowed", v->allowed);
	pair(out, "whose", v->whose);
	pair(out, "known", v->known);
	pair(out, "why", v->why);
	snprintf(score, sizeof(score), "failed %d of %d executions%s", v->failed, v->tried,
		 v->failed < v->tried ? ": flaky" : "");
	pair(out, "score", v->tried > 1 ? score : "");
	for (size_t run = (size_t)-1; i < end; i++) {
		if (r->finding[i].run != run) {
			fputs(run == (size_t)-1 ? "" : "</dd>", out);
			run = r->finding[i].run;
			page_tagged(out, "dt", r->label[run]);
			fputs("<dd>", out);
		}
		page_tagged(out, "code class=cell",
			    r->finding[i].axes[0] ? r->finding[i].axes : "–");
	}
	fputs("</dd><dt>repeat</dt><dd><code>pinfold run '", out);
	page_text(out, f->result->cell);
	fputs("'</code></dd></dl>\n", out);
}

static void put_class(const struct report *r, size_t i, size_t end, const char *card, FILE *out)
{
	while (i < end) {
		size_t program = findings_alike(r, i, end, SAME_PROGRAM);

		fprintf(out, "<div class='card %s'>", card);
		page_tagged(out, "h4 class=mono", r->finding[i].program);
		while (i < program) {
			size_t next = findings_alike(r, i, program, SAME_DETAIL);

			put_detail(r, i, next, out);
			i = next;
		}
		fputs("</div>\n", out);
	}
}

static void put_range(const struct report *r, size_t i, size_t end, const char *title,
		      const char *card, FILE *out)
{
	if (i == end)
		return;
	page_tagged(out, "h2", title);
	while (i < end) {
		size_t next = findings_alike(r, i, end, SAME_CLASS);
		const struct verdict *v = &r->finding[i].result->verdict;

		if (v->class[0]) {
			fputs("<h3>", out);
			page_text(out, v->class);
			fprintf(out, " <span class=rest>%zu cell%s</span></h3>", next - i,
				next - i == 1 ? "" : "s");
			page_tagged(out, "p class=soft", class_meaning(v->class));
		}
		put_class(r, i, next, card, out);
		i = next;
	}
}

static void put_findings(const struct report *r, enum verdict_kind kind, const char *title,
			 const char *card, FILE *out)
{
	size_t end, i = findings_of(r, kind, &end);

	put_range(r, i, end, title, card, out);
}

static void put_failures(const struct report *r, FILE *out)
{
	size_t end, i = findings_of(r, VERDICT_FAIL, &end);
	size_t known = i < end && !r->finding[i].result->verdict.known[0] ?
			       findings_alike(r, i, end, SAME_KNOWN) :
			       i;

	fputs("<div id=failures></div>", out);
	put_range(r, i, known, "✗ Failures that nobody knows", "", out);
	put_range(r, known, end, "◇ Known failures", "known-card", out);
}

static void put_needs(const struct report *r, FILE *out)
{
	size_t end, i = findings_of(r, VERDICT_SKIP, &end);

	if (i == end)
		return;
	fputs("<h2>– Skipped, by need</h2><div class=wide><table>", out);
	page_labels(r, out, "need");
	while (i < end) {
		size_t next = findings_alike(r, i, end, SAME_CLASS);
		const struct verdict *v = &r->finding[i].result->verdict;

		fputs("<tr><th scope=row><strong>", out);
		page_text(out, v->class[0] ? v->class : "other");
		fputs("</strong><br><span class=soft>", out);
		page_text(out, v->why);
		fputs("</span></th>", out);
		for (size_t run = 0; run < r->runs; run++) {
			size_t n = 0;

			for (size_t j = i; j < next; j++)
				n += r->finding[j].run == run;
			if (n)
				fprintf(out, "<td class=skip>– %zu</td>", n);
			else
				fputs("<td class=none>·</td>", out);
		}
		fputs("</tr>\n", out);
		i = next;
	}
	fputs("</tbody></table></div>\n", out);
}

void page_cells(const struct report *r, FILE *out)
{
	put_failures(r, out);
	put_findings(r, VERDICT_BROKEN, "‼ Broken: the set-up failed", "broken-card", out);
	put_findings(r, VERDICT_UNREACHED, "? Not reached", "open-card", out);
	put_needs(r, out);
}
