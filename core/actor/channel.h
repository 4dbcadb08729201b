/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the runner and the actors share; for actor.c, call.c and channel.c only. A message is a
 * list of ops. Whose turn it is executes, and gives the turn to the actor of the next op;
 * the last one tells the runner.
 */
#ifndef CORE_ACTOR_CHANNEL_H
#define CORE_ACTOR_CHANNEL_H

#include <stdatomic.h>

#include "bench/timed.h"
#include "core/actor/actor.h"

enum { SLOTS = PROCS_MAX + THREADS_MAX };

struct slot {
	_Atomic uint32_t command; /* futex: how many turns it was given, */
	_Atomic uint32_t begun;	  /* and how many of them it took */
	_Atomic int pid, tid;
	_Atomic bool background; /* what the last of them is for */
};

struct message {
	_Atomic uint32_t number; /* of the last one that was sent, */
	_Atomic uint32_t over;	 /* futex: and of the last one that is over */
	_Atomic uint32_t turn;	 /* of `op`: the one that is next, or under way */
	uint32_t n;
	struct reply reply[CALLS_MAX];
	struct op op[CALLS_MAX];
	char verb[CALLS_MAX][WORD_MAX]; /* for an image in which op.verb points nowhere */
};

/* What comes back beside the replies. */
struct room {
	char why[128];
	uint8_t outcome[IMAGE_PAGES], sectors[IMAGE_PAGES];
	struct pattern_read read[IMAGE_PAGES][PAGE_SECTORS];
	char image[IMAGE_MAX] __attribute__((aligned(BASE_PAGE)));
};

/*
 * What most cells need of it lies in the first 64 KiB: one page fault of a new process
 * brings that many.
 */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct channel {
	/* Of this cell and of former ones, whose actors may still be on their way out. */
	struct slot slot[BANKS][SLOTS];
	int fd, runner, bank;
	uint16_t nonce;
	struct verb lie;
	/* The second one of each is that of the background step. */
	struct message message[2];
	struct room room[2];
	struct timing timing;
};

static inline struct slot *slot_at(struct channel *ch, int bank, int proc, int thread)
{
	return &ch->slot[bank][thread ? PROCS_MAX + thread - 1 : proc];
}

struct channel *channel_map(int fd);

/* It is the turn of whoever executes m->op[m->turn]. */
void channel_give_turn(struct channel *ch, int bank, struct message *m);

#endif
