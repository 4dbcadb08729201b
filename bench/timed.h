/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A timed step, in the actor. Nothing but the fault or the call is between two
 * readings of the clock. See docs/measuring.md.
 */
#ifndef BENCH_TIMED_H
#define BENCH_TIMED_H

#include "core/actor/actor.h"

enum {
	TIMED_SAMPLES = IMAGE_PAGES,
	/* Grows when samples of one program change their meaning; never compared across. */
	TIMED_VERSION = 1,
};

enum timed_part { PART_STEP, PART_REAP };
enum timed_exit { EXIT_UNTIMED, EXIT_TIMED, EXIT_AWAITED };

/* One pass over the place: a reading before and after each access, or around the call. */
struct pass {
	uint32_t samples;
	uint64_t faults; /* that the kernel counted for the thread meanwhile */
	uint64_t wall_ns;
	uint64_t gaps;		      /* ticks between a sample's end and the next one's begin */
	uint64_t tick[TIMED_SAMPLES]; /* raw: the cost of the readings is inside */
};

/* In the shared memory of the channel. */
struct timing {
	bool faults; /* a sample is a fault of an access; else a call */
	enum timed_part part;
	_Atomic int exit;
	uint64_t left; /* the clock when the process began to leave */
	/* The step; and its null experiment: the same loop when nothing is left to fault,
	 * or a system call that does nothing. */
	struct pass step, null;
	uint64_t word[TIMED_SAMPLES]; /* what is stored */
};

/*
 * Executes op with the clock around each fault (an access by a process: one word for
 * each unit of the kind, then the rest of the bytes untimed) or around the call.
 * Returns as verb->exec does; a->timing has the samples.
 */
int timed_exec(struct actor *a, const struct verb *verb, const struct op *op);

/* A process leaves: the last thing that it does. */
void timed_leave(struct actor *a);
/* In its parent: waits for its end, then reaps it, as two samples of the pass. 0 or -errno. */
int timed_reap(struct actor *a, pid_t pid);

#endif
