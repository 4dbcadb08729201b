// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/timed.h"
#include "cli/bench_internal.h"

/* Loads and stores of a process, as timed_exec() has it; pins and calls can't be shared. */
static bool is_access(const struct step *s)
{
	return (!strcmp(s->verb, "read") || !strcmp(s->verb, "write")) &&
	       (s->actor[0] == 'P' || s->actor[0] == 'C');
}

/* How many timed steps are accesses, or are not. */
static int timed_steps(const struct program *p, bool accesses)
{
	int n = 0;

	for (int i = 0; i < p->nsteps; i++)
		n += p->step[i].timed && is_access(&p->step[i]) == accesses;
	return n;
}

/* Why the cell can't run in several processes at once, or NULL. */
static const char *alone(const struct cell *c)
{
	if (c->mem->hugetlb)
		return "the pool of huge pages is that of one cell";
	for (int i = 0; i < PIN_CLASSES; i++)
		if (c->pin[i] && c->pin[i]->holds)
			return "the device of the pin is used by one cell at a time";
	return NULL;
}

static bool wanted(const struct cli *cli, enum crew_kind k)
{
	return !cli->crews || cli->crews & 1u << k;
}

/* Of one worker, once is enough: as the sort that can do all steps. */
static bool fits(const struct cli *cli, const struct cell *c, enum crew_kind k, int workers)
{
	bool threads = wanted(cli, CREW_THREADS) || wanted(cli, CREW_AREAS);

	if (!wanted(cli, k) || (k != CREW_PROCESSES && !timed_steps(c->program, true)))
		return false;
	if (k == CREW_AREAS && c->mem->unit > BASE_PAGE) {
		if (workers > 1)
			printf("#   not in %d areas: the proof of %s looks at one\n", workers,
			       c->mem->name);
		return false;
	}
	if (k == CREW_PROCESSES && alone(c)) {
		if (workers > 1)
			printf("#   not in %d processes: %s\n", workers, alone(c));
		return false;
	}
	if (workers > 1)
		return true;
	if (k == CREW_PROCESSES)
		return !threads || timed_steps(c->program, false);
	return k == CREW_THREADS ? !wanted(cli, CREW_PROCESSES) || !timed_steps(c->program, false) :
				   !wanted(cli, CREW_THREADS) && !wanted(cli, CREW_PROCESSES);
}

/* How many series there were. */
static int run_crew(struct session *s, const struct cell *c, enum crew_kind k, int workers,
		    struct verdict *v)
{
	struct team *team = NULL;
	int series;

	crew_reset(k, workers);
	if (k == CREW_PROCESSES && workers > 1) {
		team = team_open(c, &s->options, &s->beside);
		if (!team) {
			*v = (struct verdict){ .kind = VERDICT_BROKEN };
			snprintf(v->why, sizeof(v->why), "workers: %s", strerror(errno));
			return 0;
		}
	}
	series = bench_measure(s, c, team, v);
	team_close(team);
	return series;
}

/* The harness's own failure first, then the kernel's, then what was not reached. */
static int severity(const struct verdict *v)
{
	static const int order[] = { [VERDICT_PASS] = 0,
				     [VERDICT_SKIP] = 0,
				     [VERDICT_UNREACHED] = 1,
				     [VERDICT_FAIL] = 2,
				     [VERDICT_BROKEN] = 3 };

	return order[v->kind];
}

static void name_crew(struct verdict *v, enum crew_kind k, int workers)
{
	char why[sizeof(v->why)], name[24];

	snprintf(why, sizeof(why), "%s", v->why);
	snprintf(v->why, sizeof(v->why), "%s: %.200s", crew_text(k, workers, name, sizeof(name)),
		 why);
}

void bench_scale(struct session *s, const struct cell *c, struct verdict *v)
{
	const struct cli *cli = s->cli;
	bool any = false;

	*v = (struct verdict){ .kind = VERDICT_PASS, .page = -1, .offset = -1 };
	bench_crew->shares = 1;
	for (int i = 0; i < cli->nthreads; i++)
		if (cli->threads[i] > bench_crew->shares)
			bench_crew->shares = cli->threads[i];
	memcpy(bench_crew->cpu, s->cpu, sizeof(bench_crew->cpu));
	for (int i = 0; i < cli->nthreads; i++)
		for (enum crew_kind k = CREW_THREADS; k <= CREW_PROCESSES; k++) {
			struct verdict one;

			if (session_over(s) || !fits(cli, c, k, cli->threads[i]))
				continue;
			if (run_crew(s, c, k, cli->threads[i], &one))
				any = true;
			else if (one.kind == VERDICT_PASS)
				printf("#   not as %d %s: no timed step has a page for each\n",
				       cli->threads[i], crew_name(k));
			if (one.kind != VERDICT_PASS)
				name_crew(&one, k, cli->threads[i]);
			one.wall_ns += v->wall_ns;
			one.step_ns += v->step_ns;
			v->wall_ns = one.wall_ns;
			v->step_ns = one.step_ns;
			if (severity(&one) > severity(v))
				*v = one;
		}
	crew_reset(CREW_NONE, 0);
	if (any || v->kind != VERDICT_PASS)
		return;
	v->kind = VERDICT_UNREACHED;
	snprintf(v->why, sizeof(v->why), "no sort of workers can do the timed step");
}
