/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loop that faults: one word for each unit of a range. What a way of timing it costs is
 * seen beside the same code without the readings (see docs/measuring.md).
 */
#ifndef BENCH_TOUCH_H
#define BENCH_TOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/alone.h"
#include "core/actor/actor.h"

enum { TOUCH_SAMPLES = IMAGE_PAGES, TOUCH_LOOKS = TOUCH_SAMPLES / ALONE_BLOCK + 2 };

/* One pass over the place: a reading before and after each access, or around the call. */
struct pass {
	uint32_t samples;
	int err;	 /* of a call that was refused */
	uint64_t faults; /* that the kernel counted for the thread meanwhile */
	uint64_t wall_ns;
	bool switched;	/* the CPU was taken away meanwhile */
	uint64_t begin; /* the clock before the first access, or the call */
	uint64_t gaps;	/* ticks between a sample's end and the next one's begin */
	uint64_t tail;	/* of faults: ticks from the last one's end to wall_ns' */
	/* Looks at the core (bench/alone.h), the first before all samples, then behind each
	 * `block` of them; 0: nobody looked. Their time is in the gaps. */
	unsigned looks, block;
	float look[TOUCH_LOOKS];
	uint64_t tick[TOUCH_SAMPLES]; /* raw: the cost of the readings is inside */
};

enum touch_mode {
	TOUCH_PAIR,    /* a reading before and one after each access */
	TOUCH_CHAINED, /* one reading between two accesses */
	/* Without samples: the accesses alone; and the code of each way but for the readings. */
	TOUCH_PLAIN,
	TOUCH_NO_PAIR,
	TOUCH_NO_CHAINED,
	TOUCH_MODES,
};

struct range {
	char *first; /* the first word */
	size_t stride, count;
	size_t block; /* accesses between two looks at the core; 0: none */
	bool store;
	const uint64_t *word; /* to store, one for each access */
};

/* Fills all of *p but what the mode does not measure. */
void touch(const struct range *r, struct pass *p, enum touch_mode mode);

/* Begins and ends what the kernel counts for the calling thread: p->faults, p->switched. */
void pass_begin(struct pass *p);
void pass_end(struct pass *p);

#endif
