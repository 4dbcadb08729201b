/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands: one table in commands.c, one file each. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <argp.h>
#include <sched.h>
#include <stdbool.h>

#include "bench/crew.h"
#include "cli/overhead.h"
#include "cli/progress.h"
#include "core/run/enumerate.h"
#include "core/run/oracle.h"
#include "results/junit.h"
#include "results/ktap.h"
#include "results/record.h"

enum { CLI_STEP_MS = 30000, CLI_OPTIONS_MAX = 40, CLI_THREADS_MAX = 16 };

/* Options that several commands share; parsed by cli_parse(). */
struct cli {
	const char *command;
	char line[512]; /* the whole command, for the record */
	char **arg;	/* what is left of argv */
	int nargs;
	const char *out, *corpus, *mem, *pin, *mutant, *alphabet, *junit;
	bool resume, quiet, color, progress, trace, raw, known_only, pairwise;
	int cpu, depth;	  /* cpu: the first one of --cpu, or -1 */
	double seconds;	  /* --time, 0 none */
	unsigned step_ms; /* --step-timeout */
	/* bench: */
	const char *clock;
	int samples;  /* --samples */
	size_t bytes; /* --size, 0 the kind's */
	int cpus[WORKERS_MAX], ncpus;
	int node; /* -1: that of the CPU */
	int threads[CLI_THREADS_MAX], nthreads;
	unsigned crews; /* --as: bitmap of enum crew_kind, 0 all */
	void (*timed)(void *by, const struct op *op, const struct timing *t);
	void *timed_by;
	/* compare: */
	bool json, text, chained, all;
	int splits;
	/* baseline, history, report: */
	const char *baselines, *owner, *until, *reason, *kernel, *series, *history;
	bool data;
	int days, retry;
};

struct command {
	const char *name, *args, *about;
	int (*run)(struct cli *cli);
};

extern const struct command *const commands[]; /* NULL-terminated */
extern const struct command command_env, command_list, command_check, command_run;
extern const struct command command_emit_c, command_sweep, command_report, command_mutants;
extern const struct command command_matrix;
extern const struct command command_bench, command_compare, command_man, command_completion;
extern const struct command command_baseline, command_history;
extern const struct command command_serve;

/* What each exit code means; NULL-terminated. */
extern const char *const exit_meaning[];

/*
 * Parses what follows the command's name; an option without an effect on the
 * command is unknown. 0, or EXIT_USAGE after one line; --help and broken values exit.
 */
int cli_parse(struct cli *cli, const struct command *c, int argc, char **argv);

/* The options of a command, ended by an empty one. Returns their number. */
size_t cli_options(const struct command *c, struct argp_option options[CLI_OPTIONS_MAX]);

/* Loads --corpus, or the one in the binary. 0, or EXIT_USAGE after one line. */
int cli_corpus(const struct cli *cli, struct corpus *c);

/* Stored runs as one side. 0, or EXIT_USAGE after one line. */
struct side;
int cli_side(struct side *s, char *const path[], size_t n);

/* Stored runs side by side: a side for each kernel and machine. */
struct columns {
	struct side *side;
	size_t count;
};

/* 0, or an exit code after one line; to be freed in both cases. */
int cli_columns(struct columns *c, char *const path[], int n);
void cli_columns_free(struct columns *c);

/* One line "pinfold: ..." on standard error; returns code. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- A session: guard, record, executor and output of one run --- */

/*
 * A cell whose result waits for the end of its batch: then the host's log and
 * counters are looked at, and a batch that left something behind is run again in
 * halves until it is known which cell it was.
 */
struct pending {
	struct cell cell;
	struct verdict verdict;
	struct program *own; /* freed with it */
	bool ran;
};

enum { BATCH_CELLS = 32, BATCH_MS = 1000 };

struct session {
	const struct cli *cli;
	struct record *record;
	struct executor *executor;
	struct run_options options; /* of the executor */
	int cpu[WORKERS_MAX];	    /* of the cells; of further workers */
	cpu_set_t beside;	    /* CPUs of what is no worker, as far as there are any */
	struct ktap ktap;
	struct junit *junit; /* NULL: not asked for */
	struct progress progress;
	struct oracle oracle;
	bool guarded;
	int count[5];	       /* by enum verdict_kind */
	int known, unexpected; /* failures with a deviation; passes in spite of one */
	int kernel;	       /* see kernel_number() */
	uint64_t end_ns;       /* of --time, 0 none */
	struct overhead overhead;
	struct pending pending[BATCH_CELLS];
	size_t npending;
	bool watching; /* a cell of the batch ran */
	int opened;    /* executor_opened() at its begin */
	/* Runs one cell; cell_run() unless a command replaces it. */
	void (*run)(struct session *s, const struct cell *c, struct verdict *v);
	uint64_t batch_ns;
	const struct cell *coming; /* behind the next one, as far as it is known */
	size_t ncoming;
};

/* Starts guard, executor and record. 0 or an exit code after one line. */
int session_begin(struct session *s, const struct cli *cli, const struct mutant *mutant);
/* Makes the run's scratch folder (see host_options). 0 or -errno. */
int session_scratch(bool guarded);
/*
 * Runs one cell (needs, resume, record); its result appears at the end of the
 * batch. own: a program to free then, or NULL.
 */
void session_cell(struct session *s, const struct cell *c, struct program *own);
/* Ends the batch: judges the host, prints the results. */
void session_flush(struct session *s);
/* Why no further cell may start, or NULL. */
const char *session_over(const struct session *s);
/* Totals, restores the host, closes. The exit code of the run. */
int session_end(struct session *s);

#endif
