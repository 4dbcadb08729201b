// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/page.h"
#include "results/report_internal.h"

static size_t regressions(const struct compare_result *c)
{
	size_t n = 0;

	while (n < c->rows && c->row[n].verdict == COMPARISON_REGRESSED)
		n++;
	return n;
}

/* New failures before regressions, the larger before the smaller. */
static int worse_first(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;
	const struct compare_result *r = &a->result, *s = &b->result;
	size_t n = compare_count(r, CHANGE_NEW) + compare_count(r, CHANGE_WORSE);
	size_t m = compare_count(s, CHANGE_NEW) + compare_count(s, CHANGE_WORSE);
	double p = regressions(r) ? r->row[0].log.estimate : 0;
	double q = regressions(s) ? s->row[0].log.estimate : 0;
	int c = (n < m) - (n > m);

	c = c ? c : (p < q) - (p > q);
	return c ? c : (a->b > b->b) - (a->b < b->b);
}

int report_compare(struct report *r)
{
	r->pair = calloc(r->runs + 1, sizeof(*r->pair));
	if (!r->pair)
		return -ENOMEM;
	for (size_t b = 1; b < r->runs; b++) {
		struct pair *p = &r->pair[r->pairs];
		size_t a = 0;

		while (a < b && strcmp(r->side[a].cost[0].origin.machine,
				       r->side[b].cost[0].origin.machine) != 0)
			a++;
		if (a == b)
			continue;
		*p = (struct pair){ .a = a, .b = b, .side = { r->side[a], r->side[b] } };
		r->pairs++;
		if (compare_sides(p->side, NULL, &p->result))
			return -ENOMEM;
	}
	if (r->pairs)
		qsort(r->pair, r->pairs, sizeof(*r->pair), worse_first);
	return 0;
}

static const struct compare_row *worst(const struct report *r, const struct pair **pair)
{
	const struct compare_row *found = NULL;

	for (size_t i = 0; i < r->pairs; i++) {
		const struct compare_row *row = r->pair[i].result.row;

		if (!r->pair[i].result.rows || row->verdict != COMPARISON_REGRESSED ||
		    (found && row->log.estimate <= found->log.estimate))
			continue;
		found = row;
		*pair = &r->pair[i];
	}
	return found;
}

static void put_worst(const struct report *r, FILE *out)
{
	const struct pair *p = NULL;
	const struct compare_row *row = worst(r, &p);

	if (!row)
		return;
	fprintf(out, "<p class=first>▲ Worst regression: %+.1f %% ",
		100 * expm1(row->log.estimate));
	page_text(out, row->key);
	fputs("</p><p>", out);
	fprintf(out, "%s %.0f → %.0f %s, 95 %% interval %+.1f to %+.1f %%, ", row->metric,
		row->value[0], row->value[1], row->path ? "instructions" : "ns",
		100 * expm1(row->log.low), 100 * expm1(row->log.high));
	page_text(out, r->label[p->b]);
	fputs(" against ", out);
	page_text(out, r->label[p->a]);
	fprintf(out, ", %zu and %zu %s</p>", row->units[1], row->units[0], level_name[row->level]);
}

static size_t rows_of(const struct report *r, enum comparison verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < r->pairs; i++)
		for (size_t j = 0; j < r->pair[i].result.rows; j++)
			n += r->pair[i].result.row[j].verdict == verdict;
	return n;
}

static size_t changes_of(const struct report *r, enum change change)
{
	size_t n = 0;

	for (size_t i = 0; i < r->pairs; i++)
		n += compare_count(&r->pair[i].result, change);
	return n;
}

static void put_unknown(const struct report *r, size_t failures, FILE *out)
{
	size_t end, i = findings_of(r, VERDICT_FAIL, &end), shown = 0;

	if (!failures)
		return;
	fprintf(out, "<p class=first>✗ %zu failing cell%s that nobody knows</p><ul>", failures,
		failures == 1 ? "" : "s");
	while (i < end && !r->finding[i].result->verdict.known[0] && shown < 3) {
		const struct finding *f = &r->finding[i];

		fputs("<li><b>", out);
		page_text(out, f->result->verdict.class);
		fputs("</b> <code>", out);
		page_text(out, f->program);
		fputs("</code> on ", out);
		page_text(out, r->label[f->run]);
		fputs("</li>", out);
		shown++;
		i = findings_alike(r, i, end, SAME_PROGRAM);
	}
	fputs("</ul>", out);
}

static void put_counts(const struct report *r, FILE *out)
{
	size_t rows = 0, lones = 0;

	for (int i = 0; i < COMPARISON_UNLIKE; i++)
		rows += rows_of(r, (enum comparison)i);
	if (r->pairs)
		fprintf(out,
			"<p>Cells, against the first kernel of the machine: %zu newly fail, %zu "
			"fail more often, %zu flaky, %zu fixed.</p>",
			changes_of(r, CHANGE_NEW), changes_of(r, CHANGE_WORSE),
			changes_of(r, CHANGE_FLAKY), changes_of(r, CHANGE_FIXED));
	for (size_t i = 0; i < r->pairs; i++)
		lones += r->pair[i].result.lones;
	if (rows || lones)
		fprintf(out,
			"<p>Costs: %zu regressed, %zu improved, %zu equivalent, %zu undecided; %zu "
			"of one side only.</p>",
			rows_of(r, COMPARISON_REGRESSED), rows_of(r, COMPARISON_IMPROVED),
			rows_of(r, COMPARISON_EQUIVALENT), rows_of(r, COMPARISON_UNDECIDED), lones);
}

struct sum {
	size_t failures, known, cells, judged, broken, cut, compared;
};

static struct sum sum_up(const struct report *r)
{
	struct sum s = { 0 };

	for (size_t i = 0; i < r->runs; i++) {
		const int *t = r->total[i];

		s.known += (size_t)r->known[i];
		s.failures += (size_t)(t[VERDICT_FAIL] - r->known[i]);
		s.broken += (size_t)t[VERDICT_BROKEN];
		s.judged += (size_t)(t[VERDICT_PASS] + t[VERDICT_FAIL]);
		s.cells += r->run[i].count;
		s.cut += !r->run[i].ended;
	}
	for (size_t i = 0; i < r->pairs; i++)
		s.compared += r->pair[i].result.rows;
	return s;
}

/* Nothing is well that did not run. */
static void put_doubts(const struct sum *s, bool red, FILE *out)
{
	if (s->broken)
		fprintf(out, "<p class=first>‼ %zu cells broken: the harness failed</p>",
			s->broken);
	if (s->cut)
		fprintf(out, "<p class=first>‼ %zu column%s did not finish</p>", s->cut,
			s->cut == 1 ? "" : "s");
	if (!s->judged)
		fputs("<p class=first>? Nothing was judged</p>", out);
	else if (!red && !s->broken && !s->cut)
		fprintf(out, "<p class=first>✓ No new failure%s</p>",
			s->compared ? ", no regression" : "");
}

static void put_nav(const struct report *r, FILE *out)
{
	fputs("<nav>", out);
	for (size_t i = 0; i < r->pairs; i++) {
		fprintf(out, "<a href='#against-%zu'>", i + 1);
		page_text(out, r->label[r->pair[i].b]);
		fputs(" against ", out);
		page_text(out, r->label[r->pair[i].a]);
		fputs("</a> ", out);
	}
	if (r->history)
		fputs("<a href='#nights'>nights</a> ", out);
	fputs("<a href='#runs'>runs</a> ", out);
	if (report_has_costs(r))
		fputs("<a href='#costs'>costs</a> <a href='#percentiles'>percentiles</a> ", out);
	fputs("<a href='#programs'>programs</a> <a href='#failures'>failures</a></nav>\n", out);
}

void page_head(const struct report *r, FILE *out)
{
	struct sum s = sum_up(r);
	bool red = s.failures || rows_of(r, COMPARISON_REGRESSED);

	fprintf(out, "<div class='head%s'>",
		red			       ? " red" :
		s.broken || s.cut || !s.judged ? " open" :
						 "");
	put_unknown(r, s.failures, out);
	put_worst(r, out);
	put_doubts(&s, red, out);
	put_counts(r, out);
	fprintf(out,
		"<p class=soft>%zu program%s, %zu cells in %zu column%s; %zu fail as known.</p>",
		r->rows, r->rows == 1 ? "" : "s", s.cells, r->runs, r->runs == 1 ? "" : "s",
		s.known);
	if (r->remark[0])
		page_tagged(out, "p class=soft", r->remark);
	fputs("</div>\n", out);
	put_nav(r, out);
}
