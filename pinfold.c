// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/actor.h"
#include "core/embedded.h"
#include "core/need.h"

#ifndef PINFOLD_VERSION
#define PINFOLD_VERSION "unknown"
#endif

static const struct command *const commands[] = {
	&command_env,	 &command_list,	 &command_check,   &command_run,
	&command_emit_c, &command_sweep, &command_mutants, &command_report,
};

enum {
	KEY_PIN = 256,
	KEY_MEM,
	KEY_CORPUS,
	KEY_RESUME,
	KEY_TRACE,
	KEY_CPU,
	KEY_VFIO,
	KEY_RDMA,
	KEY_NO_COLOR,
	KEY_MUTANT,
	KEY_DEPTH,
	KEY_ALPHABET,
	KEY_TIME,
	KEY_STEP_TIMEOUT,
	KEY_RAW
};

static const struct argp_option options[] = {
	{ "mem", KEY_MEM, "LIST", 0, "memory kinds instead of the program's; 'all'", 0 },
	{ "pin", KEY_PIN, "LIST", 0,
	  "mechanisms or classes (rw ro get any) instead of the program's", 0 },
	{ "out", 'o', "DIR", 0, "folder for the record (report: for the HTML file)", 0 },
	{ "resume", KEY_RESUME, NULL, 0, "go on behind the cells that --out has", 0 },
	{ "corpus", KEY_CORPUS, "DIR", 0, "read *.pin from disk instead of the built-in corpus",
	  0 },
	{ "trace", KEY_TRACE, NULL, 0, "print each step and every view", 0 },
	{ "quiet", 'q', NULL, 0, "only cells that neither passed nor were skipped", 0 },
	{ "no-color", KEY_NO_COLOR, NULL, 0, "no colours on a terminal", 0 },
	{ "time", KEY_TIME, "SECONDS", 0, "start no cell after that time", 0 },
	{ "step-timeout", KEY_STEP_TIMEOUT, "SECONDS", 0, "limit of one step (30)", 0 },
	{ "cpu", KEY_CPU, "N", 0, "CPU of all actors (the last one allowed)", 0 },
	{ "vfio", KEY_VFIO, "BB:DD.F,...", 0, "PCI devices that may be used through VFIO", 0 },
	{ "rdma", KEY_RDMA, "DEV", 0, "RDMA device that may be used", 0 },
	{ "mutant", KEY_MUTANT, "NAME", 0, "plant a lie (see 'list')", 0 },
	{ "depth", KEY_DEPTH, "N", 0, "sweep: longest program, in steps", 0 },
	{ "alphabet", KEY_ALPHABET, "LIST", 0, "sweep: verbs to choose from", 0 },
	{ "raw", KEY_RAW, NULL, 0, "ignore deviations", 0 },
	{ 0 }
};

static void set_text(char *dst, size_t size, const char *src)
{
	snprintf(dst, size, "%s", src);
}

static double seconds(const char *text, struct argp_state *state)
{
	char *end;
	double n = strtod(text, &end);

	if (end == text || n <= 0 || (*end && strcmp(end, "s") && strcmp(end, "m")))
		argp_error(state, "expected a time like 90s, got '%s'", text);
	return *end == 'm' ? n * 60 : n;
}

static int count_arg(const char *text, int least, struct argp_state *state)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < least || n > 1 << 20)
		argp_error(state, "expected a number from %d, got '%s'", least, text);
	return (int)n;
}

static error_t parse_number(int key, char *arg, struct argp_state *state)
{
	struct cli *c = state->input;

	switch (key) {
	case KEY_TIME:
		c->seconds = seconds(arg, state);
		return 0;
	case KEY_STEP_TIMEOUT:
		c->step_ms = (unsigned)(seconds(arg, state) * 1000);
		return 0;
	case KEY_CPU:
		c->cpu = count_arg(arg, 0, state);
		return 0;
	case KEY_DEPTH:
		c->depth = count_arg(arg, 1, state);
		return 0;
	case ARGP_KEY_ARGS:
		c->arg = state->argv + state->next;
		c->nargs = state->argc - state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct cli *c = state->input;
	const struct {
		int key;
		const char **text;
	} texts[] = { { KEY_MEM, &c->mem },	  { KEY_PIN, &c->pin },
		      { 'o', &c->out },		  { KEY_CORPUS, &c->corpus },
		      { KEY_MUTANT, &c->mutant }, { KEY_ALPHABET, &c->alphabet } };
	const struct {
		bool *flag;
		int key;
		bool value;
	} flags[] = { { &c->resume, KEY_RESUME, true },
		      { &c->trace, KEY_TRACE, true },
		      { &c->quiet, 'q', true },
		      { &c->color, KEY_NO_COLOR, false },
		      { &c->raw, KEY_RAW, true } };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].key == key) {
			*texts[i].text = arg;
			return 0;
		}
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].key == key) {
			*flags[i].flag = flags[i].value;
			return 0;
		}
	if (key == KEY_VFIO)
		set_text(host_options.vfio, sizeof(host_options.vfio), arg);
	else if (key == KEY_RDMA)
		set_text(host_options.rdma, sizeof(host_options.rdma), arg);
	else
		return parse_number(key, arg, state);
	return 0;
}

int cli_fail(int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("pinfold: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	return code;
}

int cli_corpus(const struct cli *cli, struct corpus *c)
{
	struct parse_error err;

	if (cli->corpus) {
		if (corpus_load(c, cli->corpus, &err))
			return cli_fail(EXIT_USAGE, "%s", err.text);
		return 0;
	}
	for (const struct embedded_file *f = embedded_files; f->name; f++)
		if (corpus_parse(c, f->name, f->text, &err))
			return cli_fail(EXIT_USAGE, "%s", err.text);
	return 0;
}

static void usage(FILE *out)
{
	fputs("pinfold: copy-on-write, get_user_pages and page pinning under test\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  pinfold %-8s %-30s %s\n", commands[i]->name, commands[i]->args,
			commands[i]->about);
	fputs("\n  pinfold COMMAND --help lists the options.\n"
	      "Exit codes: 0 all well; 1 a law broke; 2 wrong usage or unreadable input, nothing\n"
	      "ran; 3 the harness or the host failed; 4 nothing could run.\n",
	      out);
}

static int run_command(const struct command *c, int argc, char **argv)
{
	struct cli cli = { .command = c->name,
			   .cpu = -1,
			   .depth = 3,
			   .step_ms = CLI_STEP_MS,
			   .color = isatty(STDOUT_FILENO) };
	struct argp argp = { options, parse_option, c->args, c->about, NULL, NULL, NULL };
	char name[64];

	snprintf(name, sizeof(name), "pinfold %s", c->name);
	snprintf(cli.line, sizeof(cli.line), "%s", name);
	for (int i = 1; i < argc; i++) {
		size_t n = strlen(cli.line);

		snprintf(cli.line + n, sizeof(cli.line) - n, strchr(argv[i], ' ') ? " '%s'" : " %s",
			 argv[i]);
	}
	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &cli))
		return EXIT_USAGE;
	return c->run(&cli);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && !strcmp(argv[1], "actor"))
		return actor_main(atoi(argv[2]), atoi(argv[3]));
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))) {
		usage(stdout);
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("pinfold " PINFOLD_VERSION);
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, argv[1]))
			return run_command(commands[i], argc - 1, argv + 1);
	usage(stderr);
	return argc > 1 ? cli_fail(EXIT_USAGE, "no command '%s'", argv[1]) : EXIT_USAGE;
}
