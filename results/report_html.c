// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "core/base/util.h"
#include "results/report.h"
#include "results/report_internal.h"
#include "results/run_internal.h"

/* Okabe and Ito's colours; every state has a symbol too. */
static const char style[] =
	":root{--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--wash:#f5f7f9;--fail:#b23c00;"
	"--fail-bg:#fdeee4;--broken:#8a2f6b;--broken-bg:#f9eaf3;--pass:#00598c;"
	"--open:#7a5a00;--open-bg:#fdf6dd}"
	"*{box-sizing:border-box}"
	"body{font:15px/1.5 system-ui,'Liberation Sans',sans-serif;color:var(--ink);"
	"max-width:76rem;margin:2.5rem auto;padding:0 1.5rem;background:#fff}"
	"h1{font-size:1.7rem;margin:0}h2{font-size:1.2rem;margin:2.6rem 0 .7rem;"
	"padding-top:.7rem;border-top:2px solid var(--ink)}"
	"h3{font-size:1rem;margin:1.8rem 0 .2rem}"
	"p{margin:.3rem 0}.soft{color:var(--soft)}"
	"code,.mono{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:.86em}"
	".wide{overflow-x:auto}table{border-collapse:collapse;margin:.6rem 0}"
	"th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem .5rem;"
	"border-bottom:1px solid var(--line)}"
	"thead th{border-bottom:1px solid var(--ink);white-space:nowrap}"
	"tbody th{font-weight:400}.runs tbody th{white-space:nowrap}"
	".runs td{overflow-wrap:anywhere}"
	".grid td{white-space:nowrap;font-variant-numeric:tabular-nums}"
	".fail{color:var(--fail);background:var(--fail-bg);font-weight:600}"
	".broken{color:var(--broken);background:var(--broken-bg);font-weight:600}"
	".pass{color:var(--pass)}.skip,.none{color:var(--soft)}"
	".unreached{color:var(--open);background:var(--open-bg)}"
	".rest{font-weight:400;font-size:.85em;color:var(--soft);margin-left:.5em}"
	".card{border:1px solid var(--line);border-left:4px solid var(--fail);"
	"border-radius:3px;margin:.8rem 0;padding:.6rem 1rem;break-inside:avoid}"
	".card.broken-card{border-left-color:var(--broken)}"
	".card.open-card{border-left-color:var(--open)}"
	".card h4{margin:0 0 .3rem;font-size:1rem}"
	"dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;"
	"column-gap:1rem;margin:.5rem 0;row-gap:.1rem}"
	"dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}"
	"dl+dl{border-top:1px dashed var(--line);padding-top:.5rem}"
	".cell{display:inline-block;background:var(--wash);border-radius:3px;"
	"padding:0 .4rem;margin:0 .3rem .2rem 0}"
	"@media print{body{margin:0;max-width:none;font-size:10pt;padding:0}"
	".wide{overflow:visible}*{print-color-adjust:exact}}";

static void text(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '&')
			fputs("&amp;", out);
		else if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '"')
			fputs("&quot;", out);
		else
			fputc(*s, out);
	}
}

static void tagged(FILE *out, const char *tag, const char *s)
{
	fprintf(out, "<%s>", tag);
	text(out, s);
	fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

static void labels(const struct report *r, FILE *out, const char *corner)
{
	fputs("<thead><tr>", out);
	tagged(out, "th", corner);
	for (size_t i = 0; i < r->runs; i++)
		tagged(out, "th scope=col", r->label[i]);
	fputs("</tr></thead><tbody>\n", out);
}

static void env_row(const struct report *r, FILE *out, const char *name, const char *key)
{
	fputs("<tr>", out);
	tagged(out, "th scope=row class=soft", name);
	for (size_t i = 0; i < r->runs; i++)
		tagged(out, strcmp(key, "command") ? "td" : "td class=mono", env_text(r, i, key));
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

static void put_machine(const struct report *r, FILE *out)
{
	fputs("<tr><th scope=row class=soft>machine</th>", out);
	for (size_t i = 0; i < r->runs; i++) {
		long long kb = json_integer_value(json_object_get(r->env[i], "memory_kb"));
		long long cpus = json_integer_value(json_object_get(r->env[i], "cpus"));

		fputs("<td>", out);
		text(out, env_text(r, i, "cpu"));
		fprintf(out, "<br>%lld CPUs, %.1f GiB%s<br>id ", cpus, (double)kb / 1048576,
			json_is_true(json_object_get(r->env[i], "hypervisor")) ? ", virtual" : "");
		text(out, env_text(r, i, "machine_id"));
		fputs("</td>", out);
	}
	fputs("</tr>\n", out);
}

static void put_runs(const struct report *r, FILE *out)
{
	fputs("<div class=wide><table class=runs>", out);
	labels(r, out, "kernel");
	total_row(r, out, VERDICT_FAIL, "✗");
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
	} else if (n[VERDICT_FAIL]) {
		fprintf(out, "<td class=fail>✗ %d/%d ", n[VERDICT_FAIL], q->cells);
		text(out, q->class);
		fputs(q->more_classes ? " …" : "", out);
		put_rest(out, q, VERDICT_BROKEN, "‼");
	} else if (n[VERDICT_BROKEN]) {
		fprintf(out, "<td class=broken>‼ %d/%d broken", n[VERDICT_BROKEN], q->cells);
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
	fputs("<h2>Programs by kernel</h2><p class=soft>Cells of each program: ✓ passed, "
	      "✗ failed of all, ‼ broken set-up, ? state under test not reached, – skipped, "
	      "· not in that run. Programs that fail come first.</p>\n"
	      "<div class=wide><table class=grid>",
	      out);
	labels(r, out, "program");
	for (size_t j = 0; j < r->rows; j++) {
		fputs("<tr>", out);
		tagged(out, "th scope=row class=mono", r->row[j].program);
		for (size_t i = 0; i < r->runs; i++)
			put_square(&r->row[j].square[i], out);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

static void pair(FILE *out, const char *name, const char *value)
{
	if (!value[0])
		return;
	tagged(out, "dt", name);
	tagged(out, "dd", value);
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
		tagged(out, "code", v->step_text);
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

	fputs("<dl>", out);
	put_where(v, out);
	pair(out, "read", v->read);
	pair(out, "allowed", v->allowed);
	pair(out, "whose", v->whose);
	pair(out, "known", v->known);
	pair(out, "why", v->why);
	for (size_t run = (size_t)-1; i < end; i++) {
		if (r->finding[i].run != run) {
			fputs(run == (size_t)-1 ? "" : "</dd>", out);
			run = r->finding[i].run;
			tagged(out, "dt", r->label[run]);
			fputs("<dd>", out);
		}
		tagged(out, "code class=cell", r->finding[i].axes[0] ? r->finding[i].axes : "–");
	}
	fputs("</dd><dt>repeat</dt><dd><code>pinfold run '", out);
	text(out, f->result->cell);
	fputs("'</code></dd></dl>\n", out);
}

static void put_class(const struct report *r, size_t i, size_t end, const char *card, FILE *out)
{
	while (i < end) {
		size_t program = findings_alike(r, i, end, SAME_PROGRAM);

		fprintf(out, "<div class='card %s'>", card);
		tagged(out, "h4 class=mono", r->finding[i].program);
		while (i < program) {
			size_t next = findings_alike(r, i, program, SAME_DETAIL);

			put_detail(r, i, next, out);
			i = next;
		}
		fputs("</div>\n", out);
	}
}

static void put_findings(const struct report *r, enum verdict_kind kind, const char *title,
			 const char *card, FILE *out)
{
	size_t end, i = findings_of(r, kind, &end);

	if (i == end)
		return;
	tagged(out, "h2", title);
	while (i < end) {
		size_t next = findings_alike(r, i, end, SAME_CLASS);
		const struct verdict *v = &r->finding[i].result->verdict;

		if (v->class[0]) {
			fputs("<h3>✗ ", out);
			text(out, v->class);
			fprintf(out, " <span class=rest>%zu cell%s</span></h3>", next - i,
				next - i == 1 ? "" : "s");
			tagged(out, "p class=soft", class_meaning(v->class));
		}
		put_class(r, i, next, card, out);
		i = next;
	}
}

static void put_needs(const struct report *r, FILE *out)
{
	size_t end, i = findings_of(r, VERDICT_SKIP, &end);

	if (i == end)
		return;
	fputs("<h2>– Skipped, by need</h2><div class=wide><table>", out);
	labels(r, out, "need");
	while (i < end) {
		size_t next = findings_alike(r, i, end, SAME_CLASS);
		const struct verdict *v = &r->finding[i].result->verdict;

		fputs("<tr><th scope=row><strong>", out);
		text(out, v->class[0] ? v->class : "other");
		fputs("</strong><br><span class=soft>", out);
		text(out, v->why);
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

static void put_page(const struct report *r, FILE *out)
{
	size_t end, bad = findings_of(r, VERDICT_FAIL, &end);

	bad = end - bad;
	fprintf(out,
		"<!doctype html>\n<html lang=en><meta charset=utf-8>"
		"<meta name=viewport content='width=device-width'><title>pinfold report</title>"
		"<style>%s</style>\n<h1>pinfold report</h1>"
		"<p class=soft>Copy-on-write, get_user_pages and page pinning: %zu program%s, "
		"%zu run%s, %zu failing cell%s.</p>\n",
		style, r->rows, r->rows == 1 ? "" : "s", r->runs, r->runs == 1 ? "" : "s", bad,
		bad == 1 ? "" : "s");
	put_runs(r, out);
	put_matrix(r, out);
	put_findings(r, VERDICT_FAIL, "✗ Failures", "", out);
	put_findings(r, VERDICT_BROKEN, "‼ Broken: the set-up failed", "broken-card", out);
	put_findings(r, VERDICT_UNREACHED, "? Not reached", "open-card", out);
	put_needs(r, out);
	fputs("</html>\n", out);
}

static int write_page(const struct report *r, const char *path)
{
	FILE *out = fopen(path, "we");
	int err;

	if (!out)
		return -errno;
	put_page(r, out);
	err = ferror(out) ? -EIO : 0;
	return fclose(out) && !err ? -errno : err;
}

int report_write(const struct run runs[], size_t n, const char *dir, char *why, size_t size)
{
	char path[4096];
	struct report r;
	int err = make_dirs(dir);

	snprintf(path, sizeof(path), "%s/index.html", dir);
	if (!err)
		err = report_collect(&r, runs, n);
	if (!err) {
		err = write_page(&r, path);
		report_release(&r);
	}
	if (err)
		snprintf(why, size, "%s: %s", path, strerror(-err));
	return err;
}
