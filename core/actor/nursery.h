/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nursery: a process that makes actors ahead of time and ends them afterwards,
 * on another CPU than the cells' where one is allowed, so that neither is part of
 * a cell. It is the parent and the reaper of all actors.
 *
 * An actor is a copy of the nursery, which is a copy of the runner at nursery_open():
 * what the runner opens or sets later it does not have. Descriptors of regions are
 * sent; for everything else open a new nursery.
 */
#ifndef CORE_ACTOR_NURSERY_H
#define CORE_ACTOR_NURSERY_H

#include <sched.h>
#include <sys/types.h>

#include "core/actor/actor.h"
#include "core/actor/ahead.h"

struct nursery;

/* cpu: of the cells, one of `allowed`. NULL and errno on failure. */
struct nursery *nursery_open(struct channel *ch, int cpu, const cpu_set_t *allowed);
/* Ends what is left of its actors. NULL is accepted. */
void nursery_close(struct nursery *n);

/*
 * Turns a spare process into actor a->proc with what *a holds, on the cells' CPU and
 * in a process group of its own. Returns its pid; -ETIMEDOUT; -errno. Where the wish for its
 * npins pins came true, they are prepared, and *pinned is what pinned_kb() said then;
 * else it is -1.
 */
pid_t nursery_take(struct nursery *n, const struct actor *a, int npins, long *pinned);

/* These are probably the pins of the coming cells, all of mechanisms with `ahead`. */
void nursery_wish(struct nursery *n, const struct wishes *wishes);

/* A bank of the channel that no process uses any more, next to `last`. */
int nursery_bank(const struct nursery *n, int last);

/*
 * Kills and reaps the process groups of the given leaders (0: none), which used `bank`;
 * pid: every process of theirs that is known, PROCS_MAX of them. Returns at once; it
 * begins when the next actor is taken or somebody waits.
 */
void nursery_end(struct nursery *n, int bank, const pid_t group[2], const pid_t *pid);
/*
 * Waits until all but `keep` of those that were ended are gone: at most BANKS - 2, so
 * that a bank is left. 0, -ETIMEDOUT or -ECHILD.
 */
int nursery_wait(struct nursery *n, unsigned keep);
/* Waits until no process of the banks in this bitmap is left. The same. */
int nursery_wait_banks(struct nursery *n, uint32_t banks);

/* Reaps one process that ends by itself and has no parent in its cell. */
int nursery_reap(struct nursery *n, pid_t pid);

#endif
