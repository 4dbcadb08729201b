/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A crew: workers that do a timed step at the same time, each on a CPU of its own and on
 * memory of its own. See docs/measuring.md.
 */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include "bench/placed.h"
#include "bench/touch.h"

enum { WORKERS_MAX = 64, CREW_STEPS = 8 };

enum crew_kind {
	CREW_NONE,
	CREW_THREADS,	/* of the process that does the step, in one area (VMA) */
	CREW_AREAS,	/* the same, each in an area of its own */
	CREW_PROCESSES, /* each in a cell of its own */
};

/* What one worker measured in a timed step. */
struct crew_take {
	int step;
	bool per_fault;
	struct pass pass, null;
	struct placed placed; /* of processes; those of threads are in the timing */
};

struct crew {
	enum crew_kind kind;
	int workers;
	int shares; /* the place is divided into; each worker touches one of them */
	int cpu[WORKERS_MAX];
	/* How many have come to the gate, how often it opened, and that nobody is to wait. */
	_Atomic uint32_t arrived, opened, broken;
	char why[80]; /* why the workers could not begin, or "" */
	_Atomic int taken[WORKERS_MAX];
	struct crew_take take[WORKERS_MAX][CREW_STEPS]; /* but of worker 0, whose is the timing */
};

/* Shared memory, mapped before any actor exists; NULL: there is no crew. */
extern struct crew *bench_crew;

/* 0 or -ENOMEM. */
int crew_open(void);
void crew_close(void);
/* Before the actors of a cell, which ends as if there were no crew when kind is CREW_NONE. */
void crew_reset(enum crew_kind kind, int workers);

const char *crew_name(enum crew_kind kind);
/* "2 threads", "1 thread". Returns buf. */
char *crew_text(enum crew_kind kind, int workers, char *buf, size_t size);

/* Whether this is a crew of such workers. */
bool crew_of_threads(void);
bool crew_of_processes(void);

/*
 * Returns when all workers are here, without a crew at once; false when they did not come.
 */
bool crew_meet(void);

/* --- Threads, in the actor --- */

struct crew_threads;

/*
 * Starts all workers but the first on their shares of r, whose count is that of one share;
 * then they wait for it at the gate, before the step and before its null experiment.
 * NULL with bench_crew->why.
 */
struct crew_threads *crew_start(const struct range *r, enum touch_mode mode);
/*
 * Waits for their end. Whether all of them, and the first (whole), did all of their accesses:
 * then what they took is kept, and the next step has places of its own.
 */
bool crew_join(struct crew_threads *t, bool whole);

#endif
