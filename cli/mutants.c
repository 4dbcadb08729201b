// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/guard.h"

/*
 * The kill matrix: each mutant must be caught by some cell, each program must
 * catch some mutant. A cell that doesn't pass without a lie proves nothing.
 */
struct matrix {
	struct cell_list cells;
	bool *usable;  /* of each cell: passes without a lie */
	size_t *kills; /* of each cell */
	size_t killed_by;
};

static bool concerns(const struct mutant *m, const struct cell *c)
{
	if (m->mem)
		return !strcmp(m->mem_name, c->mem->name);
	if (m->pin) {
		const struct pin_kind *k = pin_kind_find(m->pin);

		return k && c->pin[k->class] && c->pin[k->class]->promise == k->promise;
	}
	for (int i = 0; i < c->program->nsteps; i++)
		if (!strcmp(c->program->step[i].verb, m->verb))
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

static void run_mutant(const struct cli *cli, struct matrix *m, const struct mutant *mutant)
{
	struct executor *x = open_executor(cli, mutant);
	size_t tried = 0;

	m->killed_by = 0;
	for (size_t i = 0; x && i < m->cells.count; i++) {
		struct verdict v;

		if (!m->usable[i] || (mutant && !concerns(mutant, &m->cells.cell[i])))
			continue;
		tried++;
		cell_run(x, &m->cells.cell[i], &v);
		if (!mutant) {
			m->usable[i] = v.kind == VERDICT_PASS;
		} else if (v.kind == VERDICT_FAIL || v.kind == VERDICT_UNREACHED) {
			m->kills[i]++;
			m->killed_by++;
		}
	}
	if (x)
		executor_close(x);
	if (mutant)
		printf("%s - mutant %s: %zu of %zu cells catch it\n",
		       m->killed_by ? "ok" :
		       tried	    ? "not ok" :
				      "ok # SKIP",
		       mutant->name, m->killed_by, tried);
}

static bool program_kills(const struct matrix *m, const struct program *p, bool *ran)
{
	bool kills = false;

	*ran = false;
	for (size_t i = 0; i < m->cells.count; i++)
		if (m->cells.cell[i].program == p && m->usable[i]) {
			*ran = true;
			kills |= m->kills[i] > 0;
		}
	return kills;
}

static int judge(const struct cli *cli, struct matrix *m, const struct corpus *c)
{
	int missing = 0, skipped = 0, passed = 0;

	for (size_t i = 0; i < m->cells.count; i++) {
		char need[32], why[200];

		m->usable[i] = !cell_needs(&m->cells.cell[i], true, need, why, sizeof(why));
	}
	run_mutant(cli, m, NULL);
	for (const struct mutant *const *mu = mutants; *mu; mu++) {
		bool any = false;

		for (size_t i = 0; i < m->cells.count; i++)
			any |= m->usable[i] && concerns(*mu, &m->cells.cell[i]);
		run_mutant(cli, m, *mu);
		missing += any && !m->killed_by;
		skipped += !any;
		passed += any && m->killed_by;
	}
	for (size_t i = 0; i < c->count; i++) {
		bool ran, kills = program_kills(m, c->program[i], &ran);

		skipped += !ran;
		passed += kills;
		missing += ran && !kills;
		if (!kills)
			printf("%s - program %s/%s %s\n", ran ? "not ok" : "ok # SKIP",
			       c->program[i]->family, c->program[i]->name,
			       ran ? "catches no mutant" : "no cell of it passes here");
	}
	printf("# %d passed, %d failed, %d skipped\n", passed, missing, skipped);
	if (!missing && !passed)
		return EXIT_NOTHING;
	return missing ? EXIT_LAW : EXIT_OK;
}

static int mutants_run(struct cli *cli)
{
	struct cell_filter f = { cli->arg, cli->nargs, cli->mem, cli->pin };
	struct matrix m = { 0 };
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
	if (!code && guard_start(why, sizeof(why)))
		code = cli_fail(EXIT_BROKEN, "%s", why);
	if (!code && session_scratch(true))
		code = cli_fail(EXIT_BROKEN, "no scratch folder");
	if (!code) {
		code = judge(cli, &m, &c);
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
