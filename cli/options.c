// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/option_internal.h"

enum {
	KEY_PIN = 256,
	KEY_MEM,
	KEY_CORPUS,
	KEY_RESUME,
	KEY_TRACE,
	KEY_CPU,
	KEY_VFIO,
	KEY_RDMA,
	KEY_NVME_SCRATCH,
	KEY_RDMA_PEER,
	KEY_NO_COLOR,
	KEY_MUTANT,
	KEY_DEPTH,
	KEY_ALPHABET,
	KEY_TIME,
	KEY_STEP_TIMEOUT,
	KEY_RAW,
	KEY_TIER,
	KEY_JUNIT,
	KEY_CLOCK,
	KEY_SAMPLES,
	KEY_SIZE,
	KEY_JSON,
	KEY_TEXT,
	KEY_SPLITS,
	KEY_CHAINED,
	KEY_ALL,
	KEY_BASELINES,
	KEY_OWNER,
	KEY_UNTIL,
	KEY_REASON,
	KEY_KERNEL,
	KEY_SERIES,
	KEY_HISTORY,
	KEY_DATA,
	KEY_DAYS,
	KEY_RETRY,
	KEY_NODE,
	KEY_THREADS,
	KEY_AS,
};

#define RUNS "check run sweep bench"
#define CELLS "check run sweep bench mutants"

/* Each option with the commands that it has an effect on. */
static const struct {
	const char *commands;
	struct argp_option option;
} table[] = {
	{ CELLS " emit-c list",
	  { "mem", KEY_MEM, "LIST", 0, "memory kinds instead of the program's; 'all'", 0 } },
	{ CELLS " emit-c list",
	  { "pin", KEY_PIN, "LIST", 0,
	    "mechanisms or classes (rw ro get any) instead of the program's", 0 } },
	{ RUNS, { "out", 'o', "DIR", 0, "folder for the record", 0 } },
	{ "report", { "out", 'o', "DIR", 0, "folder for the HTML file", 0 } },
	{ "matrix", { "out", 'o', "DIR", 0, "folder for matrix.txt, .md and .dat", 0 } },
	{ RUNS, { "resume", KEY_RESUME, NULL, 0, "go on behind the cells that --out has", 0 } },
	{ "check run bench mutants emit-c list",
	  { "corpus", KEY_CORPUS, "PATH", 0,
	    "*.pin from a folder, or one file, instead of the built-in corpus", 0 } },
	{ RUNS, { "trace", KEY_TRACE, NULL, 0, "print each step and every view", 0 } },
	{ CELLS,
	  { "quiet", 'q', NULL, 0, "results of what passed or was skipped as one line at the end",
	    0 } },
	{ CELLS,
	  { "no-color", KEY_NO_COLOR, NULL, 0, "no colours and no progress line on a terminal",
	    0 } },
	{ "check",
	  { "tier", KEY_TIER, "pairwise|full", 0,
	    "each pair of program, kind and mechanism once, or the whole product (full)", 0 } },
	{ RUNS, { "junit", KEY_JUNIT, "FILE", 0, "write the results as JUnit XML too", 0 } },
	{ RUNS, { "time", KEY_TIME, "SECONDS", 0, "start no cell after that time", 0 } },
	{ CELLS, { "step-timeout", KEY_STEP_TIMEOUT, "SECONDS", 0, "limit of one step (30)", 0 } },
	{ "check run sweep mutants",
	  { "cpu", KEY_CPU, "N", 0, "CPU of all actors (the last one allowed, near --rdma)", 0 } },
	{ "bench",
	  { "cpu", KEY_CPU, "LIST", 0,
	    "CPU of all actors, then those of further --threads (idle cores, near --rdma)", 0 } },
	{ "bench", { "node", KEY_NODE, "N", 0, "NUMA node of all pages (that of the CPU)", 0 } },
	{ "bench",
	  { "threads", KEY_THREADS, "N,...", 0,
	    "so many workers do the timed step at once, each on a CPU of its own", 0 } },
	{ "bench",
	  { "as", KEY_AS, "LIST", 0,
	    "workers are threads, areas (threads with a VMA each), processes (all)", 0 } },
	{ CELLS " env",
	  { "vfio", KEY_VFIO, "[DDDD:]BB:DD.F,...", 0, "PCI devices that may be used through VFIO",
	    0 } },
	{ CELLS " env",
	  { "nvme-scratch", KEY_NVME_SCRATCH, "[DDDD:]BB:DD.F/NSID,...", 0,
	    "namespaces of devices of --vfio that may be overwritten", 0 } },
	{ CELLS " env",
	  { "rdma", KEY_RDMA, "DEV[:PORT[:GID]]", 0, "RDMA device that may be used", 0 } },
	{ CELLS " env",
	  { "rdma-peer", KEY_RDMA_PEER, "ADDRESS[:PORT]", 0,
	    "'pinfold serve' on another host moves the bytes, instead of loopback", 0 } },
	{ "check run sweep", { "mutant", KEY_MUTANT, "NAME", 0, "plant a lie (see 'list')", 0 } },
	{ RUNS, { "raw", KEY_RAW, NULL, 0, "ignore deviations", 0 } },
	{ "sweep", { "depth", KEY_DEPTH, "N", 0, "longest program, in steps (3)", 0 } },
	{ "bench",
	  { "clock", KEY_CLOCK, "NAME", 0,
	    "counter, monotonic, or instructions (a counter of QEMU's -icount)", 0 } },
	{ "bench",
	  { "chained", KEY_CHAINED, NULL, 0,
	    "one reading of the clock between two faults, which disturbs them less", 0 } },
	{ "bench", { "samples", KEY_SAMPLES, "N", 0, "samples of a timed step (20000)", 0 } },
	{ "bench",
	  { "size", KEY_SIZE, "MIB", 0, "default region (4; huge pages: 16, hugetlb 8)", 0 } },
	{ "check run sweep",
	  { "retry", KEY_RETRY, "N", 0,
	    "run a cell that fails N times more and keep the score; it stays a failure", 0 } },
	{ "compare", { "text", KEY_TEXT, NULL, 0, "72 columns for a mail (the default)", 0 } },
	{ "compare baseline", { "json", KEY_JSON, NULL, 0, "one JSON object for each B", 0 } },
	{ "compare baseline", { "all", KEY_ALL, NULL, 0, "what did not change, too", 0 } },
	{ "compare",
	  { "splits", KEY_SPLITS, "N", 0,
	    "instead: how often N random halves of the runs differ from each other", 0 } },
	{ "baseline",
	  { "baselines", KEY_BASELINES, "DIR", 0,
	    "folder of baselines and waivers (results/baselines)", 0 } },
	{ "baseline", { "owner", KEY_OWNER, "WORD", 0, "waive: who answers for it", 0 } },
	{ "baseline", { "until", KEY_UNTIL, "YYYY-MM-DD", 0, "waive: its last day", 0 } },
	{ "baseline", { "reason", KEY_REASON, "TEXT", 0, "waive: why", 0 } },
	{ "baseline", { "kernel", KEY_KERNEL, "LINE", 0, "waive: only for kernels like 6.18", 0 } },
	{ "history", { "series", KEY_SERIES, "PATTERN", 0, "only these cells and costs", 0 } },
	{ "history", { "days", KEY_DAYS, "N", 0, "days in the table (14)", 0 } },
	{ "history",
	  { "data", KEY_DATA, NULL, 0, "median of each cost and day, separated by tabs", 0 } },
	{ "report",
	  { "history", KEY_HISTORY, "STORE", 0, "stored runs for the trends of the HTML file",
	    0 } },
	{ "sweep", { "alphabet", KEY_ALPHABET, "LIST", 0, "verbs to choose from", 0 } },
};

static bool listed(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
		if ((at == words || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

static double seconds(const char *text)
{
	char *end;
	double n = strtod(text, &end);

	if (end == text || !(n > 0) || n > 1e7 || (*end && strcmp(end, "s") && strcmp(end, "m")))
		exit(cli_fail(EXIT_USAGE, "expected a time like 90s, got '%s'", text));
	return *end == 'm' ? n * 60 : n;
}

static int count_arg(const char *text, int least)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < least || n > 1 << 20)
		exit(cli_fail(EXIT_USAGE, "expected a number from %d, got '%s'", least, text));
	return (int)n;
}

static const char *tier(const char *text)
{
	if (strcmp(text, "pairwise") != 0 && strcmp(text, "full") != 0)
		exit(cli_fail(EXIT_USAGE, "--tier: expected pairwise or full, got '%s'", text));
	return text;
}

static error_t parse_place(int key, char *arg, struct argp_state *state)
{
	struct cli *c = state->input;

	switch (key) {
	case KEY_CPU:
		option_cpu(c, arg);
		return 0;
	case KEY_NODE:
		option_node(c, arg);
		return 0;
	case KEY_THREADS:
		option_threads(c, arg);
		return 0;
	case KEY_AS:
		option_as(c, arg);
		return 0;
	case KEY_VFIO:
		option_vfio(arg);
		return 0;
	case KEY_RDMA_PEER:
		option_rdma_peer(arg);
		return 0;
	case KEY_RDMA:
		option_rdma(arg);
		return 0;
	case KEY_NVME_SCRATCH:
		option_nvme_scratch(arg);
		return 0;
	case ARGP_KEY_END:
		option_check_nvme_scratch();
		option_check_place(c);
		return 0;
	case ARGP_KEY_ARGS:
		c->arg = state->argv + state->next;
		c->nargs = state->argc - state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_number(int key, char *arg, struct argp_state *state)
{
	struct cli *c = state->input;

	switch (key) {
	case KEY_TIME:
		c->seconds = seconds(arg);
		return 0;
	case KEY_STEP_TIMEOUT:
		c->step_ms = (unsigned)(seconds(arg) * 1000);
		return 0;
	case KEY_SAMPLES:
		c->samples = count_arg(arg, 1);
		return 0;
	case KEY_SPLITS:
		c->splits = count_arg(arg, 1);
		return 0;
	case KEY_DAYS:
		c->days = count_arg(arg, 1);
		return 0;
	case KEY_RETRY:
		c->retry = count_arg(arg, 1);
		return 0;
	case KEY_SIZE:
		c->bytes = (size_t)count_arg(arg, 1) << 20;
		return 0;
	case KEY_DEPTH:
		c->depth = count_arg(arg, 1);
		return 0;
	case KEY_TIER:
		c->pairwise = !strcmp(tier(arg), "pairwise");
		return 0;
	case KEY_NO_COLOR:
		c->color = c->progress = false;
		return 0;
	default:
		return parse_place(key, arg, state);
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct cli *c = state->input;
	const struct {
		int key;
		const char **text;
	} texts[] = { { KEY_MEM, &c->mem },
		      { KEY_PIN, &c->pin },
		      { 'o', &c->out },
		      { KEY_CORPUS, &c->corpus },
		      { KEY_MUTANT, &c->mutant },
		      { KEY_ALPHABET, &c->alphabet },
		      { KEY_JUNIT, &c->junit },
		      { KEY_CLOCK, &c->clock },
		      { KEY_BASELINES, &c->baselines },
		      { KEY_OWNER, &c->owner },
		      { KEY_UNTIL, &c->until },
		      { KEY_REASON, &c->reason },
		      { KEY_KERNEL, &c->kernel },
		      { KEY_SERIES, &c->series },
		      { KEY_HISTORY, &c->history } };
	const struct {
		bool *flag;
		int key;
	} flags[] = { { &c->resume, KEY_RESUME },   { &c->trace, KEY_TRACE },
		      { &c->quiet, 'q' },	    { &c->raw, KEY_RAW },
		      { &c->json, KEY_JSON },	    { &c->text, KEY_TEXT },
		      { &c->chained, KEY_CHAINED }, { &c->all, KEY_ALL },
		      { &c->data, KEY_DATA } };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].key == key) {
			*texts[i].text = arg;
			return 0;
		}
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].key == key) {
			*flags[i].flag = true;
			return 0;
		}
	return parse_number(key, arg, state);
}

size_t cli_options(const struct command *c, struct argp_option options[CLI_OPTIONS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (listed(table[i].commands, c->name) && n + 1 < CLI_OPTIONS_MAX)
			options[n++] = table[i].option;
	options[n] = (struct argp_option){ 0 };
	return n;
}

int cli_parse(struct cli *cli, const struct command *c, int argc, char **argv)
{
	struct argp_option options[CLI_OPTIONS_MAX] = { 0 };
	struct argp argp = { options, parse_option, c->args, c->about, NULL, NULL, NULL };

	cli_options(c, options);
	argp_err_exit_status = EXIT_USAGE;
	return argp_parse(&argp, argc, argv, 0, NULL, cli) ? EXIT_USAGE : 0;
}
