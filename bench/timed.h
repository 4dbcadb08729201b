/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A timed step, in the actor. Nothing but the fault or the call is between two
 * readings of the clock. See docs/measuring.md.
 */
#ifndef BENCH_TIMED_H
#define BENCH_TIMED_H

#include "bench/counters.h"
#include "bench/placed.h"
#include "bench/touch.h"

/* Grows when samples of one program change their meaning; never compared across. */
enum { TIMED_VERSION = 4 };

enum timed_part { PART_STEP, PART_REAP };
enum timed_exit { EXIT_UNTIMED, EXIT_TIMED, EXIT_AWAITED };

/* In the shared memory of the channel. */
struct timing {
	bool faults; /* a sample is a fault of an access; else a call */
	enum timed_part part;
	_Atomic int exit;
	uint64_t left; /* the clock when the process began to leave */
	/* The step; and its null experiment: the same loop when nothing is left to fault,
	 * or a system call that does nothing. */
	struct pass step, null;
	uint64_t word[TOUCH_SAMPLES]; /* what is stored */
	bool count;		      /* set by the runner: read the counters too */
	struct counts counts, null_counts;
	struct placed placed; /* the pages that were touched */
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
