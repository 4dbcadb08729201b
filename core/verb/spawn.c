// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/actor/actor.h"
#include "core/actor/fault.h"
#include "core/verb/list.h"

extern char **environ;

/* No fork: libc's posix_spawn lends the address space to the child until it runs. */
static int spawn_exec(struct actor *a, const struct op *op)
{
	char name[] = "true";
	char *argv[] = { name, NULL };
	int status, err;
	pid_t pid;

	(void)a;
	(void)op;
	err = posix_spawnp(&pid, name, NULL, NULL, argv, environ);
	if (err)
		return -err;
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECHILD;
}

static void spawn_model(struct model_step *s)
{
	(void)s; /* the new process never had memory of its own here */
}

static int spawn_emit(FILE *out, const struct op *op)
{
	(void)op;
	/* system(3) is posix_spawn as well, and needs no declarations. */
	fprintf(out, "\tcheck(system(\"true\"));\n");
	return 0;
}

const struct verb verb_spawn = {
	.name = "spawn",
	.about = "posix_spawn of a program that ends at once; no memory parts",
	.rule = "posix_spawn(3): as with vfork(2) the child has no copy of the address space",
	.by = ACTOR_PROCESS,
	.exec = spawn_exec,
	.model = spawn_model,
	.emit = spawn_emit,
};

static int reaped(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static int vfork_store_exec(struct actor *a, const struct op *op)
{
	/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork) */
	pid_t pid = vfork();

	/* NOLINTNEXTLINE(clang-analyzer-unix.Vfork) a store by this child is what is tested */
	if (!pid)
		_exit(-verb_write.exec(a, op)); /* NOLINT(clang-analyzer-unix.Vfork) */
	return reaped(pid);
}

static int vfork_store_emit(FILE *out, const struct op *op)
{
	size_t at = op->first * BASE_PAGE + (op->len ? op->off : 0);
	char value[16];

	if (op->len && op_bytes(op) > op->unit)
		return -ENOTSUP;
	value_identifier(op->value, value, sizeof(value));
	fprintf(out,
		"\t{\n\t\tpid_t pid = vfork();\n\n\t\tif (!pid) {\n"
		"\t\t\tmemset(r%d + %zu, %s, %zu);\n\t\t\t_exit(0);\n\t\t}\n"
		"\t\twaitpid(pid, NULL, 0);\n\t}\n",
		op->region, at, value, op->len ? op->len : op_bytes(op));
	return 0;
}

static void shared_store_model(struct model_step *s)
{
	verb_write.model(s);
}

const struct verb verb_vfork_store = {
	.name = "vfork-store",
	.about = "a vfork child stores to every byte of the place and exits: a store of its parent",
	.rule = "vfork(2): the child shares all memory with its parent",
	.by = ACTOR_PROCESS,
	.arg = ARG_VALUE,
	.flags = VERB_STORES | VERB_PER_PAGE,
	.exec = vfork_store_exec,
	.model = shared_store_model,
	.emit = vfork_store_emit,
};

struct cloned {
	struct actor *a;
	const struct op *op;
};

static int clone_main(void *arg)
{
	struct cloned *c = arg;

	_exit(-verb_write.exec(c->a, c->op));
}

static int clone_store_emit(FILE *out, const struct op *op)
{
	char value[16];

	if (op->len && op_bytes(op) > op->unit)
		return -ENOTSUP;
	fprintf(out, "\tclone_store(r%d + %zu, %s, %zu);\n", op->region,
		op->first * BASE_PAGE + (op->len ? op->off : 0),
		value_identifier(op->value, value, sizeof(value)),
		op->len ? op->len : op_bytes(op));
	return 0;
}

static int clone_store_exec(struct actor *a, const struct op *op)
{
	static char stack[64 * 1024] __attribute__((aligned(64)));
	struct cloned c = { a, op };

	return reaped(clone(clone_main, stack + sizeof(stack), CLONE_VM | SIGCHLD, &c));
}

const struct verb verb_clone_store = {
	.name = "clone-store",
	.about = "a process made by clone(CLONE_VM) stores to every byte of the place and exits",
	.rule = "clone(2) CLONE_VM: parent and child run in one address space",
	.by = ACTOR_PROCESS,
	.arg = ARG_VALUE,
	.flags = VERB_STORES | VERB_PER_PAGE,
	.exec = clone_store_exec,
	.model = shared_store_model,
	.emit = clone_store_emit,
};

static int share(struct actor *a, const struct op *op, int flags)
{
	pid_t pid = actor_clone_vm(a, op->child, flags);

	if (pid < 0)
		return -errno;
	actor_set_pid(a, op->child, pid);
	return 0;
}

static int clone_exec(struct actor *a, const struct op *op)
{
	return share(a, op, 0);
}

const struct verb verb_clone = {
	.name = "clone",
	.about = "clone(CLONE_VM): a child process in the address space of its maker",
	.rule = "clone(2) CLONE_VM: parent and child run in one address space",
	.by = ACTOR_PROCESS,
	.arg = ARG_CHILD,
	.flags = VERB_WHOLE | VERB_SHARES,
	.exec = clone_exec,
	.model = spawn_model,
};

/* The caller sleeps in the kernel until the child is gone, so the step runs with '&'. */
static int vfork_exec(struct actor *a, const struct op *op)
{
	return share(a, op, CLONE_VFORK);
}

const struct verb verb_vfork = {
	.name = "vfork",
	.about = "vfork: a child in the address space of its maker, which sleeps until it is gone",
	.rule = "vfork(2); clone(2) CLONE_VM | CLONE_VFORK",
	.by = ACTOR_PROCESS,
	.arg = ARG_CHILD,
	.flags = VERB_WHOLE | VERB_SHARES,
	.exec = vfork_exec,
	.model = spawn_model,
};
