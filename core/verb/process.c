// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include "core/actor/actor.h"
#include "core/verb/list.h"

static int fork_exec(struct actor *a, const struct op *op)
{
	/* fork(2) alone: what fork(3) does for locks and handlers would be copied pages. */
	pid_t pid = _Fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		a->proc = op->child;
		a->thread = 0;
		actor_serve(a);
	}
	actor_set_pid(a, op->child, pid);
	return 0;
}

static void fork_view(struct model_step *s, int parent, int child)
{
	struct world *w = world_of(s);
	struct view *from = &w->view[parent], *to = &w->view[child];

	s->m->memlock[child] = s->m->memlock[parent];
	*to = *from;
	/* Without UFFD_FEATURE_EVENT_FORK the child is not registered. */
	to->uffd &= UFFD_POISON;
	to->flags = to->flags & (uint8_t)~VIEW_LOCKED;
	if (from->state == VIEW_NONE || from->fork & 1 << FORK_DONT)
		*to = (struct view){ .state = VIEW_NONE };
	else if (from->fork & 1 << FORK_WIPE) {
		to->state = VIEW_ABSENT;
		to->flags = to->flags & (uint8_t)~VIEW_GUARDED;
		to->uffd = 0;
	} else if (from->state == VIEW_OBJECT) {
		int object = world_object_from_view(s, parent);

		if (object < 0)
			return;
		to->object = (uint8_t)object;
		to->shared = from->shared = !world_pinned(w, from->object);
		/* The copy of a pinned page was stored to. */
		if (world_pinned(w, from->object))
			w->object[object].lazyfree = false;
		if (w->object[object].lazyfree)
			world_branch(s)->view[child].state = VIEW_ABSENT;
	}
}

static void fork_model(struct model_step *s)
{
	fork_view(s, s->op->proc, s->op->child);
}

static int fork_emit(FILE *out, const struct op *op)
{
	static const char *const name[PROCS_MAX] = { "P", "C", "C2", "C3", "C4", "C5" };

	fprintf(out, "\tfork_child(%s);\n", name[op->child]);
	return 0;
}

const struct verb verb_fork = {
	.name = "fork",
	.about = "makes a child process; its private memory parts from the parent's",
	.rule = "fork(2); madvise(2) MADV_DONTFORK, MADV_WIPEONFORK; 70e806e4e645 (5.9) "
		"early copy of pinned pages",
	.by = ACTOR_PROCESS,
	.arg = ARG_CHILD,
	.flags = VERB_WHOLE | VERB_PLAIN,
	.exec = fork_exec,
	.model = fork_model,
	.emit = fork_emit,
};

static int exit_exec(struct actor *a, const struct op *op)
{
	(void)op;
	a->leave = true;
	return 0;
}

static void leave_model(struct model_step *s)
{
	struct world *w = world_of(s);

	w->view[s->op->proc].state = VIEW_NONE;
	for (int i = 0; i < PINS_MAX; i++)
		if (w->pin[i].live && w->pin[i].keeper == s->op->proc)
			w->pin[i].live = false;
}

static int exit_emit(FILE *out, const struct op *op)
{
	(void)op;
	fprintf(out, "\treturn *turn = steps, 0;\n");
	return 0;
}

const struct verb verb_exit = {
	.name = "exit",
	.about = "the process exits and is reaped; its address space is gone",
	.rule = "exit(2)",
	.by = ACTOR_PROCESS,
	.flags = VERB_WHOLE | VERB_ENDS,
	.exec = exit_exec,
	.model = leave_model,
	.emit = exit_emit,
};

static int kill_exec(struct actor *a, const struct op *op)
{
	(void)op;
	a->leave = a->killed = true;
	return 0;
}

static int kill_emit(FILE *out, const struct op *op)
{
	(void)op;
	fprintf(out, "\t*turn = steps;\n\tkill(getpid(), SIGKILL);\n");
	return 0;
}

const struct verb verb_kill = {
	.name = "kill",
	.about = "the process dies of SIGKILL and is reaped; its address space is gone",
	.rule = "signal(7); kill(2)",
	.by = ACTOR_PROCESS,
	.flags = VERB_WHOLE | VERB_ENDS,
	.exec = kill_exec,
	.model = leave_model,
	.emit = kill_emit,
};

static int exec_emit(FILE *out, const struct op *op)
{
	(void)op;
	fprintf(out, "\t*turn = steps;\n\tprctl(PR_SET_PDEATHSIG, SIGKILL);\n"
		     "\texeclp(\"sleep\", \"sleep\", \"1000\", NULL);\n");
	return 0;
}

static int exec_exec(struct actor *a, const struct op *op)
{
	(void)op;
	return actor_exec(a);
}

const struct verb verb_exec = {
	.name = "exec",
	.about = "the process runs a new image; its old address space is gone",
	.rule = "execve(2): memory mappings are not preserved",
	.by = ACTOR_PROCESS,
	.flags = VERB_WHOLE,
	.exec = exec_exec,
	.model = leave_model,
	.emit = exec_emit,
};
