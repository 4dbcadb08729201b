/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fork, what follows it and the end of the child as parts of one stretch of time on one
 * CPU, and the same stretch without readings in between: the parts must sum to the whole.
 */
#ifndef BENCH_PARTS_H
#define BENCH_PARTS_H

#include <stddef.h>

enum fork_part {
	FORK_CALL,   /* fork() until it returns in the parent */
	FORK_STORE,  /* the parent's first store to a page that is shared now */
	FORK_SWITCH, /* the parent goes to sleep, the child's first instruction */
	FORK_CHILD,  /* the child's first store to such a page */
	FORK_EXIT,   /* _exit() until the parent runs again */
	FORK_REAP,   /* waitpid() of a zombie */
	FORK_PARTS,
};

struct fork_parts {
	size_t pages;		 /* that the process stored to before */
	int rounds, discarded;	 /* discarded: the child ran before the parent slept */
	double part[FORK_PARTS]; /* ticks, medians */
	double sum, whole;	 /* medians over the rounds; sum of the parts of a round */
	double ratio;		 /* of a sum to the whole beside it, median */
};

extern const char *const fork_part_name[FORK_PARTS];

enum { FORK_SWEEP = 3 };
extern struct fork_parts bench_fork[FORK_SWEEP];

/*
 * On this CPU, by this process: rounds with readings between the parts and without, in
 * turn. 0 or -errno; -EAGAIN: all rounds were discarded.
 */
int fork_parts_measure(struct fork_parts *p, size_t pages, int rounds);

/* Whether sum and whole differ by no more than 2 %. */
int fork_parts_close(const struct fork_parts *p);

#endif
