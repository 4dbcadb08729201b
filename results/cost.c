// SPDX-License-Identifier: GPL-2.0-only
#include "results/cost.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/alone.h"
#include "bench/clock.h"
#include "bench/parts.h"
#include "bench/perturb.h"
#include "results/environment.h"
#include "results/run_internal.h"

/* What a measurement means: other hash, other thing. */
static void put_workload(const struct cell *c, const struct series *s, char *buf, size_t size)
{
	char text[1600], *steps = steps_print(c->program);

	snprintf(text, sizeof(text), "%d%s %s mem=%s step=%d part=%s bytes=%zu unit=%zu",
		 TIMED_VERSION, s->per_fault && bench_clock.chained ? " chained" : "",
		 steps ? steps : "", c->mem->name, s->step, cost_part_name(s->part), s->bytes,
		 s->unit);
	if (s->err)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " err=%d", s->err);
	if (s->crew)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %d of %d %s",
			 s->workers, s->shares, crew_name(s->crew));
	if (s->node >= 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " node=%d", s->node);
	for (int i = 0; i < PIN_CLASSES; i++) {
		size_t n = strlen(text);

		if (c->pin[i])
			snprintf(text + n, sizeof(text) - n, " pin=%s", c->pin[i]->name);
	}
	free(steps);
	hash_text(text, buf, size);
}

static void put_text(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, json_text(text));
}

static void put_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static void put_node(json_t *o, const char *key, int node)
{
	json_object_set_new(o, key, json_integer(node));
}

/* Slower than the untimed loop, as [ratio, low, high]. */
static json_t *perturbation_json(void)
{
	const struct perturbations *p = &bench_perturbations;
	json_t *o = json_object();

	put_number(o, "rounds", (uint64_t)p->rounds);
	if (alone_least > 0)
		json_object_set_new(o, "quiet", json_boolean(p->quiet));
	json_object_set_new(o, "fault_ns", json_real(p->fault_ns));
	for (int i = 0; i < PERTURB_MODES; i++)
		json_object_set_new(
			o, perturb_name[i],
			json_pack("[fff]", p->mode[i].ratio, p->mode[i].low, p->mode[i].high));
	return o;
}

/* Ticks, medians; whether they close is sum against whole. */
static json_t *forks_json(void)
{
	json_t *a = json_array();

	for (int i = 0; i < FORK_SWEEP && bench_fork[i].rounds; i++) {
		const struct fork_parts *p = &bench_fork[i];
		json_t *o = json_object();

		put_number(o, "pages", p->pages);
		put_number(o, "rounds", (uint64_t)p->rounds);
		for (int k = 0; k < FORK_PARTS; k++)
			json_object_set_new(o, fork_part_name[k], json_real(p->part[k]));
		json_object_set_new(o, "sum", json_real(p->sum));
		json_object_set_new(o, "whole", json_real(p->whole));
		json_object_set_new(o, "ratio", json_real(p->ratio));
		json_array_append_new(a, o);
	}
	return a;
}

int cost_write_clock(struct record *r)
{
	const struct clock_facts *c = &bench_clock;
	json_t *o = json_object();

	put_text(o, "type", "clock");
	put_text(o, "clock", c->name);
	if (c->note[0])
		put_text(o, "note", c->note);
	if (c->doubt[0])
		put_text(o, "self_test_failed", c->doubt);
	json_object_set_new(o, "tick_ns", json_real(c->tick_ns));
	json_object_set_new(
		o, "place",
		json_pack("{si si si}", "cpu", c->cpu, "node", c->node, "page_node", c->page_node));
	if (c->adapter_node >= -1)
		put_node(o, "adapter_node", c->adapter_node);
	put_number(o, "step", c->step);
	json_object_set_new(o, "chained", json_boolean(c->chained));
	json_object_set_new(o, "single", json_real(c->single));
	json_object_set_new(o, "pair", json_real(c->pair));
	json_object_set_new(o, "around", json_real(c->around));
	json_object_set_new(o, "empty", json_real(c->empty));
	json_object_set_new(o, "chain_ns", json_pack("[ff]", c->chain_ns[0], c->chain_ns[1]));
	json_object_set_new(o, "chain", json_pack("[ff]", c->chain[0], c->chain[1]));
	if (bench_fork[0].rounds)
		json_object_set_new(o, "fork_parts", forks_json());
	if (bench_perturbations.rounds)
		json_object_set_new(o, "perturbation", perturbation_json());
	return record_line(r, o);
}

static json_t *histogram_json(const struct histogram *h)
{
	json_t *o = json_object(), *bucket = json_array();

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		if (h->bucket[i]) {
			json_array_append_new(bucket, json_integer((json_int_t)i));
			json_array_append_new(bucket, json_integer((json_int_t)h->bucket[i]));
		}
	put_number(o, "max", h->max);
	json_object_set_new(o, "sum", json_real(h->sum));
	json_object_set_new(o, "bucket", bucket);
	return o;
}

/* A process that made one call has one value. */
static bool single_calls(const struct series *s)
{
	for (size_t i = 0; i < s->processes; i++)
		if (s->process[i].samples != 1)
			return false;
	return true;
}

static json_t *calls_json(const struct series *s)
{
	json_t *a = json_array();

	for (size_t i = 0; i < s->processes; i++)
		json_array_append_new(a, json_real(s->process[i].p50));
	return a;
}

static json_t *processes_json(const struct series *s)
{
	json_t *a = json_array();

	for (size_t i = 0; i < s->processes; i++) {
		const struct process_cost *p = &s->process[i];

		json_array_append_new(a, json_pack("[Iffff]", (json_int_t)p->samples, p->p50,
						   p->p90, p->p99, p->mean));
	}
	return a;
}

/* Whole passes, not per sample; what could not be counted has its errno instead. */
static json_t *counts_json(const struct series *s, const struct counts *c)
{
	json_t *o = json_object();

	put_number(o, "samples", s->counted);
	for (int i = 0; i < COUNTERS; i++) {
		if (c->err[i])
			put_text(o, counter_name(i), errno_name(c->err[i]));
		else
			put_number(o, counter_name(i), c->value[i]);
	}
	return o;
}

/* How many pages were on which node, where that was asked. */
static json_t *pages_json(const struct placed *p)
{
	json_t *o = json_object();
	char node[12];

	for (int i = 0; i < PLACED_NODES; i++) {
		snprintf(node, sizeof(node), "%d", i);
		if (p->on[i])
			put_number(o, node, p->on[i]);
	}
	if (p->zero)
		put_number(o, "zero", p->zero);
	if (p->unknown)
		put_number(o, "unknown", p->unknown);
	return o;
}

static json_t *workers_json(const struct series *s)
{
	json_t *a = json_array();

	for (int i = 0; i < s->workers; i++) {
		const struct worker_cost *w = &s->worker[i];
		double mean = w->samples ? w->ns / (double)w->samples : 0;

		json_array_append_new(a, json_pack("[iIIf]", w->cpu, (json_int_t)w->samples,
						   (json_int_t)w->faults, mean));
	}
	return a;
}

static void put_crew(json_t *o, const struct series *s)
{
	char text[24];

	put_text(o, "as", crew_name(s->crew));
	put_text(o, "crew", crew_text(s->crew, s->workers, text, sizeof(text)));
	put_number(o, "workers", (uint64_t)s->workers);
	put_number(o, "shares", (uint64_t)s->shares);
	if (s->part == COST_TOGETHER)
		return;
	json_object_set_new(o, "worker", workers_json(s));
	put_number(o, "apart", s->apart);
	json_object_set_new(o, "together",
			    json_real(s->processes ? s->together / (double)s->processes : 0));
}

int cost_write(struct record *r, const struct cell *c, const struct series *s)
{
	json_t *o = json_object();
	char workload[32], why[200];
	bool valid = series_valid(s, why, sizeof(why));

	put_workload(c, s, workload, sizeof(workload));
	put_text(o, "type", "cost");
	put_text(o, "cell", c->id);
	put_number(o, "step", (uint64_t)s->step);
	put_text(o, "part", cost_part_name(s->part));
	put_text(o, "text", s->text);
	put_text(o, "per", s->per_fault ? "fault" : "call");
	put_text(o, "workload", workload);
	put_text(o, "clock", bench_clock.name);
	json_object_set_new(o, "tick_ns", json_real(bench_clock.tick_ns));
	if (s->err)
		put_text(o, "errno", errno_name(s->err));
	put_number(o, "bytes", s->bytes);
	put_number(o, "unit", s->unit);
	json_object_set_new(o, "valid", json_boolean(valid));
	if (!valid)
		put_text(o, "why", why);
	put_number(o, "samples", s->ticks.count);
	put_number(o, "faults", s->faults);
	put_number(o, "null_faults", s->null_faults);
	put_number(o, "passes", s->passes);
	put_number(o, "bad_passes", s->bad);
	put_number(o, "disturbed_passes", s->disturbed);
	/* Nobody looks at exits, reaps and crews. */
	if (alone_least > 0 && !s->crew && s->part == COST_STEP) {
		put_number(o, "shared", s->shared);
		json_object_set_new(o, "alone", json_real(alone_least));
	}
	if (s->crew)
		put_crew(o, s);
	if (s->node >= 0)
		put_number(o, "node", (uint64_t)s->node);
	if (s->part == COST_STEP && s->per_fault) {
		json_object_set_new(o, "pages", pages_json(&s->placed));
		put_number(o, "misplaced_passes", s->misplaced);
	}
	json_object_set_new(o, "closure", json_real(series_closure(s)));
	json_object_set_new(o, "histogram", histogram_json(&s->ticks));
	json_object_set_new(o, "null", histogram_json(&s->null));
	if (single_calls(s))
		json_object_set_new(o, "calls", calls_json(s));
	else
		json_object_set_new(o, "process", processes_json(s));
	if (s->counted) {
		json_object_set_new(o, "counts", counts_json(s, &s->counts));
		json_object_set_new(o, "null_counts", counts_json(s, &s->null_counts));
	}
	return record_line(r, o);
}
