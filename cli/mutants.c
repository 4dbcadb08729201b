// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/guard/guard.h"
#include "core/need/need.h"

/*
 * The kill matrix: each mutant must be caught by some cell, each program must
 * catch some mutant. A cell that doesn't pass without a lie proves nothing.
 */
enum {
	LASTING_CELLS = 8,
	ENOUGH = 8,	   /* cells that catch a mutant */
	PROGRAM_CELLS = 3, /* cells of each program that take part ... */
	OTHER_CELLS = 12,  /* ... and of each kind, mechanism and verb, at least */
};

struct matrix {
	struct cell_list cells;
	bool *usable;  /* of each cell: passes without a lie */
	size_t *kills; /* of each cell */
	size_t killed_by, tried;
	struct oracle oracle;
	struct ktap ktap;
	int count[VERDICT_BROKEN + 1];
};

static bool has_verb(const struct cell *c, const char *verb)
{
	for (int i = 0; i < c->program->nsteps; i++)
		if (!strcmp(c->program->step[i].verb, verb))
			return true;
	return false;
}

static bool concerns(const struct mutant *m, const struct cell *c)
{
	if (m->mem)
		return !strcmp(m->mem_name, c->mem->name);
	if (m->pin) {
		const struct pin_kind *k = pin_kind_find(m->pin);

		return k && c->pin[k->class] && c->pin[k->class]->promise == k->promise;
	}
	return has_verb(c, m->verb);
}

static bool killed(const struct matrix *m, const struct program *p)
{
	for (size_t i = 0; i < m->cells.count; i++)
		if (m->cells.cell[i].program == p && m->kills[i])
			return true;
	return false;
}

/* Of a mutant that was caught often enough only what its program still needs. */
static bool worth(const struct matrix *m, size_t i)
{
	return m->killed_by < ENOUGH || !killed(m, m->cells.cell[i].program);
}

/* How many of the cells before i that take part have what is asked for. */
static int chosen(const struct matrix *m, size_t i, const struct program *p,
		  const struct mem_kind *mem, const struct pin_kind *pin, const char *verb)
{
	int n = 0;

	for (size_t k = 0; k < i; k++) {
		const struct cell *c = &m->cells.cell[k];

		if (!m->usable[k] || (p && c->program != p) || (mem && c->mem != mem) ||
		    (pin && c->pin[pin->class] != pin) || (verb && !has_verb(c, verb)))
			continue;
		n++;
	}
	return n;
}

/* The whole product would take an hour and tell no more. */
static bool choose(const struct matrix *m, size_t i)
{
	const struct cell *c = &m->cells.cell[i];

	if (chosen(m, i, c->program, NULL, NULL, NULL) < PROGRAM_CELLS ||
	    chosen(m, i, NULL, c->mem, NULL, NULL) < OTHER_CELLS)
		return true;
	for (int k = 0; k < PIN_CLASSES; k++)
		if (c->pin[k] && chosen(m, i, NULL, NULL, c->pin[k], NULL) < OTHER_CELLS)
			return true;
	for (const struct mutant *const *mu = mutants; *mu; mu++)
		if ((*mu)->verb && has_verb(c, (*mu)->verb) &&
		    chosen(m, i, NULL, NULL, NULL, (*mu)->verb) < OTHER_CELLS)
			return true;
	return false;
}

static struct executor *open_executor(const struct cli *cli, const struct mutant *m)
{
	struct run_options o = { .cpu = cli->cpu >= 0 ? cli->cpu : 0,
				 .timeout_ms = cli->step_ms,
				 .mutant = m };

	return executor_open(&o);
}

/* Whether the lie shows in the cell's verdict, or on the host when it lasts. */
static bool caught(struct matrix *m, struct executor *x, const struct mutant *mutant,
		   const struct cell *c)
{
	struct verdict v, host;

	if (mutant->lasting) {
		executor_settle(x);
		oracle_begin(&m->oracle);
	}
	cell_run(x, c, &v);
	if (!mutant->lasting)
		return v.kind == VERDICT_FAIL || v.kind == VERDICT_UNREACHED;
	return v.kind == VERDICT_PASS && !executor_settle(x) && oracle_end(&m->oracle, true, &host);
}

static int run_mutant(const struct cli *cli, struct matrix *m, const struct mutant *mutant)
{
	struct executor *x = open_executor(cli, mutant);

	if (!x)
		return cli_fail(EXIT_BROKEN, "executor: %s", strerror(errno));
	m->killed_by = m->tried = 0;
	for (size_t i = 0; i < m->cells.count; i++) {
		struct verdict v;

		if (!m->usable[i] || (mutant && !concerns(mutant, &m->cells.cell[i])))
			continue;
		if (mutant && !worth(m, i))
			continue;
		if (!mutant) {
			cell_run(x, &m->cells.cell[i], &v);
			m->usable[i] = v.kind == VERDICT_PASS;
			continue;
		}
		/* A few cells tell enough of a lie that takes a look at the host each. */
		if (mutant->lasting && m->tried == LASTING_CELLS)
			break;
		m->tried++;
		if (caught(m, x, mutant, &m->cells.cell[i])) {
			m->kills[i]++;
			m->killed_by++;
		}
	}
	executor_close(x);
	return 0;
}

static void result(struct matrix *m, enum verdict_kind kind, const char *text, const char *why)
{
	ktap_test(&m->ktap, kind, text, why);
	m->count[kind]++;
}

static int try_mutant(const struct cli *cli, struct matrix *m, const struct mutant *mutant)
{
	char text[160], why[200] = "no cell of it passes here";
	int err = 0;

	m->killed_by = m->tried = 0;
	if (!mutant->need || !need_check(mutant->need, false, why, sizeof(why)))
		err = run_mutant(cli, m, mutant);
	if (err)
		return err;
	snprintf(text, sizeof(text), "mutant %s: %zu of %zu cells catch it", mutant->name,
		 m->killed_by, m->tried);
	result(m, m->killed_by ? VERDICT_PASS : m->tried ? VERDICT_FAIL : VERDICT_SKIP, text, why);
	return 0;
}

struct score {
	size_t cells, ran, kills;
};

static struct score score(const struct matrix *m, const struct program *p)
{
	struct score s = { 0 };

	for (size_t i = 0; i < m->cells.count; i++) {
		if (m->cells.cell[i].program != p)
			continue;
		s.cells++;
		s.ran += m->usable[i];
		s.kills += m->usable[i] && m->kills[i];
	}
	return s;
}

static void judge_programs(struct matrix *m, const struct corpus *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct score s = score(m, c->program[i]);
		char text[160];

		if (!s.cells)
			continue;
		snprintf(text, sizeof(text), "program %s/%s: %zu of %zu cells catch a mutant",
			 c->program[i]->family, c->program[i]->name, s.kills, s.ran);
		result(m,
		       s.kills ? VERDICT_PASS :
		       s.ran   ? VERDICT_FAIL :
				 VERDICT_SKIP,
		       text, "no cell of it passes here");
	}
}

static int judge(const struct cli *cli, struct matrix *m, const struct corpus *c)
{
	size_t tests = 0;
	int err;

	for (size_t i = 0; i < m->cells.count; i++) {
		char need[32], why[200];

		m->usable[i] = choose(m, i) &&
			       !cell_needs(&m->cells.cell[i], true, need, why, sizeof(why));
	}
	for (const struct mutant *const *mu = mutants; *mu; mu++)
		tests++;
	for (size_t i = 0; i < c->count; i++)
		tests += score(m, c->program[i]).cells > 0;
	ktap_plan(&m->ktap, tests);
	err = run_mutant(cli, m, NULL);
	for (const struct mutant *const *mu = mutants; *mu && !err; mu++)
		err = try_mutant(cli, m, *mu);
	if (err)
		return err;
	judge_programs(m, c);
	ktap_end(&m->ktap, "");
	ktap_totals(&m->ktap, m->count);
	if (!m->count[VERDICT_FAIL] && !m->count[VERDICT_PASS])
		return EXIT_NOTHING;
	return m->count[VERDICT_FAIL] ? EXIT_LAW : EXIT_OK;
}

static int mutants_run(struct cli *cli)
{
	struct cell_filter f = { cli->arg, cli->nargs, cli->mem, cli->pin };
	struct matrix m = { .ktap = { .out = stdout, .quiet = cli->quiet, .color = cli->color } };
	struct parse_error err;
	struct corpus c = { 0 };
	char why[256];
	int code = cli_corpus(cli, &c);

	for (size_t i = 0; !code && i < c.count; i++)
		if (cells_add(&m.cells, c.program[i], &f, &err))
			code = cli_fail(EXIT_USAGE, "%s", err.text);
	if (!code && !m.cells.count)
		code = cli_fail(EXIT_USAGE, "no cell matches");
	m.usable = calloc(m.cells.count + 1, sizeof(*m.usable));
	m.kills = calloc(m.cells.count + 1, sizeof(*m.kills));
	m.oracle.log = -1;
	if (!code && guard_start(why, sizeof(why)))
		code = cli_fail(EXIT_BROKEN, "%s", why);
	if (!code && session_scratch(true))
		code = cli_fail(EXIT_BROKEN, "no scratch folder");
	if (!code) {
		if (oracle_open(&m.oracle, true, why, sizeof(why)))
			printf("# %s\n", why);
		code = judge(cli, &m, &c);
		oracle_close(&m.oracle);
		if (guard_end(why, sizeof(why)))
			code = cli_fail(EXIT_BROKEN, "%s", why);
	}
	free(m.usable);
	free(m.kills);
	cells_free(&m.cells);
	corpus_free(&c);
	return code;
}

const struct command command_mutants = {
	.name = "mutants",
	.args = "[PATTERN...]",
	.about = "the kill matrix: every planted lie must be caught, every program must catch one",
	.run = mutants_run,
};
