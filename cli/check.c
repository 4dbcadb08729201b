// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "core/run/pairwise.h"

/* In the order of kinds, so that a need's set-up serves a run of cells. */
static int add_all(const struct corpus *c, const struct cell_filter *f, struct cell_list *l,
		   struct parse_error *err)
{
	err->text[0] = '\0';

	for (size_t i = 0; i < c->count; i++)
		if (cells_add(l, c->program[i], f, err))
			return cli_fail(EXIT_USAGE, "%s", err->text);
	return 0;
}

static const struct mutant *chosen_mutant(const struct cli *cli, int *err)
{
	const struct mutant *m = cli->mutant ? mutant_find(cli->mutant) : NULL;

	*err = cli->mutant && !m ? cli_fail(EXIT_USAGE, "no mutant '%s'", cli->mutant) : 0;
	return m;
}

static bool can_run(const struct cell *c, void *arg)
{
	const struct session *s = arg;
	char need[32], why[200];

	return !cell_needs(c, s->guarded, need, why, sizeof(why));
}

/* After the session began: which cells can hold a pair depends on this host. */
static int choose_tier(struct session *s, struct cell_list *l)
{
	size_t all = l->count;
	long pairs;

	if (!s->cli->pairwise)
		return 0;
	ktap_begin(&s->ktap);
	pairs = cells_pairwise(l, can_run, s);
	if (pairs < 0)
		return cli_fail(EXIT_BROKEN, "out of memory");
	printf("# tier pairwise: %zu of %zu cells, they hold all %ld pairs of program, kind and "
	       "mechanism\n",
	       l->count, all, pairs);
	return 0;
}

static int run_list(struct cli *cli, struct cell_list *l)
{
	static struct session s;
	const char *over;
	int err, code;
	const struct mutant *m = chosen_mutant(cli, &err);

	if (err)
		return err;
	err = session_begin(&s, cli, m);
	if (err)
		return err;
	err = choose_tier(&s, l);
	ktap_plan(&s.ktap, l->count);
	progress_begin(&s.progress, l->count, s.end_ns);
	for (size_t i = 0; i < l->count && !err; i++) {
		over = session_over(&s);
		if (over) {
			session_flush(&s);
			printf("# %s, %zu cells did not run\n", over, l->count - i);
			break;
		}
		s.coming = &l->cell[i + 1];
		s.ncoming = l->count - i - 1;
		session_cell(&s, &l->cell[i], NULL);
	}
	code = session_end(&s);
	return err ? err : code;
}

static int check_run(struct cli *cli)
{
	struct cell_filter f = { cli->arg, cli->nargs, cli->mem, cli->pin };
	struct cell_list l = { 0 };
	struct corpus c = { 0 };
	struct parse_error perr;
	int err = cli_corpus(cli, &c);

	if (!err)
		err = add_all(&c, &f, &l, &perr);
	if (!err && !l.count)
		err = cli_fail(EXIT_USAGE, "no cell matches");
	if (!err)
		err = run_list(cli, &l);
	cells_free(&l);
	corpus_free(&c);
	return err;
}

const struct command command_check = {
	.name = "check",
	.args = "[PATTERN...]",
	.about = "runs the corpus: a verdict for each program x memory kind x mechanism",
	.run = check_run,
};

static int steps_program(const char *text, struct corpus *c)
{
	struct parse_error err;
	struct program *p = program_new();

	c->program = malloc(sizeof(struct program *));
	if (!p || !c->program)
		return cli_fail(EXIT_BROKEN, "out of memory");
	c->program[0] = p;
	c->count = 1;
	if (steps_parse(p, text, "steps", 1, 1, &err))
		return cli_fail(EXIT_USAGE, "%s", err.text);
	return 0;
}

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

/* The id of a program without a name is its steps and the cell: split them again. */
static void split_id(char *text, struct cell_filter *f)
{
	char *mem = strstr(text, "/mem="), *pin = strstr(text, "/pin=");

	if (mem) {
		*mem = '\0';
		f->mem = mem + strlen("/mem=");
	}
	if (pin) {
		*pin = '\0';
		f->pin = pin + strlen("/pin=");
		for (pin = strchr(pin + strlen("/pin="), '+'); pin; pin = strchr(pin, '+'))
			*pin = ',';
	}
}

/* A file, a folder, steps (they have a ':'), or the id of a cell. */
static int run_run(struct cli *cli)
{
	struct cell_filter f = { NULL, 0, cli->mem, cli->pin };
	struct cell_list l = { 0 };
	struct corpus c = { 0 };
	struct parse_error perr;
	int err = 0;

	if (cli->nargs != 1)
		return cli_fail(EXIT_USAGE, "run takes FILE.pin, 'STEPS' or CELL-ID");
	if (is_file(cli->arg[0])) {
		if (corpus_load(&c, cli->arg[0], &perr))
			err = cli_fail(EXIT_USAGE, "%s", perr.text);
		cli->corpus = cli->arg[0];
	} else if (strchr(cli->arg[0], ':') || strchr(cli->arg[0], '{') ||
		   strchr(cli->arg[0], ' ')) {
		split_id(cli->arg[0], &f);
		err = steps_program(cli->arg[0], &c);
	} else {
		err = cli_corpus(cli, &c);
		f.pattern = cli->arg;
		f.npatterns = 1;
	}
	if (!err)
		err = add_all(&c, &f, &l, &perr);
	if (!err && !l.count)
		err = cli_fail(EXIT_USAGE, "nothing to run for '%s'%s%s", cli->arg[0],
			       *perr.text ? ": " : "", perr.text);
	if (!err)
		err = run_list(cli, &l);
	cells_free(&l);
	corpus_free(&c);
	return err;
}

const struct command command_run = {
	.name = "run",
	.args = "FILE.pin | 'STEPS' | CELL-ID",
	.about = "runs one program; --trace prints each step and every view",
	.run = run_run,
};
