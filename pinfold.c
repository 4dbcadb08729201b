// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/actor/actor.h"
#include "core/base/version.h"

static void usage(FILE *out)
{
	fputs("pinfold: copy-on-write, get_user_pages and page pinning under test\n\n", out);
	for (const struct command *const *c = commands; *c; c++)
		fprintf(out, "  pinfold %-10s %-30s %s\n", (*c)->name, (*c)->args, (*c)->about);
	fputs("\n  pinfold COMMAND --help lists the options.\nexit codes\n", out);
	for (int i = 0; exit_meaning[i]; i++)
		fprintf(out, "  %d  %s\n", i, exit_meaning[i]);
}

static int run_command(const struct command *c, int argc, char **argv)
{
	struct cli cli = { .command = c->name,
			   .cpu = -1,
			   .node = -1,
			   .depth = 3,
			   .step_ms = CLI_STEP_MS,
			   .samples = 20000,
			   .color = isatty(STDOUT_FILENO),
			   .progress = progress_possible() };
	char name[64];

	snprintf(name, sizeof(name), "pinfold %s", c->name);
	snprintf(cli.line, sizeof(cli.line), "%s", name);
	for (int i = 1; i < argc; i++) {
		size_t n = strlen(cli.line);

		snprintf(cli.line + n, sizeof(cli.line) - n, strchr(argv[i], ' ') ? " '%s'" : " %s",
			 argv[i]);
	}
	argv[0] = name;
	return cli_parse(&cli, c, argc, argv) ? EXIT_USAGE : c->run(&cli);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && !strcmp(argv[1], "actor"))
		return actor_main(atoi(argv[2]), atoi(argv[3]));
	if (argc == 2 && !strcmp(argv[1], "fork-cost"))
		return overhead_fork_cost();
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))) {
		usage(stdout);
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		printf("pinfold %s %s\n", pinfold_version, pinfold_commit);
		return 0;
	}
	for (const struct command *const *c = commands; argc > 1 && *c; c++)
		if (!strcmp((*c)->name, argv[1]))
			return run_command(*c, argc - 1, argv + 1);
	usage(stderr);
	return argc > 1 ? cli_fail(EXIT_USAGE, "no command '%s'", argv[1]) : EXIT_USAGE;
}
