// SPDX-License-Identifier: GPL-2.0-only
#include "results/report.h"

#include <errno.h>
#include <string.h>

#include "cli/cli.h"

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
	code = cli_columns(&c, cli->arg, cli->nargs);
	if (!code)
		code = write_report(cli, &c);
	cli_columns_free(&c);
	return code;
}

const struct command command_report = {
	.name = "report",
	.args = "RUN... [-o DIR]",
	.about = "failures and programs by kernels as text; with -o also costs, as one HTML file",
	.run = report_run,
};
