// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "results/page.h"
#include "results/report.h"
#include "results/report_internal.h"
#include "results/run_internal.h"

void page_labels(const struct report *r, FILE *out, const char *corner)
{
	fputs("<thead><tr>", out);
	page_tagged(out, "th", corner);
	for (size_t i = 0; i < r->runs; i++)
		page_tagged(out, "th scope=col", r->label[i]);
	fputs("</tr></thead><tbody>\n", out);
}

static void env_row(const struct report *r, FILE *out, const char *name, const char *key)
{
	fputs("<tr>", out);
	page_tagged(out, "th scope=row class=soft", name);
	for (size_t i = 0; i < r->runs; i++)
		page_tagged(out, strcmp(key, "command") ? "td" : "td class=mono",
			    env_text(r, i, key));
	fputs("</tr>\n", out);
}

static void total_row(const struct report *r, FILE *out, enum verdict_kind k, const char *symbol)
{
	const char *name = verdict_name(k);

	fprintf(out, "<tr><th scope=row class=soft>%s %s</th>", symbol, name);
	for (size_t i = 0; i < r->runs; i++) {
		int n = r->total[i][k];

		fprintf(out, "<td class=%s>%d</td>", n ? name : "none", n);
	}
	fputs("</tr>\n", out);
}

static void put_fails(const struct report *r, FILE *out)
{
	fputs("<tr><th scope=row class=soft>✗ new fail</th>", out);
	for (size_t i = 0; i < r->runs; i++) {
		int n = r->total[i][VERDICT_FAIL] - r->known[i];

		fprintf(out, "<td class=%s>%d</td>", n ? "fail" : "none", n);
	}
	fputs("</tr>\n<tr><th scope=row class=soft>◇ known fail</th>", out);
	for (size_t i = 0; i < r->runs; i++)
		fprintf(out, "<td class=%s>%d</td>", r->known[i] ? "known" : "none", r->known[i]);
	fputs("</tr>\n", out);
}

static void put_boots(const struct report *r, FILE *out)
{
	fputs("<tr><th scope=row class=soft>stored</th>", out);
	for (size_t i = 0; i < r->runs; i++)
		fprintf(out, "<td>%zu run%s, %zu boot%s</td>", r->side[i].count,
			r->side[i].count == 1 ? "" : "s", side_boots(&r->side[i]),
			side_boots(&r->side[i]) == 1 ? "" : "s");
	fputs("</tr>\n", out);
}

static void put_machine(const struct report *r, FILE *out)
{
	fputs("<tr><th scope=row class=soft>machine</th>", out);
	for (size_t i = 0; i < r->runs; i++) {
		long long kb = json_integer_value(json_object_get(r->env[i], "memory_kb"));
		long long cpus = json_integer_value(json_object_get(r->env[i], "cpus"));

		fputs("<td>", out);
		page_text(out, env_text(r, i, "cpu"));
		fprintf(out, "<br>%lld CPU%s, %.1f GiB%s<br>machine %s", cpus, cpus == 1 ? "" : "s",
			(double)kb / 1048576,
			json_is_true(json_object_get(r->env[i], "hypervisor")) ? ", virtual" : "",
			r->side[i].cost[0].origin.machine);
		fputs("</td>", out);
	}
	fputs("</tr>\n", out);
}

static void put_runs(const struct report *r, FILE *out)
{
	fputs("<div class=wide><table class=runs>", out);
	page_labels(r, out, "kernel");
	put_fails(r, out);
	total_row(r, out, VERDICT_BROKEN, "‼");
	total_row(r, out, VERDICT_PASS, "✓");
	total_row(r, out, VERDICT_UNREACHED, "?");
	total_row(r, out, VERDICT_SKIP, "–");
	fputs("<tr><th scope=row class=soft>finished</th>", out);
	for (size_t i = 0; i < r->runs; i++)
		fputs(r->run[i].ended ? "<td>yes</td>" :
					"<td class=fail>✗ no, the record is cut off</td>",
		      out);
	fputs("</tr>\n", out);
	put_boots(r, out);
	env_row(r, out, "release", "release");
	put_machine(r, out);
	env_row(r, out, "started", "utc");
	env_row(r, out, "pinfold", "pinfold");
	env_row(r, out, "command", "command");
	fputs("</tbody></table></div>\n", out);
}

static void put_rest(FILE *out, const struct square *q, enum verdict_kind k, const char *symbol)
{
	if (q->count[k])
		fprintf(out, "<span class=rest title=%s>%s&thinsp;%d</span>", verdict_name(k),
			symbol, q->count[k]);
}

static void put_square(const struct square *q, FILE *out)
{
	const int *n = q->count;

	if (!q->cells) {
		fputs("<td class=none>·", out);
	} else if (n[VERDICT_FAIL] > q->known) {
		fprintf(out, "<td class=fail>✗ %d/%d ", n[VERDICT_FAIL] - q->known, q->cells);
		page_text(out, q->class);
		fputs(q->more_classes ? " …" : "", out);
		if (q->known)
			fprintf(out, "<span class=rest title=known>◇&thinsp;%d</span>", q->known);
		put_rest(out, q, VERDICT_BROKEN, "‼");
	} else if (n[VERDICT_BROKEN]) {
		fprintf(out, "<td class=broken>‼ %d/%d broken", n[VERDICT_BROKEN], q->cells);
	} else if (q->known) {
		fprintf(out, "<td class=known>◇ %d/%d ", q->known, q->cells);
		page_text(out, q->class);
	} else if (n[VERDICT_PASS]) {
		fprintf(out, "<td class=pass>✓ %d", n[VERDICT_PASS]);
		put_rest(out, q, VERDICT_UNREACHED, "?");
		put_rest(out, q, VERDICT_SKIP, "–");
	} else if (n[VERDICT_UNREACHED]) {
		fprintf(out, "<td class=unreached>? %d unreached", n[VERDICT_UNREACHED]);
	} else {
		fprintf(out, "<td class=skip>– %d skip", n[VERDICT_SKIP]);
	}
	fputs("</td>", out);
}

static void put_matrix(const struct report *r, FILE *out)
{
	fputs("<h2 id=programs>Programs by kernel</h2><p class=soft>Cells of each program: "
	      "✓ passed, "
	      "✗ failed of all and nobody knows why, ◇ fails as known, ‼ broken set-up, "
	      "? state under test not reached, – skipped, · not in that run. New failures "
	      "come first.</p>\n",
	      out);
	page_plots(r, "matrix", "one", out);
	fputs("<div class=wide><table class=grid>", out);
	page_labels(r, out, "program");
	for (size_t j = 0; j < r->rows; j++) {
		fputs("<tr>", out);
		page_tagged(out, "th scope=row class=mono", r->row[j].program);
		for (size_t i = 0; i < r->runs; i++)
			put_square(&r->row[j].square[i], out);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

static void put_page(struct report *r, FILE *out)
{
	page_begin(out, "pinfold report");
	page_head(r, out);
	page_changes(r, out);
	page_trends(r, out);
	fputs("<h2 id=runs>Runs</h2>", out);
	put_runs(r, out);
	page_costs(r, out);
	put_matrix(r, out);
	page_cells(r, out);
	page_percentiles(r, out);
	fputs("</html>\n", out);
}

static int write_page(struct report *r, const char *path)
{
	FILE *out = fopen(path, "we");
	int err;

	if (!out)
		return -errno;
	put_page(r, out);
	err = ferror(out) ? -EIO : 0;
	return fclose(out) && !err ? -errno : err;
}

static int write_all(struct report *r, const char *dir, const char *path)
{
	int err = report_compare(r);

	if (!err)
		err = plots_begin(r, dir);
	if (err)
		return err;
	plan_forests(r);
	plan_cdfs(r);
	plan_sizes(r);
	plan_scales(r);
	plan_matrix(r);
	plan_trends(r);
	plots_draw(r);
	return write_page(r, path);
}

int report_write(const struct side side[], size_t n, const struct history *history, const char *dir,
		 char *why, size_t size)
{
	static struct report r; /* large */
	char path[4096];
	int err = make_dirs(dir);

	why[0] = '\0';
	snprintf(path, sizeof(path), "%s/index.html", dir);
	if (!err)
		err = report_collect(&r, side, n);
	if (!err) {
		r.history = history;
		err = write_all(&r, dir, path);
		snprintf(why, size, "%s", r.remark);
		report_release(&r);
	}
	if (err)
		snprintf(why, size, "%s: %s", path, strerror(-err));
	return err;
}
