// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <string.h>

#include "cli/cli.h"
#include "rdma/wire.h"

static volatile int stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int serve_run(struct cli *cli)
{
	struct sigaction action = { .sa_handler = on_signal };
	char why[200] = "";
	int err;

	if (cli->nargs != 1)
		return cli_fail(EXIT_USAGE, "serve: expected one ADDRESS[:PORT] of this host");
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	err = peer_serve(cli->arg[0], &stop, why, sizeof(why));
	if (err)
		return cli_fail(EXIT_BROKEN, "serve: %s", why);
	return EXIT_OK;
}

const struct command command_serve = {
	.name = "serve",
	.args = "ADDRESS[:PORT]",
	.about = "moves bytes over RDMA for a run with --rdma-peer on another host",
	.run = serve_run,
};
