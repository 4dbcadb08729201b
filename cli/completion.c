// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "cli/cli.h"

/* Words that a list option takes; NULL: a file. */
static void mem_words(void)
{
	fputs("all", stdout);
	for (const struct mem_kind *const *k = mem_kinds; *k; k++)
		if (!(*k)->mutant)
			printf(" %s", (*k)->name);
}

static void pin_words(void)
{
	fputs("rw ro get any", stdout);
	for (const struct pin_kind *const *k = pin_kinds; *k; k++)
		if (!(*k)->mutant)
			printf(" %s", (*k)->name);
}

static void mutant_words(void)
{
	for (const struct mutant *const *m = mutants; *m; m++)
		printf("%s%s", m == mutants ? "" : " ", (*m)->name);
}

static void verb_words(void)
{
	for (const struct verb *const *v = verbs; *v; v++)
		printf("%s%s", v == verbs ? "" : " ", (*v)->name);
}

static void tier_words(void)
{
	fputs("pairwise full", stdout);
}

static const struct {
	const char *option;
	void (*words)(void);
} lists[] = { { "mem", mem_words },
	      { "pin", pin_words },
	      { "mutant", mutant_words },
	      { "alphabet", verb_words },
	      { "tier", tier_words } };

/* Behind the last comma of a list stands the word to complete. */
static const char function[] =
	"\t\tlist=${cur%\"${cur##*,}\"}\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -P \"$list\" -- \"${cur##*,}\")\n"
	"\t\treturn\n"
	"\tfi\n";

static void command_words(const struct command *c)
{
	struct argp_option options[CLI_OPTIONS_MAX];
	size_t n = cli_options(c, options);

	printf("\t%s) words='", c->name);
	for (size_t i = 0; i < n; i++)
		if (!(options[i].flags & OPTION_HIDDEN))
			printf("--%s ", options[i].name);
	puts("--help' ;;");
}

static void bash(void)
{
	puts("# bash completion of pinfold, made by: pinfold completion bash\n"
	     "_pinfold() {\n"
	     "\tlocal cur=$2 prev=$3 words='' list\n"
	     "\tCOMPREPLY=()\n"
	     "\tif ((COMP_CWORD == 1)); then");
	fputs("\t\tmapfile -t COMPREPLY < <(compgen -W '", stdout);
	for (const struct command *const *c = commands; *c; c++)
		printf("%s ", (*c)->name);
	puts("--help --version' -- \"$cur\")\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\t[[ $cur == = ]] && cur=''\n"
	     "\t[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	     "\tcase $prev in");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		printf("\t--%s) words='", lists[i].option);
		lists[i].words();
		puts("' ;;");
	}
	puts("\tesac\n"
	     "\tif [[ $words ]]; then");
	fputs(function, stdout);
	puts("\t[[ $cur == -* ]] || return\n"
	     "\tcase ${COMP_WORDS[1]} in");
	for (const struct command *const *c = commands; *c; c++)
		command_words(*c);
	puts("\tesac\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	     "}\n"
	     "complete -o default -F _pinfold pinfold");
}

static int completion_run(struct cli *cli)
{
	if (cli->nargs != 1 || strcmp(cli->arg[0], "bash") != 0)
		return cli_fail(EXIT_USAGE, "completion takes the name of a shell: bash");
	bash();
	return fflush(stdout) ? cli_fail(EXIT_BROKEN, "cannot write") : EXIT_OK;
}

const struct command command_completion = {
	.name = "completion",
	.args = "bash",
	.about = "prints completion for a shell: source <(pinfold completion bash)",
	.run = completion_run,
};
