/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other workers of a crew of processes: each a runner of its own, forked for one
 * benchmark, which runs the same cell on its CPU and waits at the gate of each timed step.
 */
#ifndef BENCH_TEAM_H
#define BENCH_TEAM_H

#include <sched.h>

#include "core/run/cell.h"

struct team;

/*
 * Forks workers 1 to bench_crew->workers - 1. allowed: CPUs of what is beside the cells.
 * NULL and errno on failure.
 */
struct team *team_open(const struct cell *c, const struct run_options *o, const cpu_set_t *allowed);
/* Lets each run the cell once, now. */
void team_go(struct team *t);
/* Waits for them; v becomes the first that is no pass. */
void team_wait(struct team *t, struct verdict *v);
/* Ends them. NULL is accepted. */
void team_close(struct team *t);

#endif
