// SPDX-License-Identifier: GPL-2.0-only
#include "results/history.h"

#include "cli/cli.h"

enum { DAYS_SHOWN = 14 };

static size_t left_out;

static void broken(void *arg, const char *why)
{
	(void)arg;
	left_out++;
	cli_fail(0, "left out: %s", why);
}

static int history_run(struct cli *cli)
{
	static char *fallback[] = { (char *)"results/runs" };
	char **path = cli->nargs ? cli->arg : fallback;
	struct history *h = history_open();
	char why[4500] = "out of memory";
	int err = h ? 0 : -1;

	left_out = 0;
	for (int i = 0; i < (cli->nargs ? cli->nargs : 1) && !err; i++)
		err = history_read(h, path[i], broken, NULL, why, sizeof(why));
	if (!err && !h->runs) {
		snprintf(why, sizeof(why), "%.4000s: no run there can be read", path[0]);
		err = -1;
	}
	if (!err)
		err = history_finish(h);
	if (err) {
		history_close(h);
		return cli_fail(EXIT_USAGE, "%s", why);
	}
	if (cli->data)
		history_data(h, cli->series ? cli->series : "*", stdout);
	else
		history_text(h, cli->days ? (size_t)cli->days : DAYS_SHOWN,
			     cli->series ? cli->series : "*", stdout);
	history_close(h);
	return left_out ? EXIT_USAGE : EXIT_OK;
}

const struct command command_history = {
	.name = "history",
	.args = "[STORE...]",
	.about = "stored runs over time: days, failures, steps of costs (results/runs)",
	.run = history_run,
};
