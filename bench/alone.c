// SPDX-License-Identifier: GPL-2.0-only
#include "bench/alone.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/clock.h"

enum { LINKS = 1024, ROUNDS = 1600, BURSTS = 60, BURST = 9, LEARN_MOST = 80 };

double alone_least;

/* Eight sums that don't wait for each other. */
static uint64_t sums(unsigned rounds)
{
	uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = rounds;

	while (rounds--) {
		a++;
		b++;
		c++;
		d++;
		e++;
		f++;
		g++;
		h++;
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
		__asm__ volatile("" : "+r"(e), "+r"(f), "+r"(g), "+r"(h));
	}
	return a + b + c + d + e + f + g + h;
}

float alone_look(void)
{
	uint64_t start = clock_begin(), middle, end;
	volatile uint64_t sink;

	sink = clock_chain(LINKS);
	middle = clock_begin();
	sink = sums(ROUNDS);
	end = clock_begin();
	(void)sink;
	return middle > start ? (float)(end - middle) / (float)(middle - start) : 0;
}

static int by_float(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* Not the least one: an interrupt of the dependent instructions makes any look small. */
void alone_learn(const float *look, unsigned n)
{
	float v[LEARN_MOST];

	if (n < 5)
		return;
	if (n > LEARN_MOST)
		n = LEARN_MOST;
	memcpy(v, look, n * sizeof(*v));
	qsort(v, n, sizeof(*v), by_float);
	if (v[n / 2] > 0 && (alone_least <= 0 || (double)v[n / 2] < alone_least))
		alone_least = (double)v[n / 2];
}

void alone_calibrate(void)
{
	const struct timespec pause = { .tv_nsec = 8000000 };
	float look[BURST];

	alone_least = 0;
	/* Where others' threads take turns with an emulated CPU, no core can be seen. */
	if (bench_clock.kind != CLOCK_COUNTER || bench_clock.emulated)
		return;
	for (int i = 0; i < BURSTS; i++) {
		nanosleep(&pause, NULL);
		for (int k = 0; k < BURST; k++)
			look[k] = alone_look();
		alone_learn(look, BURST);
	}
}

bool alone_was(float look)
{
	return (double)look <= alone_least * ALONE_LIMIT;
}
