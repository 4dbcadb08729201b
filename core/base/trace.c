// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/trace.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/util.h"

struct access {
	pid_t thread;
	char *local, *remote;
	size_t len;
	bool store;
};

/* libc's own returns the word and an errno, and has the errno of the traced thread. */
static long request(long what, pid_t thread, const void *at, const void *data)
{
	return syscall(SYS_ptrace, what, thread, at, data);
}

static int transfer(const struct access *x)
{
	for (size_t i = 0; i < x->len; i += sizeof(long)) {
		long word;

		memcpy(&word, x->local + i, sizeof(word));
		if (x->store) {
			void *bits;

			memcpy(&bits, &word, sizeof(bits));
			if (request(PTRACE_POKEDATA, x->thread, x->remote + i, bits))
				return errno;
			continue;
		}
		if (request(PTRACE_PEEKDATA, x->thread, x->remote + i, &word))
			return errno;
		memcpy(x->local + i, &word, sizeof(word));
	}
	return 0;
}

static int tracer(void *arg)
{
	const struct access *x = arg;
	int status, err;

	if (request(PTRACE_SEIZE, x->thread, NULL, NULL))
		_exit(errno == EIO ? EPERM : errno);
	if (request(PTRACE_INTERRUPT, x->thread, NULL, NULL) ||
	    waitpid(x->thread, &status, __WALL) != x->thread || !WIFSTOPPED(status))
		_exit(ECHILD);
	err = transfer(x);
	request(PTRACE_DETACH, x->thread, NULL, NULL);
	_exit(err);
}

int trace_self(void *local, char *remote, size_t len, bool store)
{
	static char stack[16 * BASE_PAGE] __attribute__((aligned(64)));
	struct access x = { (pid_t)syscall(SYS_gettid), local, remote, len, store };
	int status;
	pid_t pid;

	/* For Yama, which lets a child trace its parent only when that agrees; else EINVAL. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	pid = clone(tracer, stack + sizeof(stack), CLONE_VM | SIGCHLD, &x);
	if (pid < 0)
		return -errno;
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	prctl(PR_SET_PTRACER, 0, 0, 0, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}
