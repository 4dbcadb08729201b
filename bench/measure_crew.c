// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/measure_internal.h"
#include "bench/scale.h"

static struct series *together_of(struct measure *m, const struct series *step)
{
	struct series *s;

	for (int i = 0; i < m->count; i++)
		if (m->series[i].part == COST_TOGETHER && m->series[i].step == step->step)
			return &m->series[i];
	if (m->count == SERIES_MAX) {
		m->overflow = true;
		return NULL;
	}
	s = &m->series[m->count++];
	*s = (struct series){ .step = step->step,
			      .part = COST_TOGETHER,
			      .per_fault = step->per_fault,
			      .bytes = step->bytes,
			      .unit = step->unit,
			      .err = step->err,
			      .node = step->node,
			      .crew = step->crew,
			      .workers = step->workers,
			      .shares = step->shares };
	memcpy(s->text, step->text, sizeof(s->text));
	return s;
}

/* False when a worker did not measure what the series is named after. */
static bool all_usable(struct series *s, const struct pass *const pass[], double *inside_ns)
{
	*inside_ns = 0;
	for (int i = 0; i < s->workers; i++) {
		double ns;

		if (!pass[i] || !pass[i]->samples || !series_usable(s, pass[i], &ns))
			return false;
		*inside_ns += ns;
	}
	return true;
}

static void add_null(struct series *s, const struct pass *null)
{
	for (uint32_t i = 0; i < null->samples; i++)
		histogram_add(&s->null, series_net(s, null->tick[i]));
	s->null_faults += null->faults;
}

/* The samples of the window, as those of one process. */
static int add_round(struct series *s, const struct pass *const pass[], const struct window *w)
{
	static struct pass all;
	double sum = 0;

	all.samples = 0;
	all.switched = false;
	for (int i = 0; i < s->workers; i++) {
		struct worker_cost *to = &s->worker[i];

		if (all.samples + pass[i]->samples > TOUCH_SAMPLES)
			break;
		all.samples += scale_inside(pass[i], w, all.tick + all.samples);
		all.switched |= pass[i]->switched;
		s->faults += pass[i]->faults;
		s->wall_ns += (double)pass[i]->wall_ns;
		to->samples += pass[i]->samples;
		to->faults += pass[i]->faults;
		to->ns += (double)pass[i]->wall_ns;
	}
	for (uint32_t i = 0; i < all.samples; i++) {
		all.tick[i] = series_net(s, all.tick[i]);
		sum += (double)all.tick[i];
		histogram_add(&s->ticks, all.tick[i]);
	}
	return all.samples ? series_add_process(s, &all, sum / all.samples) : 0;
}

static int add_together(struct measure *m, const struct series *step, const struct window *w)
{
	struct series *s = together_of(m, step);
	static struct pass one;
	struct process_cost *p;
	int err;

	if (!s)
		return 0;
	one.samples = 1;
	one.tick[0] = (uint64_t)(w->per_sample + 0.5);
	one.switched = step->process[step->processes - 1].switched;
	s->passes++;
	histogram_add(&s->ticks, one.tick[0]);
	err = series_add_process(s, &one, w->per_sample);
	if (err)
		return err;
	p = &s->process[s->processes - 1];
	p->p50 = p->p90 = p->p99 = w->per_sample;
	return 0;
}

/* Where the pages of all workers were. */
static bool misplaced(struct series *s, const struct placed *own, int k)
{
	struct placed all = *own;
	uint32_t wrong;

	for (int i = 1; i < s->workers && s->crew == CREW_PROCESSES; i++)
		placed_add(&all, &bench_crew->take[i][k].placed);
	placed_add(&s->placed, &all);
	wrong = s->node < 0 ? 0 : placed_elsewhere(&all, s->node);
	if (wrong) {
		s->misplaced++;
		s->misplaced_pages = wrong;
	}
	return wrong;
}

static void keep_quiet_rounds(struct series *s)
{
	size_t quiet = 0, n = 0;

	for (size_t i = 0; i < s->processes; i++)
		quiet += !s->process[i].switched;
	if (quiet < ROUNDS_LEAST || quiet == s->processes)
		return;
	memset(&s->ticks, 0, sizeof(s->ticks));
	for (size_t i = 0; i < s->processes; i++) {
		if (s->process[i].switched)
			continue;
		s->process[n++] = s->process[i];
		histogram_add(&s->ticks, (uint64_t)(s->process[n - 1].p50 + 0.5));
	}
	s->processes = n;
}

void measure_settle(struct measure *m)
{
	for (int i = 0; i < m->count; i++)
		if (m->series[i].part == COST_TOGETHER)
			keep_quiet_rounds(&m->series[i]);
}

int measure_commit_crew(struct measure *m, struct pending *p, int k)
{
	const struct pass *pass[WORKERS_MAX] = { &p->step };
	struct series *s = p->series;
	struct window w;
	double inside_ns;
	int err;

	for (int i = 1; i < s->workers; i++)
		pass[i] = &bench_crew->take[i][k].pass;
	if (!all_usable(s, pass, &inside_ns) || misplaced(s, &p->placed, k))
		return 0;
	scale_window(pass, s->workers, &w);
	if (w.share < SCALE_TOGETHER) {
		s->apart++;
		return 0;
	}
	s->together += w.share;
	s->inside_ns += inside_ns;
	for (int i = 0; i < s->workers; i++)
		add_null(s, i ? &bench_crew->take[i][k].null : &p->null);
	err = add_round(s, pass, &w);
	return err || !s->processes ? err : add_together(m, s, &w);
}
