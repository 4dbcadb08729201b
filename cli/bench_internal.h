/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_BENCH_INTERNAL_H
#define CLI_BENCH_INTERNAL_H

#include "bench/measure.h"
#include "bench/team.h"
#include "cli/cli.h"

/* Ticks as ns, or as they are when they are no time. */
double bench_shown(double ticks);
/* One line of a series, and another one of each thing that was asked for. */
void bench_print_series(const struct series *s);
/* A number that means something else than its name is as if nothing was reached. */
void bench_judge(const struct measure *m, struct verdict *v);

/*
 * Measures, prints and records one cell; team: the other workers, or NULL. Returns how many
 * series it has.
 */
int bench_measure(struct session *s, const struct cell *c, struct team *team, struct verdict *v);
/* The same for each number of workers and each sort of them; v is the worst. */
void bench_scale(struct session *s, const struct cell *c, struct verdict *v);

#endif
