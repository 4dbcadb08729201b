// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "core/base/process.h"
#include "core/base/util.h"
#include "core/guard/guard.h"
#include "core/need/need.h"
#include "core/pin/kinds.h"
#include "rdma/rdma.h"
#include "rdma/wire.h"

enum {
	CALL_LIMIT_MS = 25000, /* of a caller, who may wait for a move of a dead one */
	PEER_AGAIN_MS = 10000,
	LEAVE_MS = 1000,
	IDLE_MS = 500,
};

struct move {
	enum ibv_wr_opcode opcode;
	uint32_t rkey;
	uint64_t addr;
	size_t len;
};

static struct shared {
	_Atomic uint32_t asked, done; /* futexes: numbers of moves */
	struct move move;
	int result;
	bool leave; /* instead of a move */
	uint32_t own_key;
	uint64_t own_addr;
	char own[SECTOR]; /* a region of the mover's, for what is between the moves of pins */
	char bounce[MOVER_BOUNCE] __attribute__((aligned(BASE_PAGE)));
} * shared;

static pid_t mover;

struct queues {
	/* In the context that actors share, beside the regions; it never posts or polls. */
	const struct rdma_device *shared_device;
	struct rdma_end answering;
	/*
	 * A context of its own: soft-RoCE rings its doorbell by write(2), which the
	 * kernel refuses to every process but the one that opened the context.
	 */
	struct rdma_device device;
	struct rdma_end asking;
	struct ibv_mr *bounce, *own;
	bool broken;
	/* Of --rdma-peer; then nothing here asks but the peer does. */
	struct wire wire;
	uint64_t connected_ns; /* when that was tried last */
};

static void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void futex_wait(_Atomic uint32_t *word, uint32_t seen, unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	syscall(SYS_futex, word, FUTEX_WAIT, seen, &t, NULL, 0);
}

/* A peer that is gone is looked for again, but not at each move. */
static int reach_peer(struct queues *q)
{
	char why[200] = "";
	int err;

	if (!q->wire.lost)
		return 0;
	if (q->connected_ns && now_ns() - q->connected_ns < PEER_AGAIN_MS * 1000000ull)
		return -ENOLINK;
	wire_close(&q->wire);
	err = peer_connect(&q->wire, host_options.rdma_peer, why, sizeof(why));
	q->connected_ns = now_ns();
	if (err)
		fprintf(stderr, "pinfold: rdma: peer %s: %s\n", host_options.rdma_peer, why);
	return err ? -ENOLINK : 0;
}

static int make_end_with_peer(struct queues *q)
{
	int err = reach_peer(q);

	if (!err)
		err = rdma_end_make(&q->answering, q->shared_device);
	if (!err)
		err = peer_ends(&q->wire, &q->answering, q->shared_device);
	q->broken = err != 0;
	return err ? -ENOLINK : 0;
}

/* Anew after each error: soft-RoCE on 6.18 goes on with a READ from before a reset. */
static int make_ends(struct queues *q)
{
	struct rdma_address here, there;
	int err;

	rdma_end_destroy(&q->asking);
	rdma_end_destroy(&q->answering);
	if (*host_options.rdma_peer)
		return make_end_with_peer(q);
	err = rdma_end_make(&q->asking, &q->device);
	if (!err)
		err = rdma_end_make(&q->answering, q->shared_device);
	if (!err) {
		here = rdma_end_address(&q->asking, &q->device);
		there = rdma_end_address(&q->answering, q->shared_device);
		err = rdma_end_connect(&q->answering, q->shared_device, &here);
	}
	if (!err)
		err = rdma_end_connect(&q->asking, &q->device, &there);
	q->broken = err != 0;
	return err;
}

static int make_queues(struct queues *q, const struct rdma_device *d, const char *name)
{
	const char *what;
	int err;

	*q = (struct queues){ .shared_device = d, .wire.lost = true };
	err = rdma_open(&q->device, name, &what);
	if (err)
		return err;
	q->bounce = ibv_reg_mr(q->device.pd, shared->bounce, MOVER_BOUNCE, IBV_ACCESS_LOCAL_WRITE);
	if (!q->bounce)
		return -errno;
	q->own = ibv_reg_mr(d->pd, shared->own, SECTOR, RDMA_WRITABLE);
	if (!q->own)
		return -errno;
	shared->own_key = q->own->rkey;
	shared->own_addr = (uintptr_t)shared->own;
	return make_ends(q);
}

static int move(struct queues *q, const struct move *m)
{
	const struct rdma_move order = { .opcode = m->opcode,
					 .local = shared->bounce,
					 .lkey = q->bounce->lkey,
					 .rkey = m->rkey,
					 .addr = m->addr,
					 .len = m->len };
	int err = q->broken ? make_ends(q) : 0;

	if (!err)
		err = *host_options.rdma_peer ? peer_move(&q->wire, &order) :
						rdma_end_move(&q->asking, &order);
	q->broken = err != 0;
	return err;
}

static void mover_main(const struct rdma_device *d, const char *name, pid_t runner)
{
	struct queues q;
	uint32_t last = 0;

	shared->result = make_queues(&q, d, name);
	for (;;) {
		atomic_store(&shared->done, ++last);
		futex_wake(&shared->done);
		while (atomic_load(&shared->asked) == last) {
			futex_wait(&shared->asked, last, IDLE_MS);
			if (getppid() != runner)
				_exit(1);
		}
		if (shared->leave) {
			wire_close(&q.wire);
			_exit(0);
		}
		shared->result = move(&q, &shared->move);
	}
}

/* Until the mover has nothing to do. */
static int wait_idle(void)
{
	uint64_t start = now_ns();
	uint32_t asked = atomic_load(&shared->asked), done;

	while ((done = atomic_load(&shared->done)) != asked) {
		if (now_ns() - start > CALL_LIMIT_MS * 1000000ull)
			return -ETIMEDOUT;
		futex_wait(&shared->done, done, IDLE_MS);
	}
	return 0;
}

int mover_start(const struct rdma_device *d, const char *name)
{
	pid_t runner = getpid();
	int err;

	shared = pin_alloc(sizeof(*shared));
	if (!shared)
		return -ENOMEM;
	atomic_store(&shared->asked, 1);
	mover = fork();
	err = mover < 0 ? -errno : 0;
	if (!mover) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		guard_forget();
		close_linked("vfio");
		close_linked("/dev/iommu");
		mover_main(d, name, runner);
	}
	if (!err)
		err = wait_idle();
	if (!err)
		err = shared->result;
	if (err)
		mover_stop();
	return err;
}

/* So that a peer hears of it and has time for the next run. */
static void take_leave(void)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	siginfo_t info = { 0 };

	shared->leave = true;
	atomic_fetch_add(&shared->asked, 1);
	futex_wake(&shared->asked);
	for (int ms = 0; ms < LEAVE_MS && !info.si_pid; ms++) {
		nanosleep(&nap, NULL);
		if (waitid(P_PID, (id_t)mover, &info, WEXITED | WNOHANG | WNOWAIT))
			break;
	}
}

void mover_stop(void)
{
	if (mover > 0) {
		if (*host_options.rdma_peer)
			take_leave();
		kill(mover, SIGKILL);
		waitpid(mover, NULL, 0);
	}
	mover = 0;
	pin_free(shared, sizeof(*shared));
	shared = NULL;
}

static int call(enum ibv_wr_opcode opcode, uint32_t rkey, uint64_t addr, size_t len)
{
	int err;

	shared->move = (struct move){ opcode, rkey, addr, len };
	atomic_fetch_add(&shared->asked, 1);
	futex_wake(&shared->asked);
	err = wait_idle();
	return err ? err : shared->result;
}

int mover_read(uint32_t rkey, uint64_t addr, void *dst, size_t len)
{
	int err = len <= MOVER_BOUNCE ? wait_idle() : -EINVAL;

	if (err)
		return err;
	/* No bytes of an earlier move if this one should not arrive. */
	memset(shared->bounce, PIN_NO_BYTES, len);
	err = call(IBV_WR_RDMA_READ, rkey, addr, len);
	if (!err)
		memcpy(dst, shared->bounce, len);
	return err;
}

int mover_write(uint32_t rkey, uint64_t addr, const void *src, size_t len)
{
	int err = len <= MOVER_BOUNCE ? wait_idle() : -EINVAL;

	if (err)
		return err;
	memcpy(shared->bounce, src, len);
	return call(IBV_WR_RDMA_WRITE, rkey, addr, len);
}

int mover_forget(void)
{
	int err = wait_idle();

	return err ? err : call(IBV_WR_RDMA_READ, shared->own_key, shared->own_addr, SECTOR);
}

int mover_arrives(void)
{
	int err = wait_idle();
	char next;

	if (err)
		return err;
	next = (char)(shared->own[0] + 1);
	memset(shared->bounce, next, SECTOR);
	err = call(IBV_WR_RDMA_WRITE, shared->own_key, shared->own_addr, SECTOR);
	for (size_t i = 0; !err && i < SECTOR; i++)
		err = ((volatile char *)shared->own)[i] == next ? 0 : -EIO;
	return err;
}
