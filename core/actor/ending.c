// SPDX-License-Identifier: GPL-2.0-only
#include "core/actor/ending.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>

enum { NONE, ASKED, DYING };

void ending_ask(struct ending *e, const pid_t group[2], const pid_t pid[PROCS_MAX])
{
	memcpy(e->group, group, sizeof(e->group));
	memcpy(e->pid, pid, sizeof(e->pid));
	atomic_store(&e->state, ASKED);
}

bool ending_busy(const struct ending *e)
{
	return atomic_load(&e->state) != NONE;
}

static void begin(struct ending *e, const cpu_set_t *beside)
{
	/* Else they would come to an end on the CPU of the next cell. */
	for (int i = 0; i < PROCS_MAX; i++)
		if (e->pid[i] > 0)
			sched_setaffinity(e->pid[i], sizeof(*beside), beside);
	for (int i = 0; i < 2; i++)
		if (e->group[i] > 0)
			kill(-e->group[i], SIGKILL);
	atomic_store(&e->state, DYING);
}

/* No child is left only when all are gone: whose parent died is the nursery's before. */
static bool group_gone(pid_t group)
{
	pid_t pid;

	if (group <= 0)
		return true;
	do
		pid = waitpid(-group, NULL, WNOHANG);
	while (pid > 0);
	return pid < 0;
}

bool ending_over(struct ending *e, const cpu_set_t *beside)
{
	if (atomic_load(&e->state) == ASKED)
		begin(e, beside);
	if (atomic_load(&e->state) != DYING || !group_gone(e->group[0]) || !group_gone(e->group[1]))
		return false;
	atomic_store(&e->state, NONE);
	return true;
}
