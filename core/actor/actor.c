// SPDX-License-Identifier: GPL-2.0-only
#include "core/actor/actor.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/actor/channel.h"
#include "core/actor/fault.h"
#include "core/actor/harness.h"
#include "core/base/futex.h"
#include "core/base/process.h"
#include "core/base/util.h"

enum { IDLE_MS = 1000 };

static struct slot *slot_of(const struct actor *a)
{
	return slot_at(a->channel, a->bank, a->proc, a->thread);
}

static int prove(struct actor *a, int region)
{
	struct region *r = &a->region[region];

	return r->kind->check ? r->kind->check(r, a->why, sizeof(a->channel->room[0].why)) : 0;
}

/* Whether it went so that the next op may follow. */
static bool execute(struct actor *a, struct message *m, uint32_t turn)
{
	struct reply *reply = &m->reply[turn];
	const struct verb *verb = a->fresh_image ? harness_or_verb(m->verb[turn]) :
						   m->op[turn].verb;
	/* A copy: after fork the runner goes on while the child still reads it. */
	const struct op op = m->op[turn];
	uint64_t start;

	channel_place(a->channel, a, op.background, op.place);
	*reply = (struct reply){ 0 };
	start = now_ns();
	reply->err = op.timed && !a->fresh_image ? timed_exec(a, verb, &op) : verb->exec(a, &op);
	reply->at = now_ns();
	reply->ns = reply->at - start;
	if (!reply->err && verb->post)
		reply->post = verb->post(a, &op);
	if (!reply->err && !reply->post && op.prove)
		reply->proof = prove(a, op.region);
	if (op.count)
		reply->pinned = pinned_kb();
	return !reply->err && !reply->post && !reply->proof &&
	       !(op.fills && a->outcome[0] != OUTCOME_OK);
}

/* The runner may have given up waiting, and sent another message. */
static bool is_current(const struct message *m, uint32_t number)
{
	return atomic_load(&m->number) == number;
}

static void finish(struct message *m, uint32_t number)
{
	atomic_store(&m->over, number);
	futex_wake(&m->over);
}

/* From this actor's turn on to that of another one, or to the end. */
static void take_turns(struct actor *a, struct message *m)
{
	uint32_t number = atomic_load(&m->number), turn = atomic_load(&m->turn), n = m->n;

	while (turn < n) {
		bool more = execute(a, m, turn);

		if (!is_current(m, number))
			return;
		atomic_store(&m->turn, ++turn);
		if (!more || turn == n) {
			finish(m, number);
			return;
		}
		if (slot_at(a->channel, a->bank, m->op[turn].proc, m->op[turn].thread) !=
		    slot_of(a)) {
			channel_give_turn(a->channel, a->bank, m);
			return;
		}
	}
}

void actor_serve(struct actor *a)
{
	struct slot *slot = slot_of(a);
	uint32_t last = atomic_load(&slot->begun);

	atomic_store(&slot->tid, gettid());
	if (!a->thread)
		atomic_store(&slot->pid, getpid());
	while (!a->leave) {
		uint32_t next = atomic_load(&slot->command);

		if (next == last) {
			futex_wait(&slot->command, next, IDLE_MS);
			if (atomic_load(&slot->command) == last && kill(a->channel->runner, 0) &&
			    errno == ESRCH)
				_exit(1);
			continue;
		}
		last = next;
		atomic_store(&slot->begun, next);
		take_turns(a, &a->channel->message[atomic_load(&slot->background)]);
	}
	timed_leave(a);
	if (a->killed)
		kill(getpid(), SIGKILL);
	_exit(0);
}

void actor_set_pid(struct actor *a, int proc, pid_t pid)
{
	atomic_store(&a->channel->slot[a->bank][proc].pid, pid);
}

pid_t actor_pid(const struct channel *ch, int proc)
{
	return atomic_load(&ch->slot[ch->bank][proc].pid);
}

static int clone_main(void *arg)
{
	actor_serve(arg);
}

pid_t actor_clone_vm(struct actor *a, int child, int flags)
{
	enum { STACK = 16 * BASE_PAGE };
	/* One each: those that live share this memory. */
	static char stack[PROCS_MAX][STACK] __attribute__((aligned(BASE_PAGE)));
	static struct actor self[PROCS_MAX];

	self[child] = *a;
	self[child].proc = child;
	self[child].thread = 0;
	return clone(clone_main, stack[child] + STACK, CLONE_VM | SIGCHLD | flags, &self[child]);
}

static void *thread_main(void *arg)
{
	actor_serve(arg);
}

int actor_make_threads(struct actor *a)
{
	static struct actor self[THREADS_MAX];

	for (int i = 0; i < a->nthreads; i++) {
		pthread_t thread;
		int err;

		self[i] = *a;
		self[i].thread = i + 1;
		err = pthread_create(&thread, NULL, thread_main, &self[i]);
		if (err)
			return -err;
	}
	return 0;
}

int actor_why(struct actor *a, const char *text)
{
	snprintf(a->why, sizeof(a->channel->room[0].why), "%s", text);
	return 1;
}

/*
 * 4 GiB apart, so that the largest region and its second place never meet; above
 * the shadow memory of the address sanitizer.
 */
char *actor_address(int number, int where)
{
	return (char *)(uintptr_t)(0x200000000000ULL +
				   ((uint64_t)number * 2 + (uint64_t)where) * 0x100000000ULL);
}

int actor_exec(struct actor *a)
{
	char fd[16], proc[16];
	char name[] = "pinfold", command[] = "actor";
	char *argv[] = { name, command, fd, proc, NULL };

	snprintf(fd, sizeof(fd), "%d", a->channel->fd);
	snprintf(proc, sizeof(proc), "%d", a->proc);
	/* The new image answers for this step, as its first act. */
	a->channel->message[0].reply[0] = (struct reply){ 0 };
	a->channel->nonce = a->nonce;
	execv("/proc/self/exe", argv);
	return -errno;
}

int actor_main(int fd, int proc)
{
	struct channel *ch = channel_map(fd);
	struct holdings own = { 0 };
	struct actor a = { .proc = proc, .region = own.region, .pin = own.pin };
	struct message *m;

	if (!ch || proc < 0 || proc >= PROCS_MAX)
		return EXIT_BROKEN;
	fault_init();
	channel_attach(ch, &a, false);
	a.nonce = ch->nonce;
	a.nregions = REGIONS_MAX;
	for (int i = 0; i < REGIONS_MAX; i++)
		a.region[i] = (struct region){ .index = i, .addr = actor_address(i, 0), .fd = -1 };
	a.fresh_image = true;
	m = &ch->message[0];
	atomic_store(&m->turn, 1);
	finish(m, atomic_load(&m->number));
	actor_serve(&a);
}
