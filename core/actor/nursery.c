// SPDX-License-Identifier: GPL-2.0-only
#include "core/actor/nursery.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "core/actor/ahead.h"
#include "core/actor/ending.h"
#include "core/actor/files.h"
#include "core/base/futex.h"
#include "core/base/util.h"
#include "core/guard/guard.h"

/* The last spare is one with pins that are prepared ahead. */
enum { SPARES = 3, AHEAD = SPARES - 1, IDLE_MS = 1000, WAIT_MS = 30000 };

enum spare_state { SPARE_NONE, SPARE_MADE, SPARE_READY, SPARE_HELD, SPARE_TAKEN };

struct spare {
	_Atomic uint32_t state; /* futex */
	_Atomic int pid;
	struct actor actor;
	struct holdings holdings;
	struct ahead ahead;
};

/* Shared by the runner, the nursery and the spares. */
struct board {
	_Atomic uint32_t work;	 /* futex: the nursery has something to do */
	_Atomic uint32_t gone;	 /* futex: how many endings are over, */
	_Atomic uint32_t asked;	 /* of so many */
	_Atomic uint32_t ready;	 /* futex: changes when a spare gets ready */
	_Atomic uint32_t single; /* futex: the process to reap alone; 0: none */
	_Atomic uint32_t closing;
	struct spare spare[SPARES];
	struct wish wish;
	struct ending ending[BANKS];
};

struct nursery {
	struct board *board;
	struct channel *channel;
	pid_t pid;
	cpu_set_t cells, beside;
	int socket[2]; /* runner's end, spares' end */
};

static void post(_Atomic uint32_t *word)
{
	atomic_fetch_add(word, 1);
	futex_wake(word);
}

static void set_state(struct spare *s, enum spare_state state)
{
	atomic_store(&s->state, state);
	futex_wake(&s->state);
}

static void be_spare(struct nursery *n, struct spare *s, pid_t nursery)
{
	static struct holdings own;
	struct actor self;
	uint32_t state;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != nursery)
		_exit(1);
	signal(SIGCHLD, SIG_DFL);
	channel_warm(n->channel);
	ahead_prepare(&s->ahead);
	atomic_store(&s->pid, getpid());
	set_state(s, SPARE_READY);
	post(&n->board->ready);
	while ((state = atomic_load(&s->state)) != SPARE_TAKEN)
		futex_wait(&s->state, state, IDLE_MS);
	own = s->holdings;
	memcpy(own.pin, s->ahead.pin, (size_t)s->ahead.npins * sizeof(*own.pin));
	self = s->actor;
	self.region = own.region;
	self.pin = own.pin;
	files_receive(n->socket[1], &self);
	set_state(s, SPARE_NONE);
	post(&n->board->work);
	actor_serve(&self);
}

static void make_spare(struct nursery *n, struct spare *s)
{
	pid_t pid, self = getpid();

	atomic_store(&s->state, SPARE_MADE);
	pid = fork();
	if (!pid)
		be_spare(n, s, self);
	if (pid < 0)
		set_state(s, SPARE_NONE);
	else
		atomic_store(&s->pid, pid);
}

static void make_spares(struct nursery *n)
{
	struct spare *s = &n->board->spare[AHEAD];
	uint32_t ready = SPARE_READY;
	struct ahead want;

	for (int i = 0; i < AHEAD; i++)
		if (atomic_load(&n->board->spare[i].state) == SPARE_NONE)
			make_spare(n, &n->board->spare[i]);
	if (!wish_get(&n->board->wish, &want) || want.number == s->ahead.number)
		return;
	if (atomic_load(&s->state) == SPARE_READY && !ahead_same(&s->ahead, want.pin, want.npins) &&
	    atomic_compare_exchange_strong(&s->state, &ready, SPARE_NONE)) {
		kill(atomic_load(&s->pid), SIGKILL);
		waitpid(atomic_load(&s->pid), NULL, 0);
	}
	if (atomic_load(&s->state) != SPARE_NONE)
		return;
	s->ahead = want;
	make_spare(n, s);
}

static void serve(const struct nursery *n)
{
	struct board *b = n->board;
	pid_t single = (pid_t)atomic_load(&b->single);

	for (int i = 0; i < BANKS; i++) {
		if (ending_over(&b->ending[i], &n->beside))
			post(&b->gone);
	}
	if (single && waitpid(single, NULL, WNOHANG)) {
		atomic_store(&b->single, 0);
		futex_wake(&b->single);
	}
}

static struct board *work_of;

/* Interrupts the wait below, or changes what it would wait for. */
static void on_child(int sig)
{
	(void)sig;
	atomic_fetch_add(&work_of->work, 1);
}

/* It alone knows which spares it has just forked. */
static _Noreturn void leave(const struct board *b)
{
	for (int i = 0; i < SPARES; i++)
		if (atomic_load(&b->spare[i].state) != SPARE_NONE)
			kill(atomic_load(&b->spare[i].pid), SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	_exit(0);
}

static void nursery_main(struct nursery *n, pid_t runner)
{
	const struct sigaction sa = { .sa_handler = on_child, .sa_flags = SA_NOCLDSTOP };
	struct board *b = n->board;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != runner)
		_exit(1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sched_setaffinity(0, sizeof(n->beside), &n->beside);
	guard_forget();
	work_of = b;
	sigaction(SIGCHLD, &sa, NULL);
	for (;;) {
		uint32_t seen = atomic_load(&b->work);

		if (atomic_load(&b->closing))
			leave(b);
		make_spares(n);
		serve(n);
		futex_wait(&b->work, seen, IDLE_MS);
	}
}

/* All CPUs but the cells' one, or that one when there is no other. */
static void choose_cpus(struct nursery *n, int cpu, const cpu_set_t *allowed)
{
	CPU_ZERO(&n->cells);
	CPU_SET((size_t)cpu, &n->cells);
	n->beside = *allowed;
	CPU_CLR((size_t)cpu, &n->beside);
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
	struct spare *s = &n->board->spare[AHEAD];
	uint32_t ready = SPARE_READY;

	/* Held by this state, so that the nursery does not drop it. */
	if (!npins || !atomic_compare_exchange_strong(&s->state, &ready, SPARE_HELD))
		return NULL;
	if (!s->ahead.err && ahead_same(&s->ahead, a->pin, npins))
		return s;
	atomic_store(&s->state, SPARE_READY);
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

void nursery_wish(struct nursery *n, const struct pin *pin, int npins)
{
	wish_set(&n->board->wish, pin, npins);
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
