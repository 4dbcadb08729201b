// SPDX-License-Identifier: GPL-2.0-only
#include "results/report.h"

#include <stdlib.h>

#include "cli/cli.h"

static int report_run(struct cli *cli)
{
	struct run *runs = calloc((size_t)cli->nargs + 1, sizeof(*runs));
	size_t n = 0;
	char why[256];
	int err = 0;

	if (!cli->nargs || !runs) {
		free(runs);
		return cli_fail(EXIT_USAGE, "report takes one or more runs");
	}
	for (int i = 0; i < cli->nargs && !err; i++) {
		err = run_read(&runs[n], cli->arg[i], why, sizeof(why));
		if (err)
			err = cli_fail(EXIT_USAGE, "%s", why);
		else
			n++;
	}
	if (!err && report_text(runs, n, stdout))
		err = cli_fail(EXIT_BROKEN, "the report could not be printed");
	if (!err && cli->out && report_write(runs, n, cli->out, why, sizeof(why)))
		err = cli_fail(EXIT_BROKEN, "%s", why);
	for (size_t i = 0; i < n; i++)
		run_free(&runs[i]);
	free(runs);
	return err;
}

const struct command command_report = {
	.name = "report",
	.args = "RUN... [-o DIR]",
	.about = "programs by kernels as text, and with -o as one HTML file",
	.run = report_run,
};
