// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "bench/placement.h"
#include "cli/option_internal.h"
#include "core/base/numbers.h"

static int numbers(const char *option, const char *text, int most, int *to, int room)
{
	int n = numbers_parse(text, most, to, room);

	if (n == -ERANGE)
		exit(cli_fail(EXIT_USAGE, "--%s: %d is the most, got '%s'", option, most, text));
	if (n == -E2BIG)
		exit(cli_fail(EXIT_USAGE, "--%s: more than %d, got '%s'", option, room, text));
	if (n == -EEXIST)
		exit(cli_fail(EXIT_USAGE, "--%s: a number stands twice in '%s'", option, text));
	if (n < 0)
		exit(cli_fail(EXIT_USAGE, "--%s: expected a list like 1,4-7, got '%s'", option,
			      text));
	return n;
}

void option_cpu(struct cli *c, const char *text)
{
	c->ncpus = numbers("cpu", text, CPU_SETSIZE - 1, c->cpus, WORKERS_MAX);
	c->cpu = c->cpus[0];
	if (c->ncpus > 1 && strcmp(c->command, "bench") != 0)
		exit(cli_fail(EXIT_USAGE, "--cpu: %s runs on one CPU, got '%s'", c->command, text));
}

void option_node(struct cli *c, const char *text)
{
	int node[1];

	numbers("node", text, PLACED_NODES - 1, node, 1);
	c->node = node[0];
}

void option_threads(struct cli *c, const char *text)
{
	c->nthreads = numbers("threads", text, WORKERS_MAX, c->threads, CLI_THREADS_MAX);
	for (int i = 0; i < c->nthreads; i++)
		if (!c->threads[i])
			exit(cli_fail(EXIT_USAGE, "--threads: expected numbers from 1, got '%s'",
				      text));
}

void option_as(struct cli *c, const char *text)
{
	char list[64], *rest = list, *word;

	snprintf(list, sizeof(list), "%s", text);
	while ((word = strsep(&rest, ","))) {
		enum crew_kind k = CREW_PROCESSES;

		while (k && strcmp(word, crew_name(k)) != 0)
			k--;
		if (!k)
			exit(cli_fail(EXIT_USAGE,
				      "--as: expected threads, areas or processes, got '%s'",
				      word));
		c->crews |= 1u << k;
	}
}

void option_check_place(const struct cli *c)
{
	cpu_set_t allowed;
	char nodes[64];
	int most = c->ncpus;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	for (int i = 0; i < c->ncpus; i++)
		if (!CPU_ISSET((size_t)c->cpus[i], &allowed))
			exit(cli_fail(EXIT_USAGE, "--cpu: CPU %d may not be used here",
				      c->cpus[i]));
	if (c->crews && !c->nthreads)
		exit(cli_fail(EXIT_USAGE, "--as: it has an effect with --threads only"));
	if (c->ncpus > 1 && !c->nthreads)
		exit(cli_fail(EXIT_USAGE,
			      "--cpu: several CPUs have an effect with --threads only"));
	if (!most)
		most = CPU_COUNT(&allowed);
	for (int i = 0; i < c->nthreads; i++)
		if (c->threads[i] > most)
			exit(cli_fail(EXIT_USAGE, "--threads: %d workers, but only %d CPU%s",
				      c->threads[i], most, most == 1 ? "" : "s"));
	if (c->node >= 0 && !placement_has_node(c->node, nodes, sizeof(nodes)))
		exit(cli_fail(EXIT_USAGE, "--node: no node %d with memory, there is %s", c->node,
			      nodes));
}
