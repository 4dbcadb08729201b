/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Actor processes and the channel between them and the runner: shared memory
 * that is mapped before any actor exists, and futexes. Nothing is allocated in
 * an actor between steps.
 */
#ifndef CORE_ACTOR_ACTOR_H
#define CORE_ACTOR_ACTOR_H

#include <sys/types.h>

#include "core/verb/verb.h"

enum {
	IMAGE_MAX = 16 * 1024 * 1024, /* bytes of the largest region */
	IMAGE_PAGES = IMAGE_MAX / BASE_PAGE,
	BYSTANDER_PROC = PROCS_MAX - 1, /* the slot of X */
	THREADS_MAX = 3,		/* of P, without its first one */
	BANKS = 32,			/* cells that may have processes at a time */
	CALLS_MAX = 16,			/* ops of a message */
};

struct channel; /* shared memory; see channel.h */

/* Maps a channel; NULL without memory. */
struct channel *channel_open(void);
void channel_close(struct channel *ch);

/*
 * Begins a cell: its actors use `bank`, those that used it must be gone. Those of other
 * banks may still live, but must not execute anything.
 */
void channel_reset(struct channel *ch, int bank);
int channel_bank(const struct channel *ch);

/* What the last timed step measured. */
const struct timing *channel_timing(const struct channel *ch);

/* Whether timed steps read the counters of perf_event_open(2) too, from here on. */
void channel_count(struct channel *ch, bool on);

/* Room for a planted verb that all actors see. */
struct verb *channel_lie(struct channel *ch);

/* In an actor-to-be: maps and touches what every actor touches; changes nothing. */
void channel_warm(struct channel *ch);

/*
 * Connects an actor's pointers (image, outcome, ...) to the channel; background: to
 * the room of the step that may block while others run.
 */
void channel_attach(struct channel *ch, struct actor *a, bool background);
/* And to the part of that room which begins at page `place`. */
void channel_place(struct channel *ch, struct actor *a, bool background, size_t place);

struct reply {
	int err;     /* of exec */
	int post;    /* of the post-condition; 1 unmet */
	int proof;   /* of the memory kind's check, as op.prove asks; 1 it is not so */
	uint64_t ns; /* that exec took, */
	uint64_t at; /* and when it was over, as now_ns() */
	long pinned; /* VmPin + VmLck in kB, or -errno, as op.count asks */
};

/*
 * Lets the processes (threads) of n <= CALLS_MAX ops execute them one after another, each at
 * its place in the room, and waits: for the last one, or for one that fails, whose
 * post-condition or proof is not met, or that `fills` and was stopped at its first page.
 * *done: how many were executed; each of them has a reply. Returns 0; -ETIMEDOUT of the next
 * one; or -ECHILD when its process died.
 */
int actor_calls(struct channel *ch, const struct op *op, int n, unsigned timeout_ms,
		struct reply *reply, int *done);

/* The same for one op. */
int actor_call(struct channel *ch, const struct op *op, unsigned timeout_ms, struct reply *reply);

/*
 * The two halves of it for a step that may block. actor_begin returns when the step
 * is over or its thread sleeps in the kernel; actor_finish as actor_call.
 */
int actor_begin(struct channel *ch, const struct op *op, unsigned timeout_ms);
int actor_finish(struct channel *ch, unsigned timeout_ms, struct reply *reply);

pid_t actor_pid(const struct channel *ch, int proc);

/* --- For verbs, in the actor --- */

/* The calling process becomes actor a->proc: it takes commands until it leaves. */
void actor_serve(struct actor *a) __attribute__((noreturn));

/*
 * clone(2) with CLONE_VM and `flags`: a child that takes commands as process `child`
 * in the address space of the caller, on a stack of that process's own. As clone.
 */
pid_t actor_clone_vm(struct actor *a, int child, int flags);

/* Makes the threads of a that the program names (a->nthreads). 0 or -errno. */
int actor_make_threads(struct actor *a);
void actor_set_pid(struct actor *a, int proc, pid_t pid);

/* Replaces the image by a fresh pinfold that goes on as the same actor. -errno. */
int actor_exec(struct actor *a);

/* The entry of that fresh image: argv of `pinfold actor FD PROC`. */
int actor_main(int fd, int proc);

/* Where region `number` is mapped first (where 0) and after a remap (where 1). */
char *actor_address(int number, int where);

/* Sets the reason of an unmet post-condition; returns 1. */
int actor_why(struct actor *a, const char *text);

#endif
