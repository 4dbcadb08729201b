// SPDX-License-Identifier: GPL-2.0-only
#include "bench/alone.h"

#include <stdlib.h>
#include <time.h>

#include "bench/clock.h"

enum { LINKS = 1024, ROUNDS = 1600, BURSTS = 60, AGAIN = 6, BURST = 9 };

double alone_least;
static float least;
static unsigned learned; /* looks */

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
	uint64_t start, middle, end;
	volatile uint64_t sink;

	sink = clock_chain(1) + sums(8); /* their code is in the cache */
	(void)sink;
	start = clock_begin();
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

/* The least but one: what disturbs the dependent instructions makes looks small. */
void alone_learn(float look)
{
	if (look <= 0)
		return;
	learned++;
	if (learned == 1 || look < least) {
		alone_least = (double)(learned == 1 ? look : least);
		least = look;
	} else if (learned == 2 || (double)look < alone_least) {
		alone_least = (double)look;
	}
}

static void learn(int bursts)
{
	const struct timespec pause = { .tv_nsec = 8000000 };
	float look[BURST];

	for (int i = 0; i < bursts; i++) {
		nanosleep(&pause, NULL);
		for (int k = 0; k < BURST; k++)
			look[k] = alone_look();
		qsort(look, BURST, sizeof(*look), by_float);
		alone_learn(look[BURST / 2]);
	}
}

void alone_calibrate(void)
{
	alone_least = least = 0;
	learned = 0;
	/* Where others' threads take turns with an emulated CPU, no core can be seen. */
	if (bench_clock.kind != CLOCK_COUNTER || bench_clock.emulated)
		return;
	learn(BURSTS);
}

void alone_again(void)
{
	if (alone_least > 0)
		learn(AGAIN);
}

bool alone_was(float look)
{
	return (double)look <= alone_least * ALONE_LIMIT;
}
