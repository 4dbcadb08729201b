// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/base/version.h"
#include "core/need/need.h"

/* Text for roff: no line begins with a control character, no '-' becomes a hyphen. */
static void text(const char *s)
{
	for (const char *c = s; *c; c++) {
		if (c == s && (*c == '.' || *c == '\''))
			fputs("\\&", stdout);
		if (*c == '\\')
			fputs("\\e", stdout);
		else if (*c == '-')
			fputs("\\-", stdout);
		else
			putchar(*c);
	}
}

/* A term, bold, and what it is. */
static void term(const char *name, const char *about)
{
	fputs(".TP\n\\fB", stdout);
	text(name);
	fputs("\\fR\n", stdout);
	text(about);
	putchar('\n');
}

static void option(const struct argp_option *o)
{
	fputs(".TP\n", stdout);
	if (o->key < 256)
		printf("\\fB\\-%c\\fR, ", o->key);
	fputs("\\fB\\-\\-", stdout);
	text(o->name);
	fputs("\\fR", stdout);
	if (o->arg) {
		fputs("=\\fI", stdout);
		text(o->arg);
		fputs("\\fR", stdout);
	}
	putchar('\n');
	text(o->doc);
	putchar('\n');
}

static void command(const struct command *c)
{
	struct argp_option options[CLI_OPTIONS_MAX];
	size_t n = cli_options(c, options);

	fputs(".SS pinfold ", stdout);
	text(c->name);
	if (*c->args) {
		putchar(' ');
		text(c->args);
	}
	putchar('\n');
	text(c->about);
	puts(".");
	for (size_t i = 0; i < n; i++)
		if (!(options[i].flags & OPTION_HIDDEN))
			option(&options[i]);
}

static void tables(void)
{
	puts(".SH VERBS");
	for (const struct verb *const *v = verbs; *v; v++)
		term((*v)->name, (*v)->about);
	puts(".SH MEMORY KINDS");
	for (const struct mem_kind *const *k = mem_kinds; *k; k++)
		if (!(*k)->mutant)
			term((*k)->name, (*k)->about);
	puts(".SH PIN MECHANISMS");
	for (const struct pin_kind *const *k = pin_kinds; *k; k++)
		if (!(*k)->mutant)
			term((*k)->name, (*k)->about);
	puts(".SH NEEDS");
	for (const struct need *const *n = needs; *n; n++)
		term((*n)->name, (*n)->about);
}

static void head(void)
{
	printf(".TH PINFOLD 1 \"\" \"pinfold %s\"\n", pinfold_version);
	puts(".SH NAME\npinfold \\- copy\\-on\\-write, get_user_pages and page pinning under "
	     "test\n.SH SYNOPSIS");
	for (const struct command *const *c = commands; *c; c++) {
		fputs("\\fBpinfold ", stdout);
		text((*c)->name);
		printf(" \\fR[\\fIOPTION\\fR...]%s", *(*c)->args ? " " : "");
		text((*c)->args);
		puts(c[1] ? "\n.br" : "");
	}
	puts(".SH DESCRIPTION");
	text("A test is a program in numbered steps, such as 'P:write=1 P:fork C:exit P:pin-rw "
	     "P:write=2 D:read'. A model computes what each step may read; a program runs on "
	     "each memory kind with each pin mechanism, which is a cell. Results are KTAP on "
	     "standard output and a record in a folder of the run.");
	puts("\n.PP");
	text("A pattern without a wildcard matches any part of a cell's id.");
	putchar('\n');
}

static void foot(void)
{
	puts(".SH EXIT STATUS");
	for (int i = 0; exit_meaning[i]; i++) {
		char number[12];

		snprintf(number, sizeof(number), "%d", i);
		term(number, exit_meaning[i]);
	}
	puts(".SH ENVIRONMENT");
	term("TMPDIR", "where images and mounts of a run are made (/tmp)");
	term("PINFOLD_STATE_DIR", "folder of the lock and of the journal of changes of the host");
	puts(".SH FILES");
	term("results/runs/TIME-COMMAND-PID/records.jsonl", "the record, without --out");
	term("/var/lib/pinfold/journal", "changes of the host that are still to be undone; the "
					 "next run undoes them");
}

static int man_run(struct cli *cli)
{
	if (cli->nargs)
		return cli_fail(EXIT_USAGE, "man takes no argument");
	head();
	puts(".SH COMMANDS");
	for (const struct command *const *c = commands; *c; c++)
		command(*c);
	tables();
	foot();
	return fflush(stdout) ? cli_fail(EXIT_BROKEN, "cannot write the page") : EXIT_OK;
}

const struct command command_man = {
	.name = "man",
	.args = "",
	.about = "prints this program's manual page: pinfold man | man -l -",
	.run = man_run,
};
