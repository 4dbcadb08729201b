// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "core/emit/emit.h"

/* Fills one program and says what of the id is the cell. */
static int parse_steps(const struct cli *cli, struct corpus *c, struct cell_filter *f)
{
	char *text = cli->arg[0], *mem = strstr(text, "/mem="), *pin = strstr(text, "/pin=");
	struct program *p = program_new();
	struct parse_error err;

	c->program = malloc(sizeof(struct program *));
	if (!p || !c->program)
		return cli_fail(EXIT_BROKEN, "out of memory");
	c->program[c->count++] = p;
	if (mem)
		f->mem = mem + strlen("/mem=");
	if (pin)
		f->pin = pin + strlen("/pin=");
	for (char *at = text; (mem || pin) && *at; at++)
		*at = at == mem || at == pin ? '\0' : pin && at > pin && *at == '+' ? ',' : *at;
	return steps_parse(p, text, "steps", 1, 1, &err) ? cli_fail(EXIT_USAGE, "%s", err.text) : 0;
}

/* A file, steps (they have a ':'), or the id of a cell. */
static int load(const struct cli *cli, struct corpus *c, struct cell_filter *f)
{
	struct parse_error err;
	struct stat st;

	if (!stat(cli->arg[0], &st))
		return corpus_load(c, cli->arg[0], &err) ? cli_fail(EXIT_USAGE, "%s", err.text) : 0;
	if (strpbrk(cli->arg[0], ": "))
		return parse_steps(cli, c, f);
	f->pattern = cli->arg;
	f->npatterns = 1;
	return cli_corpus(cli, c);
}

/* The cell of that very id is meant alone, not those whose ids begin like it. */
static void choose(const char *id, const struct cell_list *l, size_t *first, size_t *end)
{
	*first = 0;
	*end = l->count;
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->cell[i].id, id)) {
			*first = i;
			*end = i + 1;
		}
}

/* The first cell that has C text; what the last one lacks is told on standard error. */
static int print_first(const struct cli *cli, const struct cell_list *l)
{
	size_t first, end;
	char why[256];

	if (!l->count)
		return cli_fail(EXIT_USAGE, "nothing to print for '%s'", cli->arg[0]);
	choose(cli->arg[0], l, &first, &end);
	for (size_t i = first; i < end; i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		int err = out ? emit_cell(out, &l->cell[i], why, sizeof(why)) : -1;

		if (out)
			fclose(out);
		if (!err)
			fputs(text, stdout);
		free(text);
		if (err && i + 1 < end)
			continue;
		return err ? cli_fail(EXIT_USAGE, "%s", out ? why : "out of memory") : 0;
	}
	return EXIT_USAGE;
}

static int emit_run(struct cli *cli)
{
	struct cell_filter f = { NULL, 0, cli->mem, cli->pin };
	struct cell_list l = { 0 };
	struct corpus c = { 0 };
	struct parse_error perr;
	int err;

	if (cli->nargs != 1)
		return cli_fail(EXIT_USAGE, "emit-c takes FILE.pin, 'STEPS' or CELL-ID");
	err = load(cli, &c, &f);
	for (size_t i = 0; i < c.count && !err; i++)
		if (cells_add(&l, c.program[i], &f, &perr))
			err = cli_fail(EXIT_USAGE, "%s", perr.text);
	if (!err)
		err = print_first(cli, &l);
	cells_free(&l);
	corpus_free(&c);
	return err;
}

const struct command command_emit_c = {
	.name = "emit-c",
	.args = "FILE.pin | 'STEPS' | CELL-ID",
	.about = "one C file with no dependency but libc and the mechanism's own header",
	.run = emit_run,
};
