// SPDX-License-Identifier: GPL-2.0-only
/* One kernel against another one. */
#include <math.h>
#include <string.h>

#include "results/page.h"
#include "results/report_internal.h"

enum { CELLS_SHOWN = 30, ROWS_SHOWN = 20, LONES_SHOWN = 10, LONES_MOST = 200 };

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

static void put_cells_table(const struct report *r, const struct pair *p, FILE *out)
{
	size_t n = p->result.cells, lost = compare_count(&p->result, CHANGE_LOST);

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
}

static void put_changed_cells(const struct report *r, const struct pair *p, FILE *out)
{
	size_t lost = compare_count(&p->result, CHANGE_LOST);

	if (p->result.cells > lost)
		put_cells_table(r, p, out);
	if (lost)
		fprintf(out,
			"<p class=soft>Cells without a result in the second column that had one in "
			"the first: %zu</p>\n",
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
	if (row->apart)
		fprintf(out,
			"<br><span class=soft>left out, the core had other work: %.0f %%, "
			"%.0f %%</span>",
			100 * row->shared[0], 100 * row->shared[1]);
	if ((row->never[0] || row->never[1]) && row->verdict != COMPARISON_UNLIKE)
		fprintf(out, "<br><span class=soft>%s</span>", row->why);
	fprintf(out, "</th><td>%s</td>", row->metric);
	if (row->verdict == COMPARISON_UNLIKE) {
		fputs("<td colspan=5>", out);
		page_text(out, row->why);
		fputs("</td></tr>\n", out);
		return;
	}
	fprintf(out, "<td class=num>%.0f</td><td class=num>%.0f</td><td>%s</td>", row->value[0],
		row->value[1], row->path ? "instructions" : "ns");
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
	page_tagged(out, "th class=num", r->label[p->a]);
	page_tagged(out, "th class=num", r->label[p->b]);
	fputs("<th>unit<th>95 % interval<th>units</tr></thead><tbody>\n", out);
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

static const char *many(size_t n)
{
	return n == 1 ? "" : "s";
}

/* As compare_text() has it. */
static void put_broken(const struct pair *p, FILE *out)
{
	const struct compare_result *c = &p->result;
	const struct side *b = &p->side[1];
	size_t shown = 0;

	if (!compare_broken(c))
		return;
	fprintf(out,
		"<div class='card broken-card'><p><b>‼ BROKEN: %zu run%s did not finish, %zu "
		"cell%s broken; says too little.</b></p><ul>",
		c->cut, many(c->cut), c->broken, many(c->broken));
	if (c->lost)
		fprintf(out, "<li>%zu cost%s of a side that had never seen its core alone</li>",
			c->lost, many(c->lost));
	for (size_t i = 0; i < b->count; i++)
		if (!b->run[i].ended && shown++ < LONES_SHOWN) {
			fputs("<li>did not finish: <code>", out);
			page_text(out, b->run[i].path ? b->run[i].path : b->run[i].label);
			fputs("</code></li>", out);
		}
	for (size_t i = 0; i < b->tallies; i++)
		if (b->tally[i].count[VERDICT_BROKEN] && shown++ < LONES_SHOWN) {
			fputs("<li>broken: <code>", out);
			page_text(out, b->tally[i].cell);
			fputs("</code></li>", out);
		}
	if (shown > LONES_SHOWN)
		fprintf(out, "<li>and %zu more: pinfold compare --all</li>", shown - LONES_SHOWN);
	fputs("</ul></div>\n", out);
}

/* What was measured of one kernel only. */
static void put_lones(const struct report *r, const struct pair *p, int side, FILE *out)
{
	const struct compare_result *c = &p->result;
	size_t n = c->only[side], shown = 0;

	if (!n)
		return;
	fprintf(out, "<details%s><summary>%zu cost%s that only ", n <= LONES_SHOWN ? " open" : "",
		n, many(n));
	page_text(out, r->label[side ? p->b : p->a]);
	fprintf(out, " has (%c)</summary><ul>", "AB"[side]);
	for (size_t i = 0; i < c->lones; i++)
		if (c->lone[i].side == side && shown++ < LONES_MOST) {
			fputs("<li><code>", out);
			page_text(out, c->lone[i].key);
			fputs("</code></li>", out);
		}
	if (shown > LONES_MOST)
		fprintf(out, "<li>and %zu more: pinfold compare --all</li>", shown - LONES_MOST);
	fputs("</ul></details>\n", out);
}

void page_changes(struct report *r, FILE *out)
{
	for (size_t i = 0; i < r->pairs; i++) {
		const struct pair *p = &r->pair[i];
		char prefix[24];

		if (p->result.cells == compare_count(&p->result, CHANGE_LOST) && !p->result.rows &&
		    !p->result.lones && !compare_broken(&p->result))
			continue;
		fprintf(out, "<h2 id=against-%zu>", i + 1);
		page_text(out, r->label[p->b]);
		fputs(" against ", out);
		page_text(out, r->label[p->a]);
		fputs("</h2>\n", out);
		put_broken(p, out);
		put_changed_cells(r, p, out);
		snprintf(prefix, sizeof(prefix), "forest-%zu", i + 1);
		page_plots(r, prefix, "one", out);
		put_groups(p, out);
		put_changed_costs(r, p, out);
		for (int k = 0; k < 2; k++)
			put_lones(r, p, k, out);
	}
}
