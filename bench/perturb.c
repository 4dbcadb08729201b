// SPDX-License-Identifier: GPL-2.0-only
#include "bench/perturb.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bench/alone.h"
#include "bench/clock.h"
#include "core/base/median.h"

enum { PAGES = 256, ROUNDS_MAX = 2001, WARM_UP = 2, TRIES = 2, QUIET_LEAST = 51 };
enum { PLAIN, AGAIN, PAIR, CHAINED, NO_PAIR, NO_CHAINED, PASSES };

static const enum touch_mode mode_of[PASSES] = {
	[PLAIN] = TOUCH_PLAIN,	   [AGAIN] = TOUCH_PLAIN,     [PAIR] = TOUCH_PAIR,
	[CHAINED] = TOUCH_CHAINED, [NO_PAIR] = TOUCH_NO_PAIR, [NO_CHAINED] = TOUCH_NO_CHAINED,
};

static const struct {
	int pass, beside;
} compared[PERTURB_MODES] = {
	[PERTURB_PAIR] = { PAIR, PLAIN },
	[PERTURB_CHAINED] = { CHAINED, PLAIN },
	[PERTURB_AGAIN] = { AGAIN, PLAIN },
	[PERTURB_PAIR_READINGS] = { PAIR, NO_PAIR },
	[PERTURB_CHAINED_READINGS] = { CHAINED, NO_CHAINED },
};

const char *const perturb_name[PERTURB_MODES] = {
	[PERTURB_PAIR] = "pair",
	[PERTURB_CHAINED] = "chained",
	[PERTURB_AGAIN] = "again",
	[PERTURB_PAIR_READINGS] = "pair_readings",
	[PERTURB_CHAINED_READINGS] = "chained_readings",
};

struct perturbations bench_perturbations;

/* The last page is there, so that no pass makes a page table. */
static int one_pass(enum touch_mode mode, double *ns)
{
	static uint64_t word[PAGES];
	static struct pass pass;
	size_t len = (PAGES + 1) * BASE_PAGE;
	char *base = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct range r = {
		.first = base, .stride = BASE_PAGE, .count = PAGES, .store = true, .word = word
	};

	if (base == MAP_FAILED)
		return -errno;
	madvise(base, len, MADV_NOHUGEPAGE);
	*(volatile char *)(base + PAGES * BASE_PAGE) = 1;
	touch(&r, &pass, mode);
	*ns = (double)pass.wall_ns;
	munmap(base, len);
	return pass.faults == PAGES ? 0 : -EAGAIN;
}

static void shuffle(int *order, int n)
{
	for (int i = n - 1; i > 0; i--) {
		int j = (int)(random() % (i + 1)), swap = order[i];

		order[i] = order[j];
		order[j] = swap;
	}
}

/* Order statistics of the median: exact but for the normal approximation of the binomial. */
static struct perturbation median_of(double *ratio, int n)
{
	int half = (int)ceil(0.98 * sqrt(n)), low = n / 2 - half, high = n / 2 + half;

	qsort(ratio, (size_t)n, sizeof(*ratio), by_double);
	return (struct perturbation){ .ratio = ratio[n / 2] - 1,
				      .low = ratio[low < 0 ? 0 : low] - 1,
				      .high = ratio[high >= n ? n - 1 : high] - 1 };
}

static bool alone(void)
{
	return alone_least <= 0 || alone_was(alone_look());
}

static double ratio[PERTURB_MODES][ROUNDS_MAX], untimed[ROUNDS_MAX];

/* Of round `from` as of round `to`. */
static void move_round(int to, int from)
{
	for (int k = 0; k < PERTURB_MODES; k++)
		ratio[k][to] = ratio[k][from];
	untimed[to] = untimed[from];
}

int perturb_measure(struct perturbations *p, int rounds)
{
	static bool quiet[ROUNDS_MAX];
	int order[PASSES] = { 0, 1, 2, 3, 4, 5 }, kept = 0, quiets = 0;

	*p = (struct perturbations){ 0 };
	if (rounds > ROUNDS_MAX / TRIES)
		rounds = ROUNDS_MAX / TRIES;
	for (int i = 0; i < TRIES * rounds + WARM_UP && quiets < rounds; i++) {
		double ns[PASSES];
		bool whole = true, still = alone();

		shuffle(order, PASSES);
		for (int k = 0; k < PASSES && whole; k++) {
			int which = order[k];
			int err = one_pass(mode_of[which], &ns[which]);

			if (err && err != -EAGAIN)
				return err;
			whole = !err;
			still &= alone();
		}
		if (i < WARM_UP || !whole)
			continue;
		for (int k = 0; k < PERTURB_MODES; k++)
			ratio[k][kept] = ns[compared[k].pass] / ns[compared[k].beside];
		untimed[kept] = ns[PLAIN] / PAGES;
		quiets += still;
		quiet[kept++] = still;
	}
	if (!kept)
		return -EAGAIN;
	/* The rounds of a core that was alone, if there are enough of them. */
	if (quiets >= QUIET_LEAST) {
		for (int i = 0, n = 0; i < kept; i++)
			if (quiet[i])
				move_round(n++, i);
		kept = quiets;
		p->quiet = alone_least > 0;
	}
	for (int k = 0; k < PERTURB_MODES; k++)
		p->mode[k] = median_of(ratio[k], kept);
	p->fault_ns = upper_median(untimed, (size_t)kept);
	p->rounds = kept;
	return 0;
}
