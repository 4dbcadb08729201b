// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "core/base/process.h"
#include "core/verb/event.h"

/* A page of its own that is stored to before the fork: the store after it must fault. */
static struct {
	volatile char *page;
	long faults;
} twin;

static long minor_faults(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) ? -1 : u.ru_minflt;
}

static int fork_fails_exec(struct actor *a, const struct op *op)
{
	void *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long before;
	int err;

	(void)a;
	(void)op;
	if (page == MAP_FAILED)
		return -errno;
	twin.page = page;
	*twin.page = 1;
	err = fork_in_vain();
	before = minor_faults();
	*twin.page = 2;
	twin.faults = minor_faults() - before;
	munmap(page, BASE_PAGE);
	return err;
}

static int fork_fails_post(struct actor *a, const struct op *op)
{
	(void)op;
	return twin.faults > 0 ? 0 : actor_why(a, "a page beside was not copied by the fork");
}

/* Nobody gets the copy. To the kernel the pages were shared for a moment. */
static void fork_fails_model(struct model_step *s)
{
	struct world *w = world_of(s);
	struct view *v = &w->view[s->op->proc];

	if (v->state == VIEW_OBJECT && !(v->fork & 1 << FORK_DONT))
		v->shared = !world_pinned(w, v->object);
}

static int fork_fails_emit(FILE *out, const struct op *op)
{
	(void)op;
	fprintf(out,
		"\t{ /* clone3 with a number that is taken: EEXIST behind the copy of memory */\n"
		"\t\tint self = getpid();\n"
		"\t\tunsigned long args[11] = { [4] = 17, [8] = (long)&self, [9] = 1 };\n\n"
		"\t\tcheck(syscall(435, args, sizeof(args)) != -1);\n\t}\n");
	return 0;
}

const struct verb verb_fork_fails = {
	.name = "fork-fails",
	.about = "a fork that copies all memory and then fails: nothing has changed for its caller",
	.needs = { "set-tid" },
	.rule = "fork(2); clone(2) set_tid, EEXIST (5.5): copy_process() gives numbers out behind "
		"copy_mm()",
	.by = ACTOR_PROCESS,
	.exec = fork_fails_exec,
	.post = fork_fails_post,
	.model = fork_fails_model,
	.emit = fork_fails_emit,
};
