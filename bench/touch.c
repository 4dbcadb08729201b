// SPDX-License-Identifier: GPL-2.0-only
#include "bench/touch.h"

#include <sys/resource.h>

#include "bench/clock.h"

static _Thread_local struct rusage before;

static uint64_t faults_of(const struct rusage *r)
{
	return (uint64_t)r->ru_minflt + (uint64_t)r->ru_majflt;
}

void pass_begin(struct pass *p)
{
	p->switched = false;
	getrusage(RUSAGE_THREAD, &before);
}

void pass_end(struct pass *p)
{
	struct rusage after;

	getrusage(RUSAGE_THREAD, &after);
	p->faults = faults_of(&after) - faults_of(&before);
	p->switched = after.ru_nivcsw != before.ru_nivcsw;
}

/* Under a sanitizer its shadow memory would fault too. */
#define UNSANITIZED __attribute__((no_sanitize("address")))

/*
 * A branch within 64 bytes behind the access makes the whole fault 15 to 25 % slower on
 * some CPUs (AMD Zen), so none is there whatever the compiler does.
 */
#if defined(__x86_64__)
UNSANITIZED static inline void store_word(uint64_t *at, uint64_t value)
{
	__asm__ volatile(".balign 64\n\tmovq %1, %0\n\t.balign 64"
			 : "=m"(*at)
			 : "r"(value)
			 : "memory");
}

UNSANITIZED static inline void load_word(const uint64_t *at)
{
	uint64_t value;

	__asm__ volatile(".balign 64\n\tmovq %1, %0\n\t.balign 64"
			 : "=r"(value)
			 : "m"(*at)
			 : "memory");
}
/* Behind an access whose loop is too short: as far to its branch as in the longer ones. */
static inline void keep_away(void)
{
	__asm__ volatile(".nops 64");
}
#else
static inline void keep_away(void)
{
}

UNSANITIZED static inline void store_word(uint64_t *at, uint64_t value)
{
	*(volatile uint64_t *)at = value;
}

UNSANITIZED static inline void load_word(const uint64_t *at)
{
	(void)*(const volatile uint64_t *)at;
}
#endif

enum reading { READ_COUNTER, READ_KERNEL, READ_NOTHING };

#define INLINE __attribute__((always_inline)) static inline

INLINE uint64_t reading(enum reading what)
{
	switch (what) {
	case READ_COUNTER:
		return counter_around_fault();
	case READ_KERNEL:
		return clock_kernel();
	default:
		return counter_left_out();
	}
}

/* Each way is a copy of its own, so that no branch for another way is in it. */
INLINE UNSANITIZED uint64_t loop(const struct range *r, uint64_t *tick, uint64_t *end, bool pair,
				 bool store, enum reading what)
{
	uint64_t gaps = 0, last = *end;
	char *at = r->first;

	for (size_t i = 0; i < r->count; i++, at += r->stride) {
		uint64_t start = pair ? reading(what) : last;

		if (store)
			store_word((uint64_t *)(void *)at, r->word[i]);
		else
			load_word((const uint64_t *)(const void *)at);
		gaps += start - last;
		last = reading(what);
		tick[i] = last - start;
	}
	*end = last;
	return gaps;
}

#define COPY(name, pair, what)                                                                    \
	__attribute__((noinline)) UNSANITIZED static uint64_t name(const struct range *r,         \
								   uint64_t *tick, uint64_t *end) \
	{                                                                                         \
		return r->store ? loop(r, tick, end, pair, true, what) :                          \
				  loop(r, tick, end, pair, false, what);                          \
	}

/* What one would write who wants no samples. */
INLINE UNSANITIZED void accesses(const struct range *r, bool store)
{
	char *at = r->first;

	for (size_t i = 0; i < r->count; i++, at += r->stride) {
		if (store)
			store_word((uint64_t *)(void *)at, r->word[i]);
		else
			load_word((const uint64_t *)(const void *)at);
		keep_away();
	}
}

__attribute__((noinline)) UNSANITIZED static uint64_t plain(const struct range *r, uint64_t *tick,
							    uint64_t *end)
{
	(void)tick;
	(void)end;
	if (r->store)
		accesses(r, true);
	else
		accesses(r, false);
	return 0;
}

COPY(pairs, true, READ_COUNTER)
COPY(chained, false, READ_COUNTER)
COPY(no_pairs, true, READ_NOTHING)
COPY(not_chained, false, READ_NOTHING)
COPY(kernel_pairs, true, READ_KERNEL)
COPY(kernel_chained, false, READ_KERNEL)

static void look(const struct range *r, struct pass *p)
{
	if (r->block && p->looks < TOUCH_LOOKS)
		p->look[p->looks++] = alone_look();
}

void touch(const struct range *r, struct pass *p, enum touch_mode mode)
{
	static uint64_t (*const with[2][TOUCH_MODES])(const struct range *r, uint64_t *tick,
						      uint64_t *end) = {
		{ pairs, chained, plain, no_pairs, not_chained },
		{ kernel_pairs, kernel_chained, plain, no_pairs, not_chained },
	};
	size_t block = r->block ? r->block : r->count;
	struct range part = *r;
	uint64_t wall, end;

	p->looks = 0;
	p->block = (unsigned)block;
	look(r, p);
	pass_begin(p);
	wall = clock_kernel();
	p->begin = end = clock_end();
	p->gaps = 0;
	for (size_t i = 0; i < r->count; i += block) {
		uint64_t stop = end;

		if (i) {
			look(r, p);
			end = clock_end();
			p->gaps += end - stop;
		}
		part.first = r->first + i * r->stride;
		part.word = r->word + i;
		part.count = r->count - i < block ? r->count - i : block;
		p->gaps += with[bench_clock.kind == CLOCK_KERNEL][mode](&part, p->tick + i, &end);
	}
	/* A fault that flushed the TLB took the pages of the kernel's clock with it. */
	clock_kernel();
	p->tail = clock_begin() - end;
	p->wall_ns = clock_kernel() - wall;
	pass_end(p);
	look(r, p);
	p->samples = mode >= TOUCH_PLAIN ? 0 : (uint32_t)r->count;
}
