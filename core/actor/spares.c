// SPDX-License-Identifier: GPL-2.0-only
/* In the nursery, and in the spares that it makes. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/actor/board.h"
#include "core/actor/files.h"
#include "core/actor/harness.h"
#include "core/base/self.h"
#include "core/guard/guard.h"
#include "core/mem/kind.h"

enum { IDLE_MS = 1000 };

/* What proofs run and touch, before a cell runs; what they find does not matter. */
static void warm_proofs(const struct channel *ch)
{
	unsigned long dev, inode;
	struct page_fact fact;

	(void)smaps_file(ch, &dev, &inode);
	(void)page_fact(ch, &fact);
	(void)pinned_kb();
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
	self_keep();
	warm_proofs(n->channel);
	ahead_prepare(&s->ahead);
	own = s->holdings;
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
	pid = _Fork();
	if (!pid)
		be_spare(n, s, self);
	if (pid < 0)
		set_state(s, SPARE_NONE);
	else
		atomic_store(&s->pid, pid);
}

/* Those that no spare is for; a spare that is for none of them goes. */
static void read_wish(struct nursery *n)
{
	struct wishes want;
	uint32_t number = wish_get(&n->board->wish, &want);

	if (!number || number == n->wish)
		return;
	n->wish = number;
	n->wishes = want;
	n->unmet = (1u << want.n) - 1;
	for (int i = AHEAD; i < SPARES; i++) {
		struct spare *s = &n->board->spare[i];
		uint32_t state = atomic_load(&s->state), ready = SPARE_READY;
		int w = 0;

		while (w < want.n &&
		       (!(n->unmet & 1u << w) || s->ahead.err ||
			!ahead_same(&s->ahead, want.ahead[w].pin, want.ahead[w].npins)))
			w++;
		if (w < want.n && (state == SPARE_MADE || state == SPARE_READY)) {
			n->unmet &= ~(1u << w);
		} else if (atomic_compare_exchange_strong(&s->state, &ready, SPARE_NONE)) {
			kill(atomic_load(&s->pid), SIGKILL);
			waitpid(atomic_load(&s->pid), NULL, 0);
		}
	}
}

static void make_spares(struct nursery *n)
{
	for (int i = 0; i < AHEAD; i++)
		if (atomic_load(&n->board->spare[i].state) == SPARE_NONE)
			make_spare(n, &n->board->spare[i]);
	read_wish(n);
	for (int i = AHEAD; i < SPARES && n->unmet; i++) {
		struct spare *s = &n->board->spare[i];

		if (atomic_load(&s->state) != SPARE_NONE)
			continue;
		s->ahead = n->wishes.ahead[__builtin_ctz(n->unmet)];
		n->unmet &= n->unmet - 1;
		make_spare(n, s);
	}
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

_Noreturn void nursery_main(struct nursery *n, pid_t runner)
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
