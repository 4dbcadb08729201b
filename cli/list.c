// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "cli/cli.h"
#include "core/need/kind.h"
#include "core/pin/probe.h"
#include "rdma/place.h"

static void list_tables(void)
{
	puts("verbs");
	for (const struct verb *const *v = verbs; *v; v++)
		printf("  %-12s %s\n", (*v)->name, (*v)->about);
	puts("memory kinds");
	for (const struct mem_kind *const *k = mem_kinds; *k; k++)
		if (!(*k)->mutant)
			printf("  %-17s %s\n", (*k)->name, (*k)->about);
	puts("classes of memory kinds");
	for (const struct mem_class *c = mem_classes; c->name; c++)
		printf("  %-17s %s\n", c->name, c->about);
	puts("pin mechanisms");
	for (const struct pin_kind *const *k = pin_kinds; *k; k++)
		if (!(*k)->mutant)
			printf("  %-15s %s\n", (*k)->name, (*k)->about);
	puts("needs");
	for (const struct need *const *n = needs; *n; n++)
		printf("  %-14s %s\n", (*n)->name, (*n)->about);
	puts("mutants");
	for (const struct mutant *const *m = mutants; *m; m++)
		printf("  %-27s %s\n", (*m)->name, (*m)->about);
}

static int list_programs(const struct cli *cli, const struct corpus *c)
{
	struct cell_filter f = { cli->arg, cli->nargs, cli->mem, cli->pin };
	struct cell_list l = { 0 };
	struct parse_error err;

	for (size_t i = 0; i < c->count; i++) {
		size_t before = l.count;
		char *steps;

		if (cells_add(&l, c->program[i], &f, &err))
			return cli_fail(EXIT_USAGE, "%s", err.text);
		if (l.count == before)
			continue;
		steps = steps_print(c->program[i]);
		printf("%s/%s\n  %s\n  %s\n", c->program[i]->family, c->program[i]->name,
		       c->program[i]->about, steps);
		free(steps);
		for (size_t j = before; cli->nargs && j < l.count; j++)
			printf("    %s\n", l.cell[j].id);
	}
	printf("%zu cells\n", l.count);
	cells_free(&l);
	return 0;
}

static int list_run(struct cli *cli)
{
	struct corpus c = { 0 };
	int err = cli_corpus(cli, &c);

	if (!err)
		err = list_programs(cli, &c);
	if (!err && !cli->nargs)
		list_tables();
	corpus_free(&c);
	return err;
}

const struct command command_list = {
	.name = "list",
	.args = "[PATTERN...]",
	.about = "programs (with a pattern: their cells), kinds, mechanisms, verbs, needs",
	.run = list_run,
};

static bool provided(const struct need *n)
{
	return n->provide && (!n->can_provide || n->can_provide());
}

static const struct pin_kind *probed;

static int probe_mechanism(char *text, size_t size)
{
	struct pin_probe seen;
	int err = pin_probe(probed, &seen);

	if (err)
		snprintf(text, size, "%s: %s", seen.failed, errno_name(-err));
	else if (seen.foll_pins < 0)
		snprintf(text, size, "not counted for this user");
	else
		snprintf(text, size, "%s%s",
			 seen.foll_pins ? "FOLL_PIN" : "no FOLL_PIN: a plain page reference",
			 probed->device_read && !seen.shows_stores ? ", a copy" : "");
	return 1;
}

/* What takes a plain reference keeps no page with its owner over a fork. */
static void list_references(void)
{
	puts("what one page is held by (nr_foll_pin_acquired)");
	for (const struct pin_kind *const *k = pin_kinds; *k; k++) {
		char text[200] = "";

		if ((*k)->mutant)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE((*k)->needs) && (*k)->needs[i] && !*text; i++)
			if (need_check((*k)->needs[i], false, NULL, 0))
				snprintf(text, sizeof(text), "needs %s", (*k)->needs[i]);
		probed = *k;
		if (!*text && (*k)->holds)
			snprintf(text, sizeof(text),
				 "not tried, as it takes devices from their drivers");
		if (!*text)
			probe_in_child(probe_mechanism, text, sizeof(text));
		printf("  %-15s %s\n", (*k)->name, text);
	}
}

static void print_place(void)
{
	char text[160];
	cpu_set_t set;

	if (!*host_options.rdma || sched_getaffinity(0, sizeof(set), &set))
		return;
	rdma_place(host_options.rdma, &set, NULL, text, sizeof(text));
	printf("place of the actors\n  %s\n", text);
}

static int env_run(struct cli *cli)
{
	struct utsname u;
	int missing = 0;

	(void)cli;
	uname(&u);
	printf("kernel %s %s\n", u.release, u.machine);
	for (const struct need *const *n = needs; *n; n++) {
		char why[200] = "";
		int unmet = need_check((*n)->name, false, why, sizeof(why));

		if (!unmet)
			printf("  yes   %-12s %s\n", (*n)->name, (*n)->about);
		else if (provided(*n))
			printf("  setup %-12s %s (%s); a run as root sets it up and restores it\n",
			       (*n)->name, (*n)->about, why);
		else
			printf("  no    %-12s %s: %s\n        %-12s enable: %s\n", (*n)->name,
			       (*n)->about, why, "", (*n)->hint);
		missing += unmet && !provided(*n);
	}
	list_references();
	print_place();
	printf("%d missing\n", missing);
	return 0;
}

const struct command command_env = {
	.name = "env",
	.args = "",
	.about = "what this host offers; for each missing thing, why, and how to enable it",
	.run = env_run,
};
