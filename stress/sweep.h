/* SPDX-License-Identifier: GPL-2.0-only */
/* Bounded-exhaustive enumeration: every program of N steps over an alphabet. */
#ifndef STRESS_SWEEP_H
#define STRESS_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

enum { SWEEP_LETTERS = 32, SWEEP_DEPTH = 12 };

struct sweep {
	const char *letter[SWEEP_LETTERS]; /* verbs; "device-write" for D:write */
	int nletters;
	/*
	 * Called for each program in the order of the alphabet; a return other than
	 * 0 ends the sweep with it. steps is valid during the call only.
	 */
	int (*visit)(void *arg, const char *steps);
	void *arg;
};

/*
 * Visits every valid program of exactly `depth` steps once: steps of processes
 * that live, one child at a time, at most two pins, no step that repeats the one
 * before without an effect. Returns 0 or what visit returned.
 */
int sweep_depth(const struct sweep *s, int depth);

#endif
