// SPDX-License-Identifier: GPL-2.0-only
#include "results/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct columns {
	struct side *side;
	size_t count;
};

static bool joined(struct columns *c, struct side *s)
{
	for (size_t i = 0; i < c->count; i++)
		if (side_join(&c->side[i], s))
			return true;
	return false;
}

/*
 * One run or folder; several kernels in it are columns of their own, and what a kernel ran
 * elsewhere (check, then bench) is one column with it.
 */
static int add_columns(struct columns *c, char *const path[])
{
	struct side all, *part, *grown;
	size_t parts;

	if (cli_side(&all, path, 1))
		return EXIT_USAGE;
	if (side_split(&all, &part, &parts))
		return cli_fail(EXIT_BROKEN, "out of memory");
	grown = realloc(c->side, (c->count + parts) * sizeof(*grown));
	if (!grown)
		return cli_fail(EXIT_BROKEN, "out of memory");
	c->side = grown;
	for (size_t i = 0; i < parts; i++)
		if (!joined(c, &part[i]))
			c->side[c->count++] = part[i];
	free(part);
	return 0;
}

static void left_out(void *arg, const char *why)
{
	(void)arg;
	cli_fail(0, "left out: %s", why);
}

static int read_history(const char *store, struct history **h)
{
	char why[4500] = "out of memory";
	int err;

	*h = history_open();
	err = *h ? history_read(*h, store, left_out, NULL, why, sizeof(why)) : -ENOMEM;
	if (!err)
		err = history_finish(*h);
	return err ? cli_fail(EXIT_USAGE, "%s", why) : 0;
}

static int write_report(const struct cli *cli, const struct columns *c)
{
	struct history *h = NULL;
	char why[4500];
	int code = 0;

	if (report_text(c->side, c->count, stdout))
		return cli_fail(EXIT_BROKEN, "the report could not be printed");
	if (cli->out && cli->history)
		code = read_history(cli->history, &h);
	if (!code && cli->out && report_write(c->side, c->count, h, cli->out, why, sizeof(why)))
		code = cli_fail(EXIT_BROKEN, "%s", why);
	else if (!code && cli->out && why[0])
		cli_fail(0, "%s", why);
	history_close(h);
	return code;
}

static int report_run(struct cli *cli)
{
	struct columns c = { 0 };
	int code = 0;

	if (!cli->nargs)
		return cli_fail(EXIT_USAGE, "report takes one or more runs");
	for (int i = 0; i < cli->nargs && !code; i++)
		code = add_columns(&c, cli->arg + i);
	if (!code)
		code = write_report(cli, &c);
	for (size_t i = 0; i < c.count; i++)
		side_free(&c.side[i]);
	free(c.side);
	return code;
}

const struct command command_report = {
	.name = "report",
	.args = "RUN... [-o DIR]",
	.about = "failures and programs by kernels as text; with -o also costs, as one HTML file",
	.run = report_run,
};
