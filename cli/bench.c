// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/alone.h"
#include "bench/clock.h"
#include "bench/parts.h"
#include "bench/perturb.h"
#include "bench/placement.h"
#include "cli/bench_internal.h"
#include "core/actor/actor.h"
#include "core/need/need.h"
#include "results/cost.h"

enum {
	WARM_UP = 1, /* cells whose samples are not kept */
	PROCESSES_MIN = 10,
	ROUNDS_MIN = 20, /* of a crew */
	PROCESSES_MAX = 1000,
	KINDS_MAX = 64,
	HOPE = 20,	 /* cells */
	BYTES = 4 << 20, /* of the default region */
	BYTES_HUGE = 16 << 20,
	BYTES_HUGETLB = 8 << 20,
	PERTURB_ROUNDS = 301,
	FORK_ROUNDS = 201,
	CLOCK_TRIES = 10,
	EMULATED_TRIES = 3,
	PERTURB_ROUNDS_PATH = 5, /* instructions hardly vary */
};

static const uint64_t LIMIT_NS = 5000000000; /* of one benchmark */
static const uint64_t HOPE_NS = 1500000000;

static bool has_timed_step(const struct program *p)
{
	for (int i = 0; i < p->nsteps; i++)
		if (p->step[i].timed)
			return true;
	return false;
}

/* Made before any actor, which sees what the runner had then. */
static struct mem_kind *larger[KINDS_MAX];

static int make_larger(size_t bytes)
{
	for (size_t i = 0; mem_kinds[i] && i < KINDS_MAX; i++) {
		struct mem_kind *k = malloc(sizeof(*k));
		size_t want = bytes ? bytes : BYTES;

		if (!k)
			return -ENOMEM;
		larger[i] = k;
		*k = *mem_kinds[i];
		if (!bytes && k->unit > BASE_PAGE)
			want = k->hugetlb ? BYTES_HUGETLB : BYTES_HUGE;
		if (want > IMAGE_MAX)
			want = IMAGE_MAX;
		k->units = (unsigned)(want < k->unit ? 1 : want / k->unit);
	}
	return 0;
}

static void free_larger(void)
{
	for (size_t i = 0; i < KINDS_MAX; i++)
		free(larger[i]);
}

static const struct mem_kind *larger_of(const struct mem_kind *kind)
{
	for (size_t i = 0; mem_kinds[i] && i < KINDS_MAX; i++)
		if (mem_kinds[i] == kind)
			return larger[i];
	return kind;
}

static bool enough(const struct session *s, const struct measure *m, int i)
{
	bool whole = bench_crew ? i >= WARM_UP + ROUNDS_MIN : measure_processes(m) >= PROCESSES_MIN;

	return whole && measure_samples(m) >= (uint64_t)s->cli->samples;
}

static void run_once(struct session *s, const struct cell *c, struct team *team, struct verdict *v)
{
	if (bench_crew)
		crew_reset(bench_crew->kind, bench_crew->workers);
	if (team)
		team_go(team);
	cell_run(s->executor, c, v);
	if (team)
		team_wait(team, v);
	if (v->kind != VERDICT_PASS || !bench_crew || !bench_crew->why[0])
		return;
	v->kind = VERDICT_BROKEN;
	snprintf(v->why, sizeof(v->why), "%s", bench_crew->why);
}

/* Nothing was kept for a while: the core has other work all the time. */
static bool hopeless(const struct measure *m, int i, uint64_t ns)
{
	return !bench_crew && i > HOPE && ns > HOPE_NS && m->count && !measure_processes(m);
}

static void run_cells(struct session *s, struct measure *m, const struct cell *c, struct team *team,
		      struct verdict *v)
{
	uint64_t start = now_ns(), wall_ns = 0, step_ns = 0;

	for (int i = 0; i < WARM_UP + PROCESSES_MAX; i++) {
		if (enough(s, m, i) || (i > WARM_UP && now_ns() - start > LIMIT_NS) ||
		    hopeless(m, i, now_ns() - start) || (i > WARM_UP && session_over(s)))
			break;
		executor_count(s->executor, i < WARM_UP);
		run_once(s, c, team, v);
		wall_ns += v->wall_ns;
		step_ns += v->step_ns;
		if (measure_end_cell(m, i >= WARM_UP && v->kind == VERDICT_PASS)) {
			v->kind = VERDICT_BROKEN;
			snprintf(v->why, sizeof(v->why), "out of memory");
		}
		if (v->kind != VERDICT_PASS)
			break;
	}
	v->wall_ns = wall_ns;
	v->step_ns = step_ns;
}

int bench_measure(struct session *s, const struct cell *c, struct team *team, struct verdict *v)
{
	struct measure *m = s->cli->timed_by;
	int series;

	if (measure_init(m)) {
		*v = (struct verdict){ .kind = VERDICT_BROKEN, .why = "out of memory" };
		return 0;
	}
	m->node = s->cli->node;
	alone_again();
	run_cells(s, m, c, team, v);
	measure_settle(m);
	bench_judge(m, v);
	progress_clear(&s->progress);
	for (int i = 0; i < m->count && v->kind != VERDICT_FAIL && v->kind != VERDICT_BROKEN; i++) {
		bench_print_series(&m->series[i]);
		if (cost_write(s->record, c, &m->series[i])) {
			v->kind = VERDICT_BROKEN;
			snprintf(v->why, sizeof(v->why), "the record could not be written");
		}
	}
	series = m->count;
	measure_free(m);
	return series;
}

static void bench_cell(struct session *s, const struct cell *given, struct verdict *v)
{
	struct cell c = *given;

	c.mem = larger_of(given->mem);
	if (s->cli->nthreads)
		bench_scale(s, &c, v);
	else
		bench_measure(s, &c, NULL, v);
}

static void print_clock(void)
{
	const struct clock_facts *c = &bench_clock;

	printf("# clock %s%s%s%s: tick %.4f ns, advances by %u; a pair of readings %.1f ticks, "
	       "subtracted\n",
	       c->name, c->note[0] ? " (" : "", c->note, c->note[0] ? ")" : "", c->tick_ns, c->step,
	       c->pair);
	printf("# on CPU %d of node %d, with pages of node %d", c->cpu, c->node, c->page_node);
	if (c->adapter_node >= -1)
		printf("; the adapter is at node %d", c->adapter_node);
	putchar('\n');
	printf("# clock self-test: an empty probe %+.1f ticks; chains of %.0f and %.0f ns "
	       "%+.2f and %+.2f %%\n",
	       c->empty, c->chain_ns[0], c->chain_ns[1], c->chain[0] * 100, c->chain[1] * 100);
	if (c->doubt[0])
		printf("# clock self-test FAILED: %s; this CPU is emulated, its times are those of "
		       "the emulation\n",
		       c->doubt);
}

static void print_missing_counters(void)
{
	const char *before = "# not counted on this host:";
	struct counting c;
	struct counts probe;

	counters_begin(&c);
	counters_end(&c, &probe);
	for (int i = 0; i < COUNTERS; i++) {
		if (!probe.err[i])
			continue;
		printf("%s %s (%s)", before, counter_name(i), errno_name(probe.err[i]));
		before = ",";
	}
	if (*before == ',')
		putchar('\n');
}

static void print_perturbation(const struct perturbations *p)
{
	static const char *const name[PERTURB_MODES] = {
		"timed in pairs",
		"timed, chained",
		"untimed again",
		"of that the readings: pairs",
		"of that the readings: chained",
	};

	if (!p->rounds)
		return;
	printf("# a first touch untimed: %.0f %s; slower by timing, with the 95 %% interval:\n",
	       p->fault_ns, bench_clock.tick_ns > 0 ? "ns" : "instructions");
	for (int i = 0; i < PERTURB_MODES; i++)
		printf("#   %-29s %+.2f %% (%+.2f to %+.2f)\n", name[i], p->mode[i].ratio * 100,
		       p->mode[i].low * 100, p->mode[i].high * 100);
	if (alone_least > 0)
		printf("#   %d rounds%s\n", p->rounds,
		       p->quiet ? " of a core that was alone" : ", the core had other work");
}

/* On the cells' CPU. Other work may disturb one try. */
static int start_clock(const struct cli *cli)
{
	char why[200] = "";

	for (int i = 0; i < CLOCK_TRIES; i++) {
		int err = clock_calibrate(cli->clock);
		bool sound;

		if (err)
			return cli_fail(EXIT_USAGE, "--clock: %s",
					err == -EINVAL ? "expected counter, monotonic or "
							 "instructions" :
							 "not on this architecture");
		bench_clock.chained = cli->chained;
		bench_clock.adapter_node =
			*host_options.rdma ? placement_adapter(host_options.rdma) : -2;
		sound = clock_sound(&bench_clock, why, sizeof(why));
		if (!sound && bench_clock.emulated && i == EMULATED_TRIES - 1)
			snprintf(bench_clock.doubt, sizeof(bench_clock.doubt), "%s", why);
		if (sound || bench_clock.doubt[0]) {
			alone_calibrate();
			perturb_measure(&bench_perturbations, bench_clock.kind == CLOCK_PATH ?
								      PERTURB_ROUNDS_PATH :
								      PERTURB_ROUNDS);
			return 0;
		}
	}
	return cli_fail(EXIT_BROKEN, "the clock fails its self-test: %s", why);
}

/* Where fork is among what is measured: its parts, and that they are the whole of it. */
static void measure_fork(const struct cell_list *l)
{
	static const size_t pages[FORK_SWEEP] = { 2, 1024, 4096 };
	bool wanted = false;

	for (size_t i = 0; i < l->count; i++)
		wanted |= !strcmp(l->cell[i].program->family, "fork-cost");
	for (int i = 0; i < FORK_SWEEP && wanted; i++) {
		struct fork_parts *p = &bench_fork[i];

		if (fork_parts_measure(p, pages[i], FORK_ROUNDS))
			continue;
		printf("# fork with %zu pages:", p->pages);
		for (int k = 0; k < FORK_PARTS; k++)
			printf(" %s %.0f", fork_part_name[k], bench_shown(p->part[k]));
		printf("; sum %.0f, whole %.0f %s: %+.1f %%%s\n", bench_shown(p->sum),
		       bench_shown(p->whole), bench_clock.tick_ns > 0 ? "ns" : "instructions",
		       100 * (p->ratio - 1),
		       fork_parts_close(p) ? "" : ", more than 2 %: disturbed");
	}
}

static int run_list(struct cli *cli, const struct cell_list *l)
{
	struct measure m = { 0 };
	struct session s;
	int err, code;

#ifdef __SANITIZE_ADDRESS__
	return cli_fail(EXIT_NOTHING, "built with a sanitizer: what it measures means nothing");
#endif
	if (cli->nthreads && !cli->bytes)
		cli->bytes = IMAGE_MAX;
	if (make_larger(cli->bytes) || (cli->nthreads && crew_open()))
		return cli_fail(EXIT_BROKEN, "out of memory");
	cli->timed = measure_take;
	cli->timed_by = &m;
	err = session_begin(&s, cli, NULL);
	if (err)
		return err;
	err = start_clock(cli);
	if (!err && cli->nthreads && bench_clock.kind == CLOCK_PATH)
		err = cli_fail(EXIT_USAGE, "--threads: instructions are those of one CPU");
	if (!err)
		measure_fork(l);
	if (!err && cost_write_clock(s.record))
		err = cli_fail(EXIT_BROKEN, "the record could not be written");
	ktap_plan(&s.ktap, l->count);
	progress_begin(&s.progress, l->count, s.end_ns);
	if (!err) {
		print_clock();
		print_perturbation(&bench_perturbations);
		print_missing_counters();
	}
	s.run = bench_cell;
	for (size_t i = 0; i < l->count && !err && !session_over(&s); i++) {
		session_cell(&s, &l->cell[i], NULL);
		session_flush(&s);
	}
	code = session_end(&s);
	return err ? err : code;
}

static int bench_run(struct cli *cli)
{
	struct cell_filter f = { cli->arg, cli->nargs, cli->mem, cli->pin };
	struct cell_list l = { 0 };
	struct corpus c = { 0 };
	struct parse_error perr;
	int err = cli_corpus(cli, &c);

	for (size_t i = 0; i < c.count && !err; i++)
		if (has_timed_step(c.program[i]) && cells_add(&l, c.program[i], &f, &perr))
			err = cli_fail(EXIT_USAGE, "%s", perr.text);
	if (!err && !l.count)
		err = cli_fail(EXIT_USAGE, "no benchmark matches");
	if (!err)
		err = run_list(cli, &l);
	free_larger();
	cells_free(&l);
	corpus_free(&c);
	return err;
}

const struct command command_bench = {
	.name = "bench",
	.args = "[PATTERN...]",
	.about = "what faults and calls cost: the [steps] of programs, timed",
	.run = bench_run,
};
