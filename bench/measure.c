// SPDX-License-Identifier: GPL-2.0-only
#include "bench/measure_internal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/alone.h"
#include "bench/clock.h"
#include "bench/crew.h"
#include "bench/scale.h"
#include "core/base/median.h"
#include "core/base/util.h"

/* Of one pass: what a wall clock reading may jitter, on average and at most. */
enum { CLOSURE_NS = 20, CLOSURE_MOST_NS = 60 };

int measure_init(struct measure *m)
{
	memset(m, 0, sizeof(*m));
	m->node = -1;
	m->pending = calloc(SERIES_MAX, sizeof(*m->pending));
	return m->pending ? 0 : -ENOMEM;
}

void measure_free(struct measure *m)
{
	for (int i = 0; i < m->count; i++)
		free(m->series[i].process);
	free(m->pending);
	memset(m, 0, sizeof(*m));
}

const char *cost_part_name(enum cost_part part)
{
	static const char *const name[] = { "step", "exit", "reap", "together" };

	return name[part];
}

static struct series *series_for(struct measure *m, const struct op *op, enum cost_part part)
{
	const struct crew *crew = bench_crew && bench_crew->kind ? bench_crew : NULL;
	struct series *s;

	for (int i = 0; i < m->count; i++)
		if (m->series[i].step == op->number && m->series[i].part == part)
			return &m->series[i];
	if (m->count == SERIES_MAX)
		return NULL;
	s = &m->series[m->count++];
	s->step = op->number;
	s->part = part;
	s->bytes = op->npages * BASE_PAGE;
	s->unit = op->unit;
	s->node = m->node;
	if (crew) {
		s->crew = crew->kind;
		s->workers = crew->workers;
		s->shares = crew->shares;
		for (int i = 0; i < s->workers; i++)
			s->worker[i].cpu = crew->cpu[i];
	}
	step_print(op->step, s->text, sizeof(s->text));
	return s;
}

static struct pending *pending_for(struct measure *m, const struct op *op, enum cost_part part)
{
	struct series *s = series_for(m, op, part);

	if (!s || m->npending == SERIES_MAX) {
		m->overflow = true;
		return NULL;
	}
	m->pending[m->npending].series = s;
	return &m->pending[m->npending++];
}

static void take_reap(struct measure *m, const struct op *op, const struct timing *t)
{
	for (int i = 0; i < 2; i++) {
		struct pending *p = pending_for(m, op, i ? COST_REAP : COST_EXIT);

		if (!p)
			return;
		memset(&p->step, 0, sizeof(p->step));
		memset(&p->null, 0, sizeof(p->null));
		p->counts.taken = p->null_counts.taken = false;
		p->step.samples = 1;
		p->step.tick[0] = t->step.tick[i];
	}
}

void measure_take(void *measure, const struct op *op, const struct timing *t)
{
	struct measure *m = measure;
	struct pending *p;

	if (!t->step.samples || !m->pending)
		return;
	if (t->part == PART_REAP && bench_crew && bench_crew->kind)
		return;
	if (crew_of_threads() && !t->faults)
		return;
	if (t->part == PART_REAP) {
		take_reap(m, op, t);
		return;
	}
	p = pending_for(m, op, COST_STEP);
	if (!p)
		return;
	p->series->per_fault = t->faults;
	p->step = t->step;
	p->null = t->null;
	p->counts = t->counts;
	p->null_counts = t->null_counts;
	p->placed = t->placed;
}

uint64_t series_net(const struct series *s, uint64_t ticks)
{
	const struct clock_facts *c = &bench_clock;
	double t = (double)ticks - (!s->per_fault ? c->pair : c->chained ? c->single : c->around);

	return t > 0 ? (uint64_t)(t + 0.5) : 0;
}

static double at(const struct pass *p, double q)
{
	size_t n = (size_t)ceil(q * p->samples);

	return (double)p->tick[n ? n - 1 : 0];
}

int series_add_process(struct series *s, struct pass *p, double mean)
{
	struct process_cost *grown;

	if (!(s->processes & (s->processes - 1))) {
		size_t room = s->processes ? s->processes * 2 : 1;

		grown = realloc(s->process, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->process = grown;
	}
	qsort(p->tick, p->samples, sizeof(*p->tick), by_u64);
	s->process[s->processes++] = (struct process_cost){
		.samples = p->samples,
		.p50 = at(p, 0.5),
		.p90 = at(p, 0.9),
		.p99 = at(p, 0.99),
		.mean = mean,
		.switched = p->switched,
	};
	return 0;
}

/* The time inside of a pass; left out when something else ran between two readings. */
static bool closes(const struct pass *p, double *inside_ns)
{
	double ticks = (double)(p->gaps + p->tail), off;

	*inside_ns = 0;
	if (!p->wall_ns)
		return true;
	for (uint32_t i = 0; i < p->samples; i++)
		ticks += (double)p->tick[i];
	*inside_ns = ticks * bench_clock.tick_ns + bench_clock.wall_ns;
	off = fabs(*inside_ns - (double)p->wall_ns);
	return bench_clock.kind == CLOCK_PATH || off <= CLOSURE_MOST_NS + 0.01 * (double)p->wall_ns;
}

bool series_usable(struct series *s, const struct pass *p, double *inside_ns)
{
	if (!s->passes++)
		s->err = p->err;
	if (s->err != p->err) {
		s->other_err++;
		return false;
	}
	if (s->per_fault && p->faults != p->samples) {
		s->bad++;
		s->bad_faults = p->faults;
		s->bad_samples = p->samples;
		return false;
	}
	if (!closes(p, inside_ns)) {
		s->disturbed++;
		s->off = *inside_ns / (double)p->wall_ns - 1;
		return false;
	}
	return true;
}

/* A sample of a page elsewhere is none of what was asked for. */
static bool misplaced(struct series *s, const struct placed *p)
{
	uint32_t wrong = s->node < 0 ? 0 : placed_elsewhere(p, s->node);

	placed_add(&s->placed, p);
	if (wrong) {
		s->misplaced++;
		s->misplaced_pages = wrong;
	}
	return wrong;
}

/*
 * Keeps the samples between two looks that saw the core alone; of a pass with less than three
 * quarters of such samples none.
 */
static bool keep_alone(struct series *s, struct pass *p)
{
	uint32_t kept = 0, all = p->samples;

	if (!p->looks || !p->block)
		return true;
	for (uint32_t i = 0; i < all; i++) {
		unsigned at = i / p->block;

		if (at + 1 < p->looks && alone_was(p->look[at]) && alone_was(p->look[at + 1]))
			p->tick[kept++] = p->tick[i];
	}
	if (kept * 4 < all * 3)
		kept = 0;
	s->shared += all - kept;
	p->faults -= s->per_fault ? all - kept : 0;
	p->samples = kept;
	return kept;
}

static int commit(struct measure *m, struct pending *p, int k)
{
	struct series *s = p->series;
	double sum = 0, inside_ns;

	if (s->crew)
		return measure_commit_crew(m, p, k);
	if (!series_usable(s, &p->step, &inside_ns) || misplaced(s, &p->placed) ||
	    !keep_alone(s, &p->step))
		return 0;
	for (uint32_t i = 0; i < p->step.samples; i++) {
		p->step.tick[i] = series_net(s, p->step.tick[i]);
		sum += (double)p->step.tick[i];
		histogram_add(&s->ticks, p->step.tick[i]);
	}
	for (uint32_t i = 0; i < p->null.samples; i++)
		histogram_add(&s->null, series_net(s, p->null.tick[i]));
	s->faults += p->step.faults;
	s->null_faults += p->null.faults;
	s->wall_ns += (double)p->step.wall_ns;
	s->inside_ns += inside_ns;
	return series_add_process(s, &p->step, sum / p->step.samples);
}

static void count(struct series *s, const struct pending *p)
{
	if (!p->counts.taken)
		return;
	s->counted = p->step.samples;
	s->counted_faults = p->step.faults;
	s->counts = p->counts;
	s->null_counts = p->null_counts;
}

int measure_end_cell(struct measure *m, bool keep)
{
	int err = 0;

	for (int i = 0; i < m->npending; i++)
		count(m->pending[i].series, &m->pending[i]);
	for (int i = 0; keep && !err && i < m->npending; i++)
		err = commit(m, &m->pending[i], i);
	m->npending = 0;
	return err;
}

uint64_t measure_samples(const struct measure *m)
{
	uint64_t least = m->count ? UINT64_MAX : 0;

	for (int i = 0; i < m->count; i++)
		if (m->series[i].part != COST_TOGETHER && m->series[i].ticks.count < least)
			least = m->series[i].ticks.count;
	return least;
}

size_t measure_processes(const struct measure *m)
{
	size_t least = m->count ? SIZE_MAX : 0;

	for (int i = 0; i < m->count; i++)
		if (m->series[i].part != COST_TOGETHER && m->series[i].processes < least)
			least = m->series[i].processes;
	return least;
}

double series_median_mean(const struct series *s)
{
	double *mean = malloc((s->processes + 1) * sizeof(*mean)), median = 0;
	size_t n = 0;

	for (int quiet = 1; mean && !n && quiet >= 0; quiet--)
		for (size_t i = 0; i < s->processes; i++)
			if (!quiet || !s->process[i].switched)
				mean[n++] = s->process[i].mean;
	if (n)
		median = upper_median(mean, n);
	free(mean);
	return median;
}

double series_closure(const struct series *s)
{
	return s->wall_ns > 0 ? s->inside_ns / s->wall_ns - 1 : 0;
}

/* A few passes may be left out. */
static bool too_many(unsigned bad, unsigned passes)
{
	return bad > 1 && bad * 20 > passes;
}

/* Of accesses only: a call's faults in the kernel are its own affair. */
static bool miscounted(const struct series *s)
{
	return s->per_fault && s->counted && !s->counts.err[COUNT_FAULTS] &&
	       s->counts.value[COUNT_FAULTS] != s->counted_faults;
}

bool series_valid(const struct series *s, char *why, size_t size)
{
	double off = fabs(s->inside_ns - s->wall_ns);

	why[0] = '\0';
	if (too_many(s->bad, s->passes))
		snprintf(why, size,
			 "in %u of %u passes the kernel counted other faults than there were "
			 "accesses: %llu for %llu",
			 s->bad, s->passes, (unsigned long long)s->bad_faults,
			 (unsigned long long)s->bad_samples);
	else if (miscounted(s))
		snprintf(why, size, "perf_event counted %llu page faults, getrusage %llu",
			 (unsigned long long)s->counts.value[COUNT_FAULTS],
			 (unsigned long long)s->counted_faults);
	else if (too_many(s->disturbed, s->passes))
		snprintf(why, size,
			 "in %u of %u passes samples and gaps were not the wall time: "
			 "%.1f %% of it",
			 s->disturbed, s->passes, 100 * (s->off + 1));
	else if (too_many(s->misplaced, s->passes))
		snprintf(why, size, "in %u of %u passes pages were elsewhere than on node %d: %u",
			 s->misplaced, s->passes, s->node, s->misplaced_pages);
	else if (s->processes < ROUNDS_LEAST && s->shared > s->ticks.count)
		snprintf(why, size,
			 "%llu of %llu samples are of a time when the core had other work too",
			 (unsigned long long)s->shared,
			 (unsigned long long)s->shared + (unsigned long long)s->ticks.count);
	else if (s->processes < ROUNDS_LEAST && s->apart > s->processes)
		snprintf(
			why, size,
			"in %u of %zu rounds the workers were together for less than %.0f %% of it",
			s->apart, s->apart + s->processes, 100 * SCALE_TOGETHER);
	else if (s->other_err)
		snprintf(why, size, "%u of %u calls ended otherwise than with %s", s->other_err,
			 s->passes, errno_name(s->err));
	else if (!s->ticks.count)
		snprintf(why, size, "no sample");
	else if (s->per_fault && s->null_faults * 100 > s->null.count)
		snprintf(why, size, "the null experiment had %llu faults",
			 (unsigned long long)s->null_faults);
	else if (bench_clock.kind != CLOCK_PATH && off > 0.01 * s->wall_ns &&
		 off > CLOSURE_NS * (double)s->processes)
		snprintf(why, size, "samples and gaps make %.1f %% of the wall time",
			 100 * (series_closure(s) + 1));
	return !why[0];
}
