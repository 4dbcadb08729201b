// SPDX-License-Identifier: GPL-2.0-only
#include "core/actor/nursery.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "core/actor/board.h"
#include "core/actor/files.h"
#include "core/base/numbers.h"
#include "core/base/util.h"

enum { IDLE_MS = 1000, WAIT_MS = 30000, SIBLINGS = 64 };

/* The other hardware threads of the cells' core slow it down; one stays when it is the last. */
static void leave_core(struct nursery *n, int cpu)
{
	char path[80], text[256];
	int sibling[SIBLINGS], count;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
		 cpu);
	if (file_read(path, text, sizeof(text)) < 0)
		return;
	count = numbers_parse(text, CPU_SETSIZE - 1, sibling, SIBLINGS);
	for (int i = 0; i < count; i++)
		if (CPU_COUNT(&n->beside) > 1)
			CPU_CLR((size_t)sibling[i], &n->beside);
}

/* All CPUs but those of the cells' core, or what there is. */
static void choose_cpus(struct nursery *n, int cpu, const cpu_set_t *allowed)
{
	CPU_ZERO(&n->cells);
	CPU_SET((size_t)cpu, &n->cells);
	n->beside = *allowed;
	CPU_CLR((size_t)cpu, &n->beside);
	leave_core(n, cpu);
	if (!CPU_COUNT(&n->beside))
		n->beside = n->cells;
}

struct nursery *nursery_open(struct channel *ch, int cpu, const cpu_set_t *allowed)
{
	struct nursery *n = calloc(1, sizeof(*n));
	pid_t runner = getpid();

	if (!n)
		return NULL;
	n->channel = ch;
	n->socket[0] = n->socket[1] = -1;
	choose_cpus(n, cpu, allowed);
	n->board = mmap(NULL, sizeof(*n->board), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (n->board == MAP_FAILED ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, n->socket)) {
		nursery_close(n);
		return NULL;
	}
	n->pid = fork();
	if (!n->pid)
		nursery_main(n, runner);
	if (n->pid < 0) {
		nursery_close(n);
		return NULL;
	}
	return n;
}

/* One that does not is killed, and its spares die with it. */
static void end_by_itself(struct nursery *n)
{
	const struct timespec nap = { .tv_nsec = 100000 };
	uint64_t end = now_ns() + (uint64_t)WAIT_MS * 1000000;

	atomic_store(&n->board->closing, 1);
	post(&n->board->work);
	while (!waitpid(n->pid, NULL, WNOHANG)) {
		if (now_ns() > end)
			kill(n->pid, SIGKILL);
		nanosleep(&nap, NULL);
	}
}

void nursery_close(struct nursery *n)
{
	if (!n)
		return;
	if (n->pid > 0) {
		nursery_wait(n, 0);
		end_by_itself(n);
	}
	close_fd(&n->socket[0]);
	close_fd(&n->socket[1]);
	if (n->board && n->board != MAP_FAILED)
		munmap(n->board, sizeof(*n->board));
	free(n);
}

/* Waits for *word to differ from `value`. 0; -ETIMEDOUT; -ECHILD without a nursery. */
static int wait_change(struct nursery *n, _Atomic uint32_t *word, uint32_t value)
{
	uint64_t end = now_ns() + (uint64_t)WAIT_MS * 1000000;

	while (atomic_load(word) == value) {
		if (n->pid < 0)
			return -ECHILD;
		if (now_ns() > end)
			return -ETIMEDOUT;
		futex_wait(word, value, IDLE_MS / 10);
		if (atomic_load(word) == value && waitpid(n->pid, NULL, WNOHANG) == n->pid)
			n->pid = -1;
	}
	return 0;
}

static struct spare *ready_spare(struct nursery *n, int *err)
{
	for (;;) {
		uint32_t seen = atomic_load(&n->board->ready);

		for (int i = 0; i < AHEAD; i++)
			if (atomic_load(&n->board->spare[i].state) == SPARE_READY)
				return &n->board->spare[i];
		*err = wait_change(n, &n->board->ready, seen);
		if (*err)
			return NULL;
	}
}

/* One whose pins are prepared, if there is; not to be waited for. */
static struct spare *prepared_spare(struct nursery *n, const struct actor *a, int npins)
{
	for (int i = AHEAD; npins && i < SPARES; i++) {
		struct spare *s = &n->board->spare[i];
		uint32_t ready = SPARE_READY;

		/* Held by this state, so that the nursery does not drop it. */
		if (!atomic_compare_exchange_strong(&s->state, &ready, SPARE_HELD))
			continue;
		if (!s->ahead.err && ahead_same(&s->ahead, a->pin, npins))
			return s;
		atomic_store(&s->state, SPARE_READY);
	}
	return NULL;
}

pid_t nursery_take(struct nursery *n, const struct actor *a, int npins, long *pinned)
{
	int err = 0;
	struct spare *s = prepared_spare(n, a, npins);
	pid_t pid;

	*pinned = s ? s->ahead.pinned_kb : -1;
	if (!s)
		s = ready_spare(n, &err);
	if (!s)
		return err;
	pid = atomic_load(&s->pid);
	s->actor = *a;
	memcpy(s->holdings.region, a->region, sizeof(s->holdings.region));
	memcpy(s->holdings.pin, a->pin, sizeof(s->holdings.pin));
	err = files_send(n->socket[0], a);
	if (err)
		return err;
	if (sched_setaffinity(pid, sizeof(n->cells), &n->cells))
		return -errno;
	set_state(s, SPARE_TAKEN);
	return pid;
}

void nursery_wish(struct nursery *n, const struct wishes *wishes)
{
	wish_set(&n->board->wish, wishes);
	post(&n->board->work);
}

int nursery_bank(const struct nursery *n, int last)
{
	int bank = last;

	do
		bank = (bank + 1) % BANKS;
	while (bank != last && ending_busy(&n->board->ending[bank]));
	return bank;
}

void nursery_end(struct nursery *n, int bank, const pid_t group[2], const pid_t *pid)
{
	atomic_fetch_add(&n->board->asked, 1);
	ending_ask(&n->board->ending[bank], group, pid);
	/* No wake: the next spare that is taken does that, or who waits. */
	atomic_fetch_add(&n->board->work, 1);
}

/* Until another ending than the first `gone` ones is over. */
static int wait_for_another(struct nursery *n, uint32_t gone)
{
	post(&n->board->work);
	return wait_change(n, &n->board->gone, gone);
}

int nursery_wait(struct nursery *n, unsigned keep)
{
	struct board *b = n->board;
	uint32_t gone = atomic_load(&b->gone);
	int err = 0;

	for (; !err && atomic_load(&b->asked) - gone > keep; gone = atomic_load(&b->gone))
		err = wait_for_another(n, gone);
	return err;
}

static bool any_busy(const struct board *b, uint32_t banks)
{
	for (int i = 0; i < BANKS; i++)
		if (banks & 1u << i && ending_busy(&b->ending[i]))
			return true;
	return false;
}

int nursery_wait_banks(struct nursery *n, uint32_t banks)
{
	struct board *b = n->board;
	uint32_t gone = atomic_load(&b->gone);
	int err = 0;

	for (; !err && any_busy(b, banks); gone = atomic_load(&b->gone))
		err = wait_for_another(n, gone);
	return err;
}

int nursery_reap(struct nursery *n, pid_t pid)
{
	struct board *b = n->board;

	atomic_store(&b->single, (uint32_t)pid);
	post(&b->work);
	return wait_change(n, &b->single, (uint32_t)pid);
}
