/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands: one table in pinfold.c, one file each. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <argp.h>
#include <stdbool.h>

#include "core/enumerate.h"
#include "results/ktap.h"
#include "results/record.h"

enum { CLI_STEP_MS = 30000 };

/* Options that several commands share; parsed by cli_parse(). */
struct cli {
	const char *command;
	char line[512]; /* the whole command, for the record */
	char **arg;	/* what is left of argv */
	int nargs;
	const char *out, *corpus, *mem, *pin, *mutant, *alphabet;
	bool resume, quiet, color, trace, raw, known_only;
	int cpu, depth;
	double seconds;	  /* --time, 0 none */
	unsigned step_ms; /* --step-timeout */
};

struct command {
	const char *name, *args, *about;
	int (*run)(struct cli *cli);
};

extern const struct command command_env, command_list, command_check, command_run;
extern const struct command command_emit_c, command_sweep, command_report, command_mutants;

/*
 * Parses what follows the command's name; an option without an effect on the
 * command is unknown. 0, or EXIT_USAGE after one line; --help and broken values exit.
 */
int cli_parse(struct cli *cli, const struct command *c, int argc, char **argv);

/* Loads --corpus, or the one in the binary. 0, or EXIT_USAGE after one line. */
int cli_corpus(const struct cli *cli, struct corpus *c);

/* One line "pinfold: ..." on standard error; returns code. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- A session: guard, record, executor and output of one run --- */

struct session {
	const struct cli *cli;
	struct record *record;
	struct executor *executor;
	struct ktap ktap;
	bool guarded;
	int count[5];	       /* by enum verdict_kind */
	int known, unexpected; /* failures with a deviation; passes in spite of one */
	int kernel;	       /* see kernel_number() */
	uint64_t end_ns;       /* of --time, 0 none */
	uint64_t *overhead_ns;
	size_t noverheads, overhead_room;
};

/* Starts guard, executor and record. 0 or an exit code after one line. */
int session_begin(struct session *s, const struct cli *cli, const struct mutant *mutant);
/* Makes the run's scratch folder (see host_options). 0 or -errno. */
int session_scratch(bool guarded);
/* Runs one cell (needs, resume, record, KTAP). *v is its verdict. */
void session_cell(struct session *s, const struct cell *c, struct verdict *v);
bool session_time_over(const struct session *s);
/* Totals, restores the host, closes. The exit code of the run. */
int session_end(struct session *s);

#endif
