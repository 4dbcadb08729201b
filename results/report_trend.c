// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/page.h"
#include "results/rank.h"
#include "results/report_internal.h"

enum { TREND_SERIES = 6, WEEK = 7 };

static bool of_group(const char *key, const char *group)
{
	size_t n = strlen(group);

	return !strncmp(key, group, n) && key[n] == '/';
}

/* Mean over the group's costs of a day's change against that cost's first days; or NAN. */
static double change_of(const struct history_line *l, const char *group, size_t day)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < l->trends; i++) {
		const struct history_trend *t = &l->trend[i];
		double base = 0;
		size_t days = 0;

		if (!of_group(t->key, group) || isnan(t->log[day]))
			continue;
		for (size_t k = 0; k < l->days && days < WEEK; k++)
			if (!isnan(t->log[k])) {
				base += t->log[k];
				days++;
			}
		sum += t->log[day] - base / (double)days;
		n++;
	}
	return n ? sum / (double)n : NAN;
}

/* Medians of seven days: single nights of several groups cover each other. */
static void put_group(const struct history_line *l, const char *group, FILE *f)
{
	double *change = calloc(l->days, sizeof(*change)), near[WEEK];

	if (!change)
		return;
	for (size_t day = 0; day < l->days; day++)
		change[day] = change_of(l, group, day);
	fprintf(f, "%s\"%s\"\n", ftell(f) ? "\n\n" : "", group);
	for (size_t day = 0; day < l->days; day++) {
		size_t from = day > WEEK / 2 ? day - WEEK / 2 : 0, n = 0;

		for (size_t k = from; k <= day + WEEK / 2 && k < l->days; k++)
			if (!isnan(change[k]))
				near[n++] = change[k];
		if (n && !isnan(change[day]))
			fprintf(f, "%s %.4f\n", l->day[day].date,
				100 * expm1(rank_median(near, n)));
	}
	free(change);
}

static void plan_groups(struct report *r, const struct history_line *l, size_t number)
{
	char name[24], done[TREND_SERIES][64];
	size_t groups = 0;
	FILE *f;

	snprintf(name, sizeof(name), "trend-%zu-groups", number);
	f = plot_begin(r, "trend", name, "width = 760\nheight = 360\n");
	if (!f)
		return;
	for (size_t i = 0; i < l->trends && groups < TREND_SERIES; i++) {
		char group[64];
		bool before = false;

		snprintf(group, sizeof(group), "%.*s", (int)strcspn(l->trend[i].key, "/"),
			 l->trend[i].key);
		for (size_t j = 0; j < groups && !before; j++)
			before = !strcmp(done[j], group);
		if (before)
			continue;
		strcpy(done[groups++], group);
		put_group(l, group, f);
	}
	fclose(f);
	plot_caption(
		r,
		"Geometric mean of p50 of each group, in percent against its first seven days; "
		"medians of seven days, %zu days. Kernels %s up to %s; machine %s, %s.",
		l->days, l->origin.line, l->origin.label, l->origin.machine, l->origin.about);
}

static void plan_step(struct report *r, const struct history_line *l, size_t number, size_t i)
{
	const struct history_trend *t = &l->trend[i];
	bool ticks = !strncmp(t->per, "tick", 4);
	char name[24], settings[100];
	FILE *f;

	snprintf(name, sizeof(name), "trend-%zu-step-%zu", number, i + 1);
	snprintf(settings, sizeof(settings),
		 "width = 560\nheight = 330\nunit = 'ticks'\nis_time = %d\n", !ticks);
	f = plot_begin(r, "step", name, settings);
	if (!f)
		return;
	fputs("\"each day\"\n", f);
	for (size_t day = 0; day < l->days; day++)
		if (!isnan(t->log[day]))
			fprintf(f, "%s %.6g\n", l->day[day].date, exp(t->log[day]));
	fputs("\n\n\"median before and after\"\n", f);
	for (size_t day = 0; day < l->days; day++)
		fprintf(f, "%s %.6g\n", l->day[day].date, day < t->at ? t->before : t->after);
	fclose(f);
	plot_caption(r, "%s: p50 in %s, %+.1f %% from %s on. Kernels %s up to %s; machine %s, %s.",
		     t->key, ticks ? "ticks" : "ns", 100 * expm1(t->shift), l->day[t->at].date,
		     l->origin.line, l->origin.label, l->origin.machine, l->origin.about);
}

void plan_trends(struct report *r)
{
	for (size_t i = 0; r->history && i < r->history->lines; i++) {
		const struct history_line *l = &r->history->line[i];

		if (l->days < 2 || !l->trends)
			continue;
		plan_groups(r, l, i + 1);
		for (size_t j = 0; j < l->trends && j < 4; j++)
			if (history_step(&l->trend[j]))
				plan_step(r, l, i + 1, j);
	}
}

static void put_line(const struct report *r, const struct history_line *l, size_t number, FILE *out)
{
	char prefix[32];
	size_t shown = 0;

	if (l->days < 2 && !l->fails)
		return;
	fputs("<h3>", out);
	page_text(out, l->origin.line);
	fprintf(out, " on %s: %zu day%s from %s to %s</h3>\n", l->origin.machine, l->days,
		l->days == 1 ? "" : "s", l->day[0].date, l->day[l->days - 1].date);
	snprintf(prefix, sizeof(prefix), "trend-%zu-groups", number);
	page_plots(r, prefix, "one", out);
	snprintf(prefix, sizeof(prefix), "trend-%zu-step", number);
	page_plots(r, prefix, "plots", out);
	if (!l->fails)
		return;
	fputs("<div class=wide><table class=costs><thead><tr><th>fails<th>class<th>cell<th>days"
	      "<th>first<th>last</tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < l->fails && shown < 20; i++, shown++) {
		const struct history_fail *f = &l->fail[i];

		fprintf(out, "<tr><td class=%s>%s</td><td>", f->known ? "known" : "fail",
			f->known ? "◇ known" : "✗ new");
		page_text(out, f->class);
		fputs("</td><th scope=row class=mono>", out);
		page_text(out, f->cell);
		fprintf(out, "</th><td class=num>%d of %zu</td><td>%s</td><td>%s</td></tr>\n",
			f->days, l->days, l->day[f->first].date, l->day[f->last].date);
	}
	fputs("</tbody></table></div>\n", out);
}

void page_trends(const struct report *r, FILE *out)
{
	if (!r->history || !r->history->lines)
		return;
	fputs("<h2 id=nights>Over the nights</h2>\n", out);
	for (size_t i = 0; i < r->history->lines; i++)
		put_line(r, &r->history->line[i], i + 1, out);
}
