/* SPDX-License-Identifier: GPL-2.0-only */
/* The actors of one cell on their way out, while the next cells run. */
#ifndef CORE_ACTOR_ENDING_H
#define CORE_ACTOR_ENDING_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/model/model.h"

/* In memory that the runner and the nursery share; zeros at first. */
struct ending {
	_Atomic uint32_t state;
	pid_t group[2], pid[PROCS_MAX];
};

/* In the runner: as nursery_end(). */
void ending_ask(struct ending *e, const pid_t group[2], const pid_t pid[PROCS_MAX]);
bool ending_busy(const struct ending *e);

/*
 * In the nursery, again after each SIGCHLD: kills what is asked for, and reaps. True
 * once, when all of it is gone.
 */
bool ending_over(struct ending *e, const cpu_set_t *beside);

#endif
