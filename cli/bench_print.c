// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "bench/clock.h"
#include "bench/scale.h"
#include "cli/bench_internal.h"

double bench_shown(double ticks)
{
	return bench_clock.tick_ns > 0 ? ticks * bench_clock.tick_ns : ticks;
}

static void print_quantile(const struct histogram *h, const char *name, double q)
{
	if (histogram_knows(h, q))
		printf(" %s %.0f", name, bench_shown(histogram_quantile(h, q)));
	else
		printf(" %s -", name);
}

/* What the step itself did, per sample: the null experiment has the reading of the counters. */
static void print_counts(const struct series *s)
{
	if (!s->counted)
		return;
	printf("#     counted per %s:", s->per_fault ? "fault" : "call");
	for (int i = 0; i < COUNTERS; i++) {
		double n = (double)s->counts.value[i] - (double)s->null_counts.value[i];

		if (!s->counts.err[i])
			printf(" %s %.*f", counter_name(i), n / s->counted < 100 ? 3 : 0,
			       n / s->counted);
	}
	putchar('\n');
}

static void print_crew(const struct series *s)
{
	char text[24];

	if (s->crew)
		printf(" %s", crew_text(s->crew, s->workers, text, sizeof(text)));
}

static void print_together(const struct series *s)
{
	double ns = series_median_mean(s) * bench_clock.tick_ns;

	printf("#  ");
	print_crew(s);
	printf(" together, %s: %.0f %ss/s, %.0f ns of a %s (median of %zu rounds)\n", s->text,
	       ns > 0 ? 1e9 / ns : 0, s->per_fault ? "fault" : "call", ns,
	       s->per_fault ? "fault" : "call", s->processes);
}

static void print_workers(const struct series *s)
{
	for (int i = 0; i < s->workers; i++) {
		const struct worker_cost *w = &s->worker[i];

		printf("#     worker %d on CPU %d: %llu %ss", i, w->cpu,
		       (unsigned long long)w->samples, s->per_fault ? "fault" : "call");
		if (s->per_fault)
			printf(" (the kernel counted %llu)", (unsigned long long)w->faults);
		printf(", %.0f ns each\n", w->samples ? w->ns / (double)w->samples : 0);
	}
	if (s->workers > 1)
		printf("#     all at it in %.0f %% of a round; %u rounds left out, below %.0f %%\n",
		       s->processes ? 100 * s->together / (double)s->processes : 0, s->apart,
		       100 * SCALE_TOGETHER);
}

static void print_nodes(const struct series *s)
{
	const char *before = "#     pages on node";

	for (int i = 0; i < PLACED_NODES; i++)
		if (s->placed.on[i]) {
			printf("%s %d: %u", before, i, s->placed.on[i]);
			before = ", node";
		}
	if (s->placed.zero)
		printf("%s none (the zero page): %u", *before == ',' ? "," : before,
		       s->placed.zero);
	else if (*before != ',')
		return;
	putchar('\n');
}

void bench_print_series(const struct series *s)
{
	const char *unit = bench_clock.tick_ns > 0 ? "ns" : "instructions";
	char why[200];

	if (s->part == COST_TOGETHER && series_valid(s, why, sizeof(why))) {
		print_together(s);
		return;
	}
	printf("#   %s%s%s", s->text, s->part ? " " : "", s->part ? cost_part_name(s->part) : "");
	print_crew(s);
	printf(", %s of a %s:", unit, s->per_fault ? "fault" : "call");
	if (!series_valid(s, why, sizeof(why))) {
		printf(" invalid: %s\n", why);
		return;
	}
	print_quantile(&s->ticks, "p50", 0.5);
	print_quantile(&s->ticks, "p90", 0.9);
	print_quantile(&s->ticks, "p99", 0.99);
	print_quantile(&s->ticks, "p99.9", 0.999);
	printf(" max %.0f mean %.0f", bench_shown((double)s->ticks.max),
	       bench_shown(histogram_mean(&s->ticks)));
	if (s->per_fault)
		printf(" (of an undisturbed process: %.0f)", bench_shown(series_median_mean(s)));
	printf("; n %llu of %zu processes", (unsigned long long)s->ticks.count, s->processes);
	if (s->err)
		printf("; all refused with %s", errno_name(s->err));
	if (s->null.count)
		printf("; null %.0f", bench_shown(histogram_quantile(&s->null, 0.5)));
	if (s->wall_ns > 0 && bench_clock.tick_ns > 0)
		printf("; closure %+.2f %%", 100 * series_closure(s));
	if (s->shared)
		printf("; %.0f %% left out: the core had other work",
		       100. * (double)s->shared / (double)(s->shared + s->ticks.count));
	if (s->bad + s->disturbed)
		printf("; %u passes left out", s->bad + s->disturbed);
	putchar('\n');
	print_counts(s);
	if (s->crew)
		print_workers(s);
	if (s->node >= 0)
		print_nodes(s);
}

void bench_judge(const struct measure *m, struct verdict *v)
{
	char why[200];

	if (v->kind != VERDICT_PASS)
		return;
	if (!m->count && bench_crew && bench_crew->kind)
		return;
	if (m->overflow || !m->count) {
		v->kind = VERDICT_BROKEN;
		snprintf(v->why, sizeof(v->why),
			 m->count ? "more than %d timed steps" : "no timed step was measured",
			 SERIES_MAX);
		return;
	}
	for (int i = 0; i < m->count; i++) {
		if (series_valid(&m->series[i], why, sizeof(why)))
			continue;
		v->kind = VERDICT_UNREACHED;
		v->step = m->series[i].step;
		snprintf(v->step_text, sizeof(v->step_text), "%s", m->series[i].text);
		snprintf(v->why, sizeof(v->why), "%s: %.180s", m->series[i].text, why);
		return;
	}
}
