// SPDX-License-Identifier: GPL-2.0-only
#include "bench/clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "core/base/median.h"
#include "core/base/util.h"

enum {
	PROBES = 4001,
	ROUNDS = 41,
	SHORT_ROUNDS = 49,
	SLICE_NS = 20000000,
	SLICES = 5,
	LONG_LINKS = 64 * 2048
};

struct clock_facts bench_clock = { .kind = CLOCK_KERNEL, .name = "monotonic", .tick_ns = 1 };

/* A counter that the kernel itself trusts, or why not. False: there is none. */
static bool counter_usable(const char **name, char *note, size_t size)
{
#if defined(__x86_64__)
	char sources[256];
	unsigned a, b, c, d;

	*name = "tsc";
	if (!__get_cpuid(0x80000007, &a, &b, &c, &d) || !(d & 1u << 8))
		snprintf(note, size, "the TSC is not invariant (CPUID 80000007H)");
	else if (file_read("/sys/devices/system/clocksource/clocksource0/available_clocksource",
			   sources, sizeof(sources)) > 0 &&
		 !strstr(sources, "tsc"))
		snprintf(note, size, "the kernel does not use the TSC as a clock source");
	return true;
#elif defined(__aarch64__)
	*name = "cntvct";
	return true;
#else
	snprintf(note, size, "no counter on this architecture");
	return false;
#endif
}

static bool is_emulated(void)
{
#if defined(__x86_64__)
	unsigned a, name[3];

	/* The hypervisor's leaf, which __get_cpuid() would not ask for. */
	__cpuid(0x40000000, a, name[0], name[1], name[2]);
	return !memcmp(name, "TCGTCGTCGTCG", sizeof(name));
#else
	return false;
#endif
}

static int choose(struct clock_facts *c, const char *want)
{
	const char *name = "monotonic";
	char note[sizeof(c->note)] = "";
	bool usable = counter_usable(&name, note, sizeof(note));

	*c = (struct clock_facts){ .kind = CLOCK_KERNEL, .name = "monotonic", .tick_ns = 1 };
	if (want && strcmp(want, "counter") && strcmp(want, "monotonic") &&
	    strcmp(want, "instructions"))
		return -EINVAL;
	if (want && !strcmp(want, "monotonic"))
		return 0;
	if (want && !usable)
		return -ENOTSUP;
	snprintf(c->note, sizeof(c->note), "%s", note);
	if (want && !strcmp(want, "instructions")) {
		c->kind = CLOCK_PATH;
		c->name = "instructions";
		c->tick_ns = 0;
		c->note[0] = '\0';
	} else if (usable && (want || !*note)) {
		c->kind = CLOCK_COUNTER;
		c->name = name;
	}
	return 0;
}

/* Ticks against the kernel's clock, the median of several slices. */
static double measure_tick(void)
{
	double ns[SLICES];

	for (int i = 0; i < SLICES; i++) {
		uint64_t wall = clock_kernel(), start = clock_begin(), end, now;

		do
			now = clock_kernel();
		while (now - wall < SLICE_NS);
		end = clock_end();
		ns[i] = (double)(now - wall) / (double)(end - start);
	}
	return upper_median(ns, SLICES);
}

/* Of what nothing interrupted: a coarse counter's steps are in the mean, not in the median. */
static double undisturbed_mean(double *v, size_t n)
{
	double limit = upper_median(v, n) * 1.5, sum = 0;
	size_t used = 0;

	for (size_t i = 0; i < n && v[i] <= limit; i++, used++)
		sum += v[i];
	return used ? sum / (double)used : 0;
}

static double measure_pair(void)
{
	static double ticks[PROBES];

	for (int i = 0; i < PROBES; i++) {
		uint64_t start = clock_begin(), end = clock_end();

		ticks[i] = (double)(end - start);
	}
	return undisturbed_mean(ticks, PROBES);
}

static double measure_around(void)
{
	static double ticks[PROBES];

	for (int i = 0; i < PROBES; i++) {
		uint64_t start = clock_around_fault(), end = clock_around_fault();

		ticks[i] = (double)(end - start);
	}
	return undisturbed_mean(ticks, PROBES);
}

static double measure_single(void)
{
	static double ticks[PROBES];
	uint64_t last = clock_around_fault();

	for (int i = 0; i < PROBES; i++) {
		uint64_t end = clock_around_fault();

		ticks[i] = (double)(end - last);
		last = end;
	}
	return undisturbed_mean(ticks, PROBES);
}

/* Some counters advance by several ticks at once. */
static unsigned measure_step(void)
{
	uint64_t first = clock_begin(), step = 0;

	for (int i = 0; i < PROBES; i++) {
		uint64_t a = clock_end() - first, b = step;

		while (b) {
			uint64_t rest = a % b;

			a = b;
			b = rest;
		}
		step = a;
	}
	return (unsigned)(step ? step : 1);
}

/* What is inside the wall readings of a pass, beside what the pair covers. */
static double measure_wall(double tick_ns)
{
	static double ns[PROBES];

	for (int i = 0; i < PROBES; i++) {
		uint64_t wall = clock_kernel(), start = clock_begin(), end = clock_end();
		uint64_t now = clock_kernel();

		ns[i] = (double)(now - wall) - (double)(end - start) * tick_ns;
	}
	return upper_median(ns, PROBES);
}

#define LINK                                              \
	do {                                              \
		x = x * 0x9e3779b97f4a7c15u;              \
		__asm__ volatile("" : "+r"(x)::"memory"); \
	} while (0)
#define LINKS4 \
	LINK;  \
	LINK;  \
	LINK;  \
	LINK
#define LINKS16 \
	LINKS4; \
	LINKS4; \
	LINKS4; \
	LINKS4

uint64_t clock_chain(unsigned links)
{
	uint64_t x = links | 1;

	do {
		LINKS16;
		LINKS16;
		LINKS16;
		LINKS16;
		links -= links < 64 ? links : 64;
	} while (links);
	return x;
}

static double chain_ticks(unsigned links, size_t rounds)
{
	static double ticks[SHORT_ROUNDS];
	volatile uint64_t sink;

	for (size_t i = 0; i < rounds; i++) {
		uint64_t start = clock_begin();

		sink = clock_chain(links);
		ticks[i] = (double)(clock_end() - start);
	}
	(void)sink;
	return undisturbed_mean(ticks, rounds);
}

/*
 * Short chains, against a link of one that is long enough for any cost of reading to
 * vanish; beside each other, since the CPU's speed may change.
 */
static void self_test(struct clock_facts *c)
{
	static const unsigned links[2] = { 64 * 2, 64 * 20 };
	double off[2][ROUNDS], ticks[2][ROUNDS], around;

	for (int round = 0; round < ROUNDS; round++) {
		double link = chain_ticks(LONG_LINKS, 1) / LONG_LINKS;

		for (int i = 0; i < 2; i++) {
			ticks[i][round] = chain_ticks(links[i], SHORT_ROUNDS) - c->pair;
			off[i][round] = ticks[i][round] / (link * links[i]) - 1;
		}
	}
	for (int i = 0; i < 2; i++) {
		c->chain_ns[i] = upper_median(ticks[i], ROUNDS) * c->tick_ns;
		c->chain[i] = upper_median(off[i], ROUNDS);
	}
	c->empty = measure_pair() - c->pair;
	around = measure_around() - c->around;
	if (fabs(around) > fabs(c->empty))
		c->empty = around;
}

static void find_place(struct clock_facts *c)
{
	static char page[1];
	void *at = page;
	unsigned cpu, node;
	int status = -1;

	page[0] = 1;
	c->cpu = c->node = c->page_node = -1;
	if (!syscall(SYS_getcpu, &cpu, &node, NULL)) {
		c->cpu = (int)cpu;
		c->node = (int)node;
	}
	if (!syscall(SYS_move_pages, 0, 1UL, &at, NULL, &status, 0) && status >= 0)
		c->page_node = status;
}

int clock_calibrate(const char *want)
{
	struct clock_facts *c = &bench_clock;
	int err = choose(c, want);

	if (err)
		return err;
	if (c->kind == CLOCK_COUNTER)
		c->tick_ns = measure_tick();
	c->emulated = is_emulated();
	find_place(c);
	c->step = measure_step();
	c->pair = measure_pair();
	c->around = measure_around();
	c->single = measure_single();
	c->wall_ns = measure_wall(c->tick_ns);
	self_test(c);
	return 0;
}

bool clock_sound(const struct clock_facts *c, char *why, size_t size)
{
	/* A clock of ticks of 40 ns and more cannot show a chain of 100 ns. */
	double allowed = c->tick_ns > 5 ? 0.02 + c->tick_ns / 100 : 0.02;

	for (int i = 0; i < 2; i++) {
		if (c->kind == CLOCK_PATH || fabs(c->chain[i]) <= allowed)
			continue;
		snprintf(why, size, "a chain of %.0f ns is measured %+.1f %% wrong", c->chain_ns[i],
			 c->chain[i] * 100);
		return false;
	}
	if (fabs(c->empty) > 1 && fabs(c->empty) > c->step / 10.) {
		snprintf(why, size, "an empty probe shows %.1f ticks", c->empty);
		return false;
	}
	return true;
}
