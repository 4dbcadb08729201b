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

enum { CHILD_HAS_IT, CHILD_SEGV, CHILD_BUS, CHILD_DIFFERS, CHILD_NO_USE };
enum { DEVICE_MEMORY = 16, OFF_FAILED = 64 /* no enum outcome */ };

/* Registers of some devices take no smaller load. */
static uint8_t load(const struct ring *r)
{
	const volatile uint32_t *at = (const volatile uint32_t *)r->addr;
	uint8_t outcome;

	FAULT_GUARD(outcome, (void)*at);
	return outcome;
}

/* The child's own view: what is mapped there, and what a load of it does. */
static _Noreturn void look(const struct ring *r)
{
	unsigned char present;
	bool none = mincore(r->addr, BASE_PAGE, &present) && errno == ENOMEM;
	uint8_t outcome = !r->silent ? load(r) : none ? OUTCOME_SEGV : OUTCOME_OK;

	if (none != (outcome == OUTCOME_SEGV))
		_exit(CHILD_DIFFERS);
	if (outcome == OUTCOME_OK && r->use && r->use(r))
		_exit(CHILD_NO_USE);
	_exit(outcome == OUTCOME_SEGV ? CHILD_SEGV :
	      outcome == OUTCOME_BUS  ? CHILD_BUS :
					CHILD_HAS_IT);
}

/* enum outcome of the child's load, or -errno. */
static int ask_child(const struct ring *r)
{
	static const int outcome[] = { OUTCOME_OK, OUTCOME_SEGV, OUTCOME_BUS };
	int hidden = smaps_flag(r->addr, "dc"), status, err = 0;
	pid_t pid;

	if (hidden < 0)
		return hidden;
	pid = fork();
	if (!pid)
		look(r);
	if (pid > 0 && r->begin)
		err = r->begin(r);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	if (!err && r->end)
		err = r->end(r);
	if (err || !WIFEXITED(status))
		return err ? err : -ECHILD;
	/* VmFlags and the child must agree as well. */
	if (WEXITSTATUS(status) == CHILD_NO_USE)
		return -ENXIO;
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

/* Outcomes of all parts must be one, or -EPROTO. */
static int ask_each(struct actor *a, const struct op *op, int (*ask)(const struct ring *r),
		    bool hide)
{
	struct ring r[DEVICE_MEMORY];
	int n = op->pin_kind->device_memory(&a->pin[op->pin], r, DEVICE_MEMORY), err = n;

	for (int i = 0; i < n; i++) {
		int each = hide && madvise(r[i].addr, r[i].len, MADV_DONTFORK) ? -errno :
										 ask(&r[i]);

		if (!i || each < 0)
			err = each;
		else if (err >= 0 && each != err)
			err = -EPROTO;
		ring_close(&r[i]);
	}
	if (err < 0)
		return err;
	memset(a->outcome, err, op->npages);
	return 0;
}

static int device_exec(struct actor *a, const struct op *op)
{
	return ask_each(a, op, ask_child, false);
}

int heir_device_hidden(struct actor *a, const struct op *op)
{
	return ask_each(a, op, ask_child, true);
}

/* The child has the page in its page table before the device's memory goes. */
static _Noreturn void look_off(const struct ring *r, int (*turn)(bool on))
{
	if (load(r) != OUTCOME_OK || turn(false))
		_exit(OFF_FAILED);
	_exit(load(r));
}

static int off_exec(struct actor *a, const struct op *op)
{
	int (*turn)(bool on) = op->pin_kind->device_switch;
	struct ring r;
	int n = op->pin_kind->device_memory(&a->pin[op->pin], &r, 1), status = 0, err = 0;
	uint8_t outcome;
	pid_t pid;

	if (n < 0)
		return n;
	outcome = load(&r);
	pid = fork();
	if (!pid)
		look_off(&r, turn);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		err = -errno;
	else if (outcome != OUTCOME_OK || !WIFEXITED(status) || WEXITSTATUS(status) == OFF_FAILED)
		err = -EPROTO;
	/* Of child and parent the one for whom it is not gone. */
	outcome = (uint8_t)WEXITSTATUS(status);
	memset(a->outcome, outcome == OUTCOME_BUS ? load(&r) : outcome, op->npages);
	if (turn(true) || load(&r) != OUTCOME_OK)
		err = -EPROTO;
	ring_close(&r);
	return err;
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

static void is_gone(struct model_step *s)
{
	s->expect.outcomes = OUTCOME_BUS;
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

#define HEIR_OF_A_PIN .by = ACTOR_PROCESS, .arg = ARG_PIN

const struct verb verb_heir_device = {
	.name = "heir-device",
	.about = "a child's use of registers or queues that the holder of a pin has mapped",
	.rule = "drivers/vfio/pci/vfio_pci_core.c vfio_pci_core_mmap(), drivers/infiniband/core/"
		"uverbs_main.c rdma_umap_open(), rxe_mmap.c rxe_vma_open(): no VM_DONTCOPY",
	HEIR_OF_A_PIN,
	.flags = VERB_PER_PAGE | VERB_DEVICE_MEMORY,
	.exec = device_exec,
	.model = has_it,
};

const struct verb verb_heir_off = {
	.name = "heir-off",
	.about = "the same, when the child has switched off the memory of the device",
	.rule = "abafbc551fdd (5.8): block MMIO access on disabled memory",
	HEIR_OF_A_PIN,
	.flags = VERB_PER_PAGE | VERB_DEVICE_MEMORY | VERB_SWITCHES,
	.exec = off_exec,
	.model = is_gone,
};
