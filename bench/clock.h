/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock of measurements: the time-stamp counter on x86-64, the virtual counter
 * on arm64, else CLOCK_MONOTONIC. A reading is fenced: what stands before it is done,
 * what stands behind it has not begun.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum clock_kind {
	CLOCK_COUNTER, /* the CPU's own; its ticks are time */
	CLOCK_KERNEL,  /* clock_gettime */
	CLOCK_PATH,    /* the counter of an emulation that counts instructions */
};

struct clock_facts {
	enum clock_kind kind;
	const char *name; /* "tsc", "cntvct", "monotonic", "instructions" */
	char note[120];	  /* why it is not the counter, or what is doubtful; "" */
	double tick_ns;	  /* 0 when ticks are no time */
	unsigned step;	  /* ticks that the counter advances at once */
	/* One reading between two faults, not two: perturbs less, a sample has the loop inside. */
	bool chained;
	double single;	/* ticks between two readings in a row, when chained; subtracted */
	double pair;	/* ticks that an empty pair around a call shows; subtracted */
	double around;	/* the same of a pair around a fault, which has fewer fences */
	double wall_ns; /* what two wall-clock readings around one pair show beside it */
	/* The self-test: a chain of dependent instructions, measured against its own
	 * length; relative deviations. */
	double chain[2], chain_ns[2];
	/* Where it was measured, and the node of a page that was touched there; -1 unknown. */
	int cpu, node, page_node;
	int adapter_node; /* of the adapter that was named; -2: none was */
	double empty;	  /* ticks: an empty probe after the subtraction */
	/*
	 * By QEMU without KVM: to enter translated code takes a time that no short chain can
	 * be without. Then what the self-test found wrong is kept here, and no reason to stop.
	 */
	bool emulated;
	char doubt[120];
};

/* Chosen once, before any actor exists; they inherit it. */
extern struct clock_facts bench_clock;

/*
 * Chooses and calibrates the clock of this CPU; want: NULL, "counter", "monotonic" or
 * "instructions". 0; -EINVAL for another name; -ENOTSUP when the wish can't be met.
 */
int clock_calibrate(const char *want);
/* The deviation that a sound clock stays below. False, with why, when it does not. */
bool clock_sound(const struct clock_facts *c, char *why, size_t size);

/* Runs about `links` dependent multiplications, in multiples of 64. */
uint64_t clock_chain(unsigned links);

static inline uint64_t clock_kernel(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#if defined(__x86_64__)
static inline uint64_t counter_begin(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(lo), "=d"(hi)::"memory");
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t counter_end(void)
{
	uint32_t lo, hi, cpu;

	__asm__ volatile("rdtscp\n\tlfence" : "=a"(lo), "=d"(hi), "=c"(cpu)::"memory");
	return (uint64_t)hi << 32 | lo;
}

/*
 * Around a fault no fence is needed: it ends what stands before it, and what stands behind
 * begins after the return from it. Without a fault nothing is ordered.
 */
static inline uint64_t counter_around_fault(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
	return (uint64_t)hi << 32 | lo;
}

/* The same code without the reading, to see what it costs; no value. */
static inline uint64_t counter_left_out(void)
{
	uint32_t lo, hi;

	__asm__ volatile(".byte 0x66, 0x90" : "=a"(lo), "=d"(hi)::"memory");
	return (uint64_t)hi << 32 | lo;
}
#elif defined(__aarch64__)
static inline uint64_t counter_begin(void)
{
	uint64_t t;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(t)::"memory");
	return t;
}

static inline uint64_t counter_end(void)
{
	return counter_begin();
}
#else
static inline uint64_t counter_begin(void)
{
	return clock_kernel();
}

static inline uint64_t counter_end(void)
{
	return clock_kernel();
}
#endif

#if !defined(__x86_64__)
static inline uint64_t counter_around_fault(void)
{
	return counter_begin();
}

static inline uint64_t counter_left_out(void)
{
	return 0;
}
#endif

static inline uint64_t clock_begin(void)
{
	return bench_clock.kind == CLOCK_KERNEL ? clock_kernel() : counter_begin();
}

static inline uint64_t clock_end(void)
{
	return bench_clock.kind == CLOCK_KERNEL ? clock_kernel() : counter_end();
}

static inline uint64_t clock_around_fault(void)
{
	return bench_clock.kind == CLOCK_KERNEL ? clock_kernel() : counter_around_fault();
}

#endif
