// SPDX-License-Identifier: GPL-2.0-only
#include "cli/overhead.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/median.h"
#include "core/base/util.h"

extern char **environ;

static bool grow(struct overhead *o)
{
	size_t room = o->room ? o->room * 2 : 1024;

	for (size_t i = 0; i < ARRAY_SIZE(o->ns); i++) {
		uint64_t *bigger = realloc(o->ns[i], room * sizeof(*bigger));

		if (!bigger)
			return false;
		o->ns[i] = bigger;
	}
	o->room = room;
	return true;
}

void overhead_note(struct overhead *o, const struct verdict *v)
{
	if (v->kind == VERDICT_SKIP || v->wall_ns <= v->step_ns ||
	    (o->count == o->room && !grow(o)))
		return;
	o->over = now_ns();
	if (!o->count)
		o->begun = o->over - v->wall_ns;
	o->ns[0][o->count] = v->wall_ns;
	o->ns[1][o->count] = v->step_ns;
	o->ns[2][o->count++] = v->wall_ns - v->step_ns;
}

static uint64_t median(uint64_t *v, size_t n)
{
	if (!n)
		return 0;
	qsort(v, n, sizeof(*v), by_u64);
	return v[n / 2];
}

int overhead_fork_cost(void)
{
	enum { TIMES = 201 };
	uint64_t ns[TIMES];

	for (int i = 0; i < TIMES; i++) {
		uint64_t start = now_ns();
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) < 0)
			return EXIT_BROKEN;
		ns[i] = now_ns() - start;
	}
	printf("%llu\n", (unsigned long long)median(ns, TIMES));
	return EXIT_OK;
}

/* On the CPU of the cells, which the new image inherits. 0 when it can't be told. */
static uint64_t fork_exit_wait(void)
{
	char name[] = "pinfold", command[] = "fork-cost", text[32] = "";
	char *argv[] = { name, command, NULL };
	posix_spawn_file_actions_t actions;
	int fd[2], status = -1;
	pid_t pid;

	if (pipe(fd))
		return 0;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, fd[0]);
	posix_spawn_file_actions_addclose(&actions, fd[1]);
	if (!posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ)) {
		close_fd(&fd[1]);
		fd[1] = -1;
		if (read(fd[0], text, sizeof(text) - 1) <= 0 || waitpid(pid, &status, 0) != pid)
			text[0] = '\0';
	}
	posix_spawn_file_actions_destroy(&actions);
	close_fd(&fd[0]);
	close_fd(&fd[1]);
	return strtoull(text, NULL, 10);
}

void overhead_report(struct overhead *o, struct record *r)
{
	struct record_cost c = { .fork_ns = fork_exit_wait() };

	if (o->count) {
		c.cell_ns = median(o->ns[0], o->count);
		c.steps_ns = median(o->ns[1], o->count);
		c.harness_ns = median(o->ns[2], o->count);
		c.run_ns = (o->over - o->begun) / o->count;
		printf("# a cell: median %.1f us, of that its steps %.1f us and the harness "
		       "%.1f us; a fork, exit and wait: median %.1f us",
		       (double)c.cell_ns / 1e3, (double)c.steps_ns / 1e3,
		       (double)c.harness_ns / 1e3, (double)c.fork_ns / 1e3);
		if (c.fork_ns)
			printf(", ratio %.2f", (double)c.harness_ns / (double)c.fork_ns);
		printf("\n# the run: %.1f us a cell\n", (double)c.run_ns / 1e3);
	}
	record_cost(r, &c);
	for (size_t i = 0; i < ARRAY_SIZE(o->ns); i++)
		free(o->ns[i]);
	*o = (struct overhead){ 0 };
}
