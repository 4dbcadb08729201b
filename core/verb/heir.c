// SPDX-License-Identifier: GPL-2.0-only
/* Whether a child gets a ring that its parent shares with the kernel. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/actor/actor.h"
#include "core/actor/fault.h"
#include "core/need/ring.h"
#include "core/verb/list.h"

enum { CHILD_HAS_IT, CHILD_SEGV, CHILD_BUS, CHILD_DIFFERS };

/* The child's own view: what is mapped there, and what a load of it does. */
static _Noreturn void look(const struct ring *r)
{
	const volatile char *at = r->addr;
	unsigned char present;
	bool none = mincore(r->addr, BASE_PAGE, &present) && errno == ENOMEM;
	uint8_t outcome;

	FAULT_GUARD(outcome, (void)*at);
	if (none != (outcome == OUTCOME_SEGV))
		_exit(CHILD_DIFFERS);
	_exit(outcome == OUTCOME_SEGV ? CHILD_SEGV :
	      outcome == OUTCOME_BUS  ? CHILD_BUS :
					CHILD_HAS_IT);
}

/* enum outcome of the child's load, or -errno. */
static int ask_child(const struct ring *r)
{
	static const int outcome[] = { OUTCOME_OK, OUTCOME_SEGV, OUTCOME_BUS };
	int hidden = smaps_flag(r->addr, "dc"), status;
	pid_t pid;

	if (hidden < 0)
		return hidden;
	pid = fork();
	if (!pid)
		look(r);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	if (!WIFEXITED(status))
		return -ECHILD;
	/* VmFlags and the child must agree as well. */
	if (WEXITSTATUS(status) >= CHILD_DIFFERS || hidden != (WEXITSTATUS(status) == CHILD_SEGV))
		return -EPROTO;
	return outcome[WEXITSTATUS(status)];
}

static int inherit(struct actor *a, const struct op *op, int (*ring_open)(struct ring *r),
		   bool hide)
{
	struct ring r;
	int err = ring_open(&r);

	if (err)
		return err;
	err = hide && madvise(r.addr, r.len, MADV_DONTFORK) ? -errno : ask_child(&r);
	ring_close(&r);
	if (err < 0)
		return err;
	memset(a->outcome, err, op->npages);
	return 0;
}

static int perf_exec(struct actor *a, const struct op *op)
{
	return inherit(a, op, ring_open_perf, false);
}

static int uring_exec(struct actor *a, const struct op *op)
{
	return inherit(a, op, ring_open_uring, false);
}

static int hidden_exec(struct actor *a, const struct op *op)
{
	return inherit(a, op, ring_open_uring, true);
}

static int aio_exec(struct actor *a, const struct op *op)
{
	return inherit(a, op, ring_open_aio, false);
}

static int packet_exec(struct actor *a, const struct op *op)
{
	return inherit(a, op, ring_open_packet, false);
}

static void has_it(struct model_step *s)
{
	(void)s;
}

static void has_not(struct model_step *s)
{
	s->expect.outcomes = OUTCOME_SEGV;
}

#define HEIR .by = ACTOR_PROCESS, .flags = VERB_PER_PAGE

const struct verb verb_heir_perf = {
	.name = "heir-perf",
	.about = "a child's load from the ring of a perf event that its parent mapped",
	.rule = "kernel/events/core.c: perf_mmap() sets VM_DONTCOPY",
	.needs = { "perf-ring" },
	HEIR,
	.exec = perf_exec,
	.model = has_not,
};

const struct verb verb_heir_uring = {
	.name = "heir-uring",
	.about = "a child's load from an io_uring ring that its parent mapped",
	.rule = "io_uring_setup(2); fork(2): shared mappings are inherited",
	.needs = { "uring" },
	HEIR,
	.exec = uring_exec,
	.model = has_it,
};

const struct verb verb_heir_hidden = {
	.name = "heir-hidden",
	.about = "a child's load from an io_uring ring that MADV_DONTFORK hides from it",
	.rule = "madvise(2) MADV_DONTFORK",
	.needs = { "uring" },
	HEIR,
	.exec = hidden_exec,
	.model = has_not,
};

const struct verb verb_heir_aio = {
	.name = "heir-aio",
	.about = "a child's load from the ring of an AIO context of its parent",
	.rule = "c03ce4173c7b (7.1): aio_ring_mmap_prepare() sets VM_DONTCOPY",
	.needs = { "aio-ring" },
	HEIR,
	.exec = aio_exec,
	.model = has_not,
};

const struct verb verb_heir_packet = {
	.name = "heir-packet",
	.about = "a child's load from the receive ring of a packet socket of its parent",
	.rule = "packet(7); Documentation/networking/packet_mmap.rst",
	.needs = { "packet-ring" },
	HEIR,
	.exec = packet_exec,
	.model = has_it,
};
