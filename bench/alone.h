/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the CPU has its core for itself. Another hardware thread of the core, be it of this
 * host or of another guest, takes a part of what the core can begin in a cycle: independent
 * instructions last longer, dependent ones do not. Both are timed in registers alone, so no
 * kernel has a part in the answer, nor has the frequency.
 */
#ifndef BENCH_ALONE_H
#define BENCH_ALONE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ALONE_BLOCK = 64, /* base pages that are faulted in between two looks */
};

#define ALONE_LIMIT 1.04 /* times the least look: one that is more is not alone */

/* What a look shows on a core that is alone: the least that was seen. 0: nobody looks. */
extern double alone_least;

/* On the cells' CPU, before any actor exists; about half a second. */
void alone_calibrate(void);
/* Time of independent instructions over that of dependent ones; three microseconds. */
float alone_look(void);
/* Once more, for 50 ms: a core that had other work all the time at the start may be alone now. */
void alone_again(void);
/* The median of some looks in a row: it may become the least, when it is not the only one. */
void alone_learn(float look);
bool alone_was(float look);

#endif
