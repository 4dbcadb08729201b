// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cli.h"

static int emit_run(struct cli *cli)
{
	(void)cli;
	return cli_fail(EXIT_USAGE, "emit-c is not there yet");
}

const struct command command_emit_c = {
	.name = "emit-c",
	.args = "FILE.pin | CELL-ID",
	.about = "one C file with no dependency but libc and the mechanism's own header",
	.run = emit_run,
};
