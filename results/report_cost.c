// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "results/page.h"
#include "results/report_internal.h"

static void put_quantile(const struct histogram *h, double q, double tick, FILE *out)
{
	if (histogram_knows(h, q))
		fprintf(out, "<td class=num>%.0f</td>", histogram_quantile(h, q) * tick);
	else
		fputs("<td class='num none'>–</td>", out);
}

static void put_rows(const struct report *r, const struct shown_cost *c, FILE *out)
{
	static struct histogram h;
	double tick = c->like->tick_ns > 0 ? c->like->tick_ns : 1;
	bool first = true;

	for (size_t i = 0; i < r->runs; i++) {
		if (!shown_histogram(r, c, i, &h))
			continue;
		fputs("<tr><th scope=row class=mono>", out);
		page_text(out, first ? c->key : "");
		fputs("</th><td>", out);
		page_text(out, r->label[i]);
		fputs("</td>", out);
		put_quantile(&h, 0.5, tick, out);
		put_quantile(&h, 0.9, tick, out);
		put_quantile(&h, 0.99, tick, out);
		put_quantile(&h, 0.999, tick, out);
		fprintf(out,
			"<td class=num>%.0f</td><td class=num>%.0f</td><td class=num>%llu</td>"
			"<td>%s</td></tr>\n",
			(double)h.max * tick, histogram_mean(&h) * tick,
			(unsigned long long)h.count, shown_unit(c));
		first = false;
	}
}

static void put_table(const struct report *r, size_t machine, FILE *out)
{
	char origin[400];
	size_t n;
	struct shown_cost *c = shown_costs(r, machine, &n);

	if (c && n) {
		shown_origin(r, machine, origin, sizeof(origin));
		fputs("<h2 id=percentiles>Percentiles by kernel</h2>", out);
		page_tagged(out, "p class=soft", origin);
		fputs("<p class=soft>A quantile is shown when ten samples lie beyond it. The "
		      "clock's own cost is subtracted.</p><div class=wide><table class=costs>"
		      "<thead><tr><th>cost<th>kernel<th class=num>p50<th class=num>p90"
		      "<th class=num>p99<th class=num>p99.9<th class=num>max<th class=num>mean"
		      "<th class=num>samples<th>unit</tr></thead><tbody>\n",
		      out);
		for (size_t i = 0; i < n; i++)
			put_rows(r, &c[i], out);
		fputs("</tbody></table></div>\n", out);
	}
	free(c);
}

bool report_has_costs(const struct report *r)
{
	for (size_t i = 0; i < r->runs; i++)
		for (size_t j = 0; j < r->side[i].count; j++)
			if (r->side[i].cost[j].count)
				return true;
	return false;
}

static void put_titled(const struct report *r, const char *prefix, const char *title, FILE *out)
{
	for (size_t i = 0; i < r->plots; i++)
		if (!strncmp(r->plot[i].name, prefix, strlen(prefix))) {
			page_tagged(out, "h3", title);
			page_plots(r, prefix, "plots", out);
			return;
		}
}

void page_costs(const struct report *r, FILE *out)
{
	if (!report_has_costs(r))
		return;
	fputs("<h2 id=costs>Costs</h2>\n<h3>Distributions</h3>\n", out);
	page_plots(r, "cdf-", "plots", out);
	put_titled(r, "size-", "By size", out);
	put_titled(r, "scale-", "By workers", out);
}

void page_percentiles(const struct report *r, FILE *out)
{
	for (size_t m = 0; m < r->runs; m++)
		if (first_of_machine(r, m))
			put_table(r, m, out);
}
