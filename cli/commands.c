// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "cli/cli.h"

const struct command *const commands[] = {
	&command_env,
	&command_list,
	&command_check,
	&command_run,
	&command_emit_c,
	&command_sweep,
	&command_mutants,
	&command_report,
	&command_matrix,
	&command_bench,
	&command_compare,
	&command_baseline,
	&command_history,
	&command_man,
	&command_completion,
	&command_serve,
	NULL,
};

const char *const exit_meaning[] = {
	[EXIT_OK] = "all well",
	[EXIT_LAW] = "a law broke, a cost regressed, or a change against the baseline",
	[EXIT_USAGE] = "wrong usage or unreadable input, nothing ran",
	[EXIT_BROKEN] = "the harness or the host failed",
	[EXIT_NOTHING] = "nothing could run",
	NULL,
};
