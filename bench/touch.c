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
#else
UNSANITIZED static inline void store_word(uint64_t *at, uint64_t value)
{
	*(volatile uint64_t *)at = value;
}

UNSANITIZED static inline void load_word(const uint64_t *at)
{
	(void)*(const volatile uint64_t *)at;
}
#endif

UNSANITIZED void touch(const struct range *r, struct pass *p, enum touch_mode mode)
{
	uint64_t gaps = 0, wall, last;

	pass_begin(p);
	wall = clock_kernel();
	p->begin = last = clock_end();
	for (size_t i = 0; i < r->count; i++) {
		uint64_t *word = (uint64_t *)(void *)(r->first + i * r->stride);
		uint64_t start = last, end;

		if (mode == TOUCH_PAIR)
			start = clock_before_fault();
		if (r->store)
			store_word(word, r->word[i]);
		else
			load_word(word);
		if (mode == TOUCH_UNTIMED)
			continue;
		end = mode == TOUCH_PAIR ? clock_after_fault() : clock_end();
		p->tick[i] = end - start;
		gaps += start - last;
		last = end;
	}
	p->wall_ns = clock_kernel() - wall;
	pass_end(p);
	p->gaps = gaps;
	p->samples = mode == TOUCH_UNTIMED ? 0 : (uint32_t)r->count;
}
