// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/page.h"
#include "results/report_internal.h"

enum { CELLS_SHOWN = 30, ROWS_SHOWN = 20 };

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
	fprintf(out, "%s %.0f → %.0f ns, 95 %% interval %+.1f to %+.1f %%, ", row->metric,
		row->value[0], row->value[1], 100 * expm1(row->log.low),
		100 * expm1(row->log.high));
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
	size_t rows = 0;

	for (int i = 0; i < COMPARISON_UNLIKE; i++)
		rows += rows_of(r, (enum comparison)i);
	if (r->pairs)
		fprintf(out,
			"<p>Cells, against the first kernel of the machine: %zu newly fail, %zu "
			"fail more often, %zu flaky, %zu fixed.</p>",
			changes_of(r, CHANGE_NEW), changes_of(r, CHANGE_WORSE),
			changes_of(r, CHANGE_FLAKY), changes_of(r, CHANGE_FIXED));
	if (rows)
		fprintf(out,
			"<p>Costs: %zu regressed, %zu improved, %zu equivalent, %zu undecided.</p>",
			rows_of(r, COMPARISON_REGRESSED), rows_of(r, COMPARISON_IMPROVED),
			rows_of(r, COMPARISON_EQUIVALENT), rows_of(r, COMPARISON_UNDECIDED));
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

static void put_cell(const struct compare_cell *c, FILE *out)
{
	static const char *const word[CHANGES] = {
		[CHANGE_NEW] = "✗ newly fails", [CHANGE_WORSE] = "✗ fails more often",
		[CHANGE_FLAKY] = "~ flaky",	[CHANGE_FIXED] = "✓ fixed",
		[CHANGE_LOST] = "– not judged", [CHANGE_KNOWN] = "◇ new, but known",
	};

	fprintf(out, "<tr><td class=%s>%s</td><td>",
		c->change <= CHANGE_WORSE ? "fail" :
		c->change == CHANGE_FIXED ? "good" :
					    "none",
		word[c->change]);
	page_text(out, c->fail ? c->fail->class : "");
	fputs("</td><th scope=row class=mono>", out);
	page_text(out, c->cell);
	fputs("</th>", out);
	for (int i = 0; i < 2; i++) {
		const struct tally *t = c->tally[i];

		if (!t)
			fputs("<td class=none>not run</td>", out);
		else if (t->failed)
			fprintf(out, "<td>failed %d of %d</td>", t->failed, t->tried);
		else
			fprintf(out, "<td>%s</td>",
				t->count[VERDICT_PASS] ? "pass" : verdict_name(t->last->kind));
	}
	fputs("</tr>\n", out);
}

static void put_changed_cells(const struct report *r, const struct pair *p, FILE *out)
{
	size_t n = p->result.cells, lost = compare_count(&p->result, CHANGE_LOST);

	if (n == lost)
		return;
	fputs("<div class=wide><table class=costs><thead><tr><th>change<th>class<th>cell", out);
	page_tagged(out, "th", r->label[p->a]);
	page_tagged(out, "th", r->label[p->b]);
	fputs("</tr></thead><tbody>\n", out);
	for (size_t i = 0, shown = 0; i < n; i++) {
		if (p->result.cell[i].change == CHANGE_LOST)
			continue;
		if (shown++ < CELLS_SHOWN)
			put_cell(&p->result.cell[i], out);
	}
	fputs("</tbody></table></div>\n", out);
	if (n - lost > CELLS_SHOWN)
		fprintf(out, "<p class=soft>and %zu more: pinfold compare --all</p>\n",
			n - lost - CELLS_SHOWN);
	if (lost)
		fprintf(out,
			"<p class=soft>%zu cells have no result in the second column that "
			"had one in the first.</p>\n",
			lost);
}

static void put_interval(const struct shift *s, const size_t units[2], enum level level, FILE *out)
{
	if (s->interval)
		fprintf(out, "<td>%+.1f to %+.1f %%</td>", 100 * expm1(s->low),
			100 * expm1(s->high));
	else
		fputs("<td class=none>none</td>", out);
	fprintf(out, "<td>%zu / %zu %s</td></tr>\n", units[0], units[1], level_name[level]);
}

static void put_row(const struct compare_row *row, FILE *out)
{
	static const char *const symbol[COMPARISONS] = { "▲", "▽", "○", "●", "·" };

	fprintf(out, "<tr><td class=%s>%s %s</td>",
		row->verdict == COMPARISON_REGRESSED ? "fail" :
		row->verdict == COMPARISON_IMPROVED  ? "good" :
						       "none",
		symbol[row->verdict], comparison_name[row->verdict]);
	if (row->verdict == COMPARISON_UNLIKE)
		fputs("<td class=none>·</td>", out);
	else
		fprintf(out, "<td class=num>%+.1f %%</td>", 100 * expm1(row->log.estimate));
	fputs("<th scope=row class=mono>", out);
	page_text(out, row->key);
	fprintf(out, "</th><td>%s</td>", row->metric);
	if (row->verdict == COMPARISON_UNLIKE) {
		fputs("<td colspan=4>", out);
		page_text(out, row->why);
		fputs("</td></tr>\n", out);
		return;
	}
	fprintf(out, "<td class=num>%.0f</td><td class=num>%.0f</td>", row->value[0],
		row->value[1]);
	put_interval(&row->log, row->units, row->level, out);
}

static void put_changed_costs(const struct report *r, const struct pair *p, FILE *out)
{
	size_t n = 0;

	while (n < p->result.rows && p->result.row[n].verdict != COMPARISON_EQUIVALENT)
		n++;
	if (!n)
		return;
	fputs("<div class=wide><table class=costs><thead><tr><th>verdict<th class=num>change"
	      "<th>cost<th>of",
	      out);
	fputs("<th class=num>", out);
	page_text(out, r->label[p->a]);
	fputs(", ns<th class=num>", out);
	page_text(out, r->label[p->b]);
	fputs(", ns<th>95 % interval<th>units</tr></thead><tbody>\n", out);
	for (size_t i = 0; i < n && i < ROWS_SHOWN; i++)
		put_row(&p->result.row[i], out);
	fputs("</tbody></table></div>\n", out);
	if (n > ROWS_SHOWN)
		fprintf(out, "<p class=soft>and %zu more that are not equivalent.</p>\n",
			n - ROWS_SHOWN);
}

static void put_groups(const struct pair *p, FILE *out)
{
	if (!p->result.groups)
		return;
	fputs("<div class=wide><table class=costs><thead><tr><th>geometric mean of p50"
	      "<th class=num>costs<th class=num>change<th>95 % interval<th>units</tr></thead>"
	      "<tbody>\n",
	      out);
	for (size_t i = 0; i < p->result.groups; i++) {
		const struct compare_group *g = &p->result.group[i];

		fputs("<tr><th scope=row class=mono>", out);
		page_text(out, g->name);
		fprintf(out, "</th><td class=num>%zu</td><td class=num>%+.1f %%</td>", g->rows,
			100 * expm1(g->log.estimate));
		put_interval(&g->log, g->units, g->level, out);
	}
	fputs("</tbody></table></div>\n", out);
}

void page_changes(struct report *r, FILE *out)
{
	for (size_t i = 0; i < r->pairs; i++) {
		const struct pair *p = &r->pair[i];
		char prefix[24];

		if (p->result.cells == compare_count(&p->result, CHANGE_LOST) && !p->result.rows)
			continue;
		fprintf(out, "<h2 id=against-%zu>", i + 1);
		page_text(out, r->label[p->b]);
		fputs(" against ", out);
		page_text(out, r->label[p->a]);
		fputs("</h2>\n", out);
		put_changed_cells(r, p, out);
		snprintf(prefix, sizeof(prefix), "forest-%zu", i + 1);
		page_plots(r, prefix, "one", out);
		put_groups(p, out);
		put_changed_costs(r, p, out);
	}
}
