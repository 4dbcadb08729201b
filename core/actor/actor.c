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

#include "bench/timed.h"
#include "core/actor/fault.h"
#include "core/actor/harness.h"
#include "core/base/futex.h"
#include "core/base/process.h"
#include "core/base/util.h"

enum { IDLE_MS = 1000, DEATH_MS = 50, SLOTS = PROCS_MAX + THREADS_MAX };

struct slot {
	_Atomic uint32_t command, done; /* futexes: numbers of calls */
	_Atomic uint32_t begun;
	_Atomic int pid, tid;
	uint32_t background;   /* the call that may still be under way when the next one is sent */
	struct reply reply[2]; /* of a call by its number's last bit */
};

/* What comes back beside the reply. */
struct room {
	char why[128];
	uint8_t outcome[IMAGE_PAGES], sectors[IMAGE_PAGES];
	struct pattern_read read[IMAGE_PAGES][PAGE_SECTORS];
	char image[IMAGE_MAX] __attribute__((aligned(BASE_PAGE)));
};

struct channel {
	/* Of this cell and of former ones, whose actors may still be on their way out. */
	struct slot slot[BANKS][SLOTS];
	int fd, runner, bank;
	uint16_t nonce;
	struct op op;
	struct verb lie;
	char verb[WORD_MAX]; /* for an image in which op.verb points nowhere */
	struct timing timing;
	struct room room[2]; /* the second one is that of a background step */
};

static struct channel *channel_map(int fd)
{
	void *at = mmap(NULL, sizeof(struct channel), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

struct channel *channel_open(void)
{
	int fd = memfd_create("pinfold-channel", 0);
	struct channel *ch = NULL;

	if (fd >= 0 && !ftruncate(fd, sizeof(*ch)))
		ch = channel_map(fd);
	if (ch) {
		ch->fd = fd;
		ch->runner = getpid();
	} else if (fd >= 0) {
		close(fd);
	}
	return ch;
}

void channel_close(struct channel *ch)
{
	close(ch->fd);
	munmap(ch, sizeof(*ch));
}

int channel_bank(const struct channel *ch)
{
	return ch->bank;
}

void channel_reset(struct channel *ch, int bank)
{
	ch->bank = bank;
	memset(ch->slot[ch->bank], 0, sizeof(ch->slot[ch->bank]));
	ch->room[0].why[0] = ch->room[1].why[0] = '\0';
	atomic_store(&ch->timing.exit, EXIT_UNTIMED);
}

void channel_count(struct channel *ch, bool on)
{
	ch->timing.count = on;
}

struct verb *channel_lie(struct channel *ch)
{
	return &ch->lie;
}

static void use_room(struct actor *a, struct room *room)
{
	a->outcome = room->outcome;
	a->image = room->image;
	a->sectors = room->sectors;
	a->read = room->read;
	a->why = room->why;
}

void channel_attach(struct channel *ch, struct actor *a, bool background)
{
	use_room(a, &ch->room[background]);
	a->channel = ch;
	a->bank = ch->bank;
	a->timing = &ch->timing;
}

const struct timing *channel_timing(const struct channel *ch)
{
	return &ch->timing;
}

static struct slot *slot_at(struct channel *ch, int bank, int proc, int thread)
{
	return &ch->slot[bank][thread ? PROCS_MAX + thread - 1 : proc];
}

static struct slot *slot_of(const struct actor *a)
{
	return slot_at(a->channel, a->bank, a->proc, a->thread);
}

static int prove(struct actor *a, int region)
{
	struct region *r = &a->region[region];

	return r->kind->check ? r->kind->check(r, a->why, sizeof(a->channel->room[0].why)) : 0;
}

static void execute(struct actor *a, uint32_t number)
{
	struct channel *ch = a->channel;
	struct reply *reply = &slot_of(a)->reply[number & 1];
	const struct verb *verb = a->fresh_image ? harness_or_verb(ch->verb) : ch->op.verb;
	/* A copy: after fork the runner goes on while the child still reads it. */
	const struct op op = ch->op;
	uint64_t start;

	use_room(a, &ch->room[op.background]);
	*reply = (struct reply){ 0 };
	atomic_store(&slot_of(a)->begun, number);
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
}

void actor_serve(struct actor *a)
{
	struct slot *slot = slot_of(a);
	uint32_t last = atomic_load(&slot->done);

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
		execute(a, next);
		last = next;
		atomic_store(&slot->done, next);
		futex_wake(&slot->done);
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

/* Everything that an actor touches anyway, before a cell runs. */
void channel_warm(struct channel *ch)
{
	extern const char __executable_start[], etext[];
	enum { STRIDE = 16 * BASE_PAGE, STACK = 4 * BASE_PAGE };
	volatile char stack[STACK];
	char sector[SECTOR];

	for (const volatile char *p = __executable_start; p < etext; p += STRIDE)
		(void)*p;
	for (size_t i = 0; i < offsetof(struct channel, timing); i += BASE_PAGE)
		(void)((const volatile char *)ch)[i];
	(void)*(const volatile uint8_t *)ch->room[0].outcome;
	(void)*(const volatile uint8_t *)ch->room[0].sectors;
	(void)*(const volatile uint64_t *)&ch->room[0].read[0][0].word;
	for (size_t i = 0; i < STRIDE; i += BASE_PAGE)
		(void)((const volatile char *)ch->room[0].image)[i];
	for (size_t i = 0; i < STACK; i += BASE_PAGE)
		stack[i] = 0;
	fault_copy(sector, ch->room[0].image, 1);
	errno = (int)now_ns() & stack[0];
}

static struct slot *send(struct channel *ch, const struct op *op)
{
	struct slot *slot = slot_at(ch, ch->bank, op->proc, op->thread);

	ch->op = *op;
	snprintf(ch->verb, sizeof(ch->verb), "%s", op->verb->name);
	/* Not by `done`: a call with a number of its own may wait behind one that blocks. */
	atomic_fetch_add(&slot->command, 1);
	futex_wake(&slot->command);
	return slot;
}

int actor_begin(struct channel *ch, const struct op *op, unsigned timeout_ms)
{
	const struct timespec pause = { 0, 100000 };
	uint64_t end = now_ns() + (uint64_t)timeout_ms * 1000000;
	struct slot *slot = send(ch, op);
	uint32_t number = atomic_load(&slot->command);

	slot->background = number;
	while (now_ns() < end) {
		char state = 0;

		if (atomic_load(&slot->done) == number)
			return 0;
		if (atomic_load(&slot->begun) == number)
			state = task_state(actor_pid(ch, op->proc), atomic_load(&slot->tid));
		if (state == 'S' || state == 'D')
			return 0;
		if (process_died(actor_pid(ch, op->proc)) && atomic_load(&slot->done) != number)
			return -ECHILD;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

static bool is_done(const struct slot *slot, uint32_t number)
{
	return (int32_t)(atomic_load(&slot->done) - number) >= 0;
}

int actor_finish(struct channel *ch, const struct op *op, unsigned timeout_ms, struct reply *reply)
{
	struct slot *slot = slot_at(ch, ch->bank, op->proc, op->thread);
	uint32_t number = op->background ? slot->background : atomic_load(&slot->command);
	uint64_t end = now_ns() + (uint64_t)timeout_ms * 1000000;

	for (;;) {
		uint32_t done = atomic_load(&slot->done);

		if (is_done(slot, number))
			break;
		if (now_ns() > end)
			return -ETIMEDOUT;
		futex_wait(&slot->done, done, DEATH_MS);
		/* The last act of a process is to say that it is done. */
		if (atomic_load(&slot->done) == done && process_died(actor_pid(ch, op->proc)) &&
		    !is_done(slot, number))
			return -ECHILD;
	}
	*reply = slot->reply[number & 1];
	return 0;
}

int actor_call(struct channel *ch, const struct op *op, unsigned timeout_ms, struct reply *reply)
{
	send(ch, op);
	return actor_finish(ch, op, timeout_ms, reply);
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
	struct slot *slot = slot_of(a);
	char fd[16], proc[16];
	char name[] = "pinfold", command[] = "actor";
	char *argv[] = { name, command, fd, proc, NULL };

	snprintf(fd, sizeof(fd), "%d", a->channel->fd);
	snprintf(proc, sizeof(proc), "%d", a->proc);
	/* The new image answers for this step, as its first act. */
	slot->reply[0] = slot->reply[1] = (struct reply){ 0 };
	a->channel->nonce = a->nonce;
	execv("/proc/self/exe", argv);
	return -errno;
}

int actor_main(int fd, int proc)
{
	struct channel *ch = channel_map(fd);
	struct holdings own = { 0 };
	struct actor a = { .proc = proc, .region = own.region, .pin = own.pin };
	struct slot *slot;

	if (!ch || proc < 0 || proc >= PROCS_MAX)
		return EXIT_BROKEN;
	fault_init();
	channel_attach(ch, &a, false);
	a.nonce = ch->nonce;
	a.nregions = REGIONS_MAX;
	for (int i = 0; i < REGIONS_MAX; i++)
		a.region[i] = (struct region){ .index = i, .addr = actor_address(i, 0), .fd = -1 };
	slot = slot_of(&a);
	a.fresh_image = true;
	atomic_store(&slot->done, atomic_load(&slot->command));
	futex_wake(&slot->done);
	actor_serve(&a);
}
