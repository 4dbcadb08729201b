/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Actor processes and the channel between them and the runner: shared memory
 * that is mapped before any actor exists, and futexes. Nothing is allocated in
 * an actor between steps.
 */
#ifndef CORE_ACTOR_H
#define CORE_ACTOR_H

#include <sys/types.h>

#include "core/verb.h"

enum {
	IMAGE_MAX = 16 * 1024 * 1024, /* bytes of the largest region */
	IMAGE_PAGES = IMAGE_MAX / BASE_PAGE,
	BYSTANDER_PROC = PROCS_MAX - 1, /* the slot of X */
};

struct channel; /* shared memory; see actor.c */

/* Maps a channel; NULL without memory. */
struct channel *channel_open(void);
void channel_close(struct channel *ch);

/* Forgets the actors of the last cell. */
void channel_reset(struct channel *ch);

/* Connects an actor's pointers (image, outcome, ...) to the channel. */
void channel_attach(struct channel *ch, struct actor *a);

/*
 * In the runner: makes actor process `proc`, in a process group of its own, with
 * what *a holds; it dies with the runner. Returns its pid or -errno.
 */
pid_t actor_start(struct channel *ch, const struct actor *a, int proc);

struct reply {
	int err;     /* of exec */
	int post;    /* of the post-condition; 1 unmet */
	uint64_t ns; /* that exec took, by the actor's clock */
};

/*
 * Lets process proc execute op and waits for it. Returns 0; -ETIMEDOUT; or
 * -ECHILD when the process died.
 */
int actor_call(struct channel *ch, int proc, const struct op *op, unsigned timeout_ms,
	       struct reply *reply);

/* Waits until a process that another one forked takes commands. As actor_call. */
int actor_wait_ready(struct channel *ch, int proc, unsigned timeout_ms);

pid_t actor_pid(const struct channel *ch, int proc);

/* --- For verbs, in the actor --- */

/* Turns the calling, just forked process into actor `proc`; does not return. */
void actor_become(struct actor *a, int proc) __attribute__((noreturn));
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
