/* SPDX-License-Identifier: GPL-2.0-only */
/* What the runner, the nursery and the spares share; for nursery.c and spares.c only. */
#ifndef CORE_ACTOR_BOARD_H
#define CORE_ACTOR_BOARD_H

#include <stdatomic.h>

#include "core/actor/ending.h"
#include "core/actor/nursery.h"
#include "core/base/futex.h"

/* The last spares have pins that are prepared ahead. */
enum { AHEAD = 2, SPARES = AHEAD + AHEAD_MAX };

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
	/* In the nursery: */
	uint32_t wish;	      /* the last one that it saw, */
	struct wishes wishes; /* and of these, */
	unsigned unmet;	      /* as a bitmap, those that it has still to do something for */
};

static inline void post(_Atomic uint32_t *word)
{
	atomic_fetch_add(word, 1);
	futex_wake(word);
}

static inline void set_state(struct spare *s, enum spare_state state)
{
	atomic_store(&s->state, state);
	futex_wake(&s->state);
}

/* spares.c: the nursery itself, a child of `runner`. */
_Noreturn void nursery_main(struct nursery *n, pid_t runner);

#endif
