// SPDX-License-Identifier: GPL-2.0-only
/* The runner's side of messages. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/actor/channel.h"
#include "core/base/futex.h"
#include "core/base/process.h"
#include "core/base/util.h"

enum { DEATH_MS = 50 };

static struct message *send(struct channel *ch, const struct op *op, int n)
{
	struct message *m = &ch->message[op->background];

	atomic_fetch_add(&m->number, 1);
	atomic_store(&m->turn, 0);
	m->n = (uint32_t)n;
	memcpy(m->op, op, (size_t)n * sizeof(*op));
	for (int i = 0; i < n; i++)
		snprintf(m->verb[i], sizeof(m->verb[i]), "%s", op[i].verb->name);
	channel_give_turn(ch, ch->bank, m);
	return m;
}

static bool is_over(const struct message *m)
{
	return atomic_load(&m->over) == atomic_load(&m->number);
}

/* The last act of a process is to give the turn to somebody else. */
static bool died(const struct channel *ch, const struct message *m, uint32_t turn)
{
	return process_died(actor_pid(ch, m->op[turn].proc)) && atomic_load(&m->turn) == turn &&
	       !is_over(m);
}

static int finish(struct channel *ch, struct message *m, unsigned timeout_ms)
{
	uint64_t patience = (uint64_t)timeout_ms * 1000000, end = now_ns() + patience;
	uint32_t last = 0;

	for (;;) {
		uint32_t over = atomic_load(&m->over), turn = atomic_load(&m->turn);

		if (is_over(m))
			return 0;
		if (turn != last)
			end = now_ns() + patience;
		if (now_ns() > end)
			return -ETIMEDOUT;
		last = turn;
		futex_wait(&m->over, over, DEATH_MS);
		if (atomic_load(&m->over) == over && turn < m->n && died(ch, m, turn))
			return -ECHILD;
	}
}

int actor_calls(struct channel *ch, const struct op *op, int n, unsigned timeout_ms,
		struct reply *reply, int *done)
{
	struct message *m = send(ch, op, n);
	int err = finish(ch, m, timeout_ms);

	/* A late one of the message before may count on. */
	*done = (int)atomic_load(&m->turn);
	/* It was over just then. */
	if (*done >= n) {
		*done = n;
		err = 0;
	}
	memcpy(reply, m->reply, (size_t)*done * sizeof(*reply));
	return err;
}

int actor_call(struct channel *ch, const struct op *op, unsigned timeout_ms, struct reply *reply)
{
	int done;

	return actor_calls(ch, op, 1, timeout_ms, reply, &done);
}

int actor_begin(struct channel *ch, const struct op *op, unsigned timeout_ms)
{
	const struct timespec pause = { 0, 100000 };
	uint64_t end = now_ns() + (uint64_t)timeout_ms * 1000000;
	const struct message *m = send(ch, op, 1);
	const struct slot *slot = slot_at(ch, ch->bank, op->proc, op->thread);
	uint32_t command = atomic_load(&slot->command);

	while (now_ns() < end) {
		char state = 0;

		if (is_over(m))
			return 0;
		if (atomic_load(&slot->begun) == command)
			state = task_state(actor_pid(ch, op->proc), atomic_load(&slot->tid));
		if (state == 'S' || state == 'D')
			return 0;
		if (died(ch, m, 0))
			return -ECHILD;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

int actor_finish(struct channel *ch, unsigned timeout_ms, struct reply *reply)
{
	struct message *m = &ch->message[true];
	int err = finish(ch, m, timeout_ms);

	*reply = m->reply[0];
	return err;
}
