// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "core/base/util.h"
#include "results/history.h"

enum { SHOWN = 20 };

static void put_days(const struct history_line *l, size_t days, FILE *out)
{
	size_t from = l->days > days ? l->days - days : 0;

	fputs("\n  date        kernel         runs  cells  fail known skip unreached\n", out);
	for (size_t i = from; i < l->days; i++) {
		const struct history_day *d = &l->day[i];

		fprintf(out, "  %-10s  %-13.13s %5d  %5d %5d %5d %4d %9d\n", d->date, d->label,
			d->runs, d->cells, d->failed - d->known, d->known, d->skip, d->unreached);
		if (d->broken)
			fprintf(out, "              %d cells broken\n", d->broken);
		if (d->cut_off)
			fprintf(out, "              %d run%s did not finish\n", d->cut_off,
				d->cut_off == 1 ? "" : "s");
	}
}

static void put_fails(const struct history_line *l, const char *pattern, FILE *out)
{
	size_t shown = 0, n = 0;

	for (size_t i = 0; i < l->fails; i++)
		n += name_matches(pattern, l->fail[i].cell);
	if (n)
		fputs("\nfailures, those of the last day first\n", out);
	for (size_t i = 0; i < l->fails; i++) {
		const struct history_fail *f = &l->fail[i];

		if (!name_matches(pattern, f->cell))
			continue;
		if (shown++ == SHOWN) {
			fprintf(out, "  ... and %zu more\n", n - SHOWN);
			return;
		}
		fprintf(out, "  %.70s\n    %s%s, %d of %zu days, %s to %s\n", f->cell, f->class,
			f->known ? ", known" : "", f->days, l->days, l->day[f->first].date,
			l->day[f->last].date);
	}
}

static void put_steps(const struct history_line *l, const char *pattern, FILE *out)
{
	size_t shown = 0, n = 0, all = 0;

	for (size_t i = 0; i < l->trends; i++) {
		all += name_matches(pattern, l->trend[i].key);
		n += history_step(&l->trend[i]) && name_matches(pattern, l->trend[i].key);
	}
	if (!all)
		return;
	fprintf(out, "\ncosts with a step of more than 3 %% of p50: %zu of %zu\n", n, all);
	for (size_t i = 0; i < l->trends; i++) {
		const struct history_trend *t = &l->trend[i];

		if (!history_step(t) || !name_matches(pattern, t->key))
			continue;
		if (shown++ == SHOWN) {
			fprintf(out, "  ... and %zu more\n", n - SHOWN);
			return;
		}
		fprintf(out, "  %.70s\n    %+.1f %% from %s on: %.0f -> %.0f %s\n", t->key,
			100 * expm1(t->shift), l->day[t->at].date, t->before, t->after,
			strncmp(t->per, "tick", 4) != 0 ? "ns" : "ticks");
	}
}

void history_text(const struct history *h, size_t days, const char *pattern, FILE *out)
{
	for (size_t i = 0; i < h->lines; i++) {
		const struct history_line *l = &h->line[i];

		fprintf(out, "%s%.16s on %s, %.46s: %zu day%s\n", i ? "\n" : "", l->origin.line,
			l->origin.machine, l->origin.about, l->days, l->days == 1 ? "" : "s");
		put_days(l, days, out);
		put_fails(l, pattern, out);
		put_steps(l, pattern, out);
	}
}

void history_data(const struct history *h, const char *pattern, FILE *out)
{
	fputs("machine\tline\tdate\tkey\tp50\n", out);
	for (size_t i = 0; i < h->lines; i++) {
		const struct history_line *l = &h->line[i];

		for (size_t j = 0; j < l->trends; j++) {
			if (!name_matches(pattern, l->trend[j].key))
				continue;
			for (size_t k = 0; k < l->days; k++)
				if (!isnan(l->trend[j].log[k]))
					fprintf(out, "%s\t%s\t%s\t%s\t%.6g\n", l->origin.machine,
						l->origin.line, l->day[k].date, l->trend[j].key,
						exp(l->trend[j].log[k]));
		}
	}
}
