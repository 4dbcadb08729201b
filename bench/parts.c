// SPDX-License-Identifier: GPL-2.0-only
#include "bench/parts.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/clock.h"
#include "core/base/median.h"

enum { PAGE = 4096, ROUNDS_MAX = 1001, WARM_UP = 3 };

struct fork_parts bench_fork[FORK_SWEEP];

const char *const fork_part_name[FORK_PARTS] = { "fork",	  "store", "switch",
						 "child's store", "exit",  "reap" };

/* Written by the child, so not a private page. */
struct stamps {
	uint64_t child[2];
};

static void child(volatile char *page, volatile struct stamps *stamps, bool parts)
{
	if (parts)
		stamps->child[0] = clock_begin();
	*page = 2;
	if (parts)
		stamps->child[1] = clock_begin();
	_exit(0);
}

/* t: seven readings when `parts`, else the first and the last. 0 or -errno. */
static int one_round(volatile char *page, volatile struct stamps *stamps, bool parts,
		     uint64_t t[FORK_PARTS + 1])
{
	siginfo_t info;
	pid_t pid;

	t[0] = clock_begin();
	pid = fork();
	if (!pid)
		child(page + PAGE, stamps, parts);
	if (pid < 0)
		return -errno;
	if (parts)
		t[1] = clock_begin();
	*page = 2;
	if (parts)
		t[2] = clock_begin();
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT))
		return -errno;
	if (parts)
		t[5] = clock_begin();
	if (waitpid(pid, NULL, 0) < 0)
		return -errno;
	t[6] = clock_begin();
	t[3] = stamps->child[0];
	t[4] = stamps->child[1];
	return 0;
}

static int rounds_of(struct fork_parts *p, volatile char *page, volatile struct stamps *stamps,
		     int rounds)
{
	static double part[FORK_PARTS][ROUNDS_MAX], sum[ROUNDS_MAX], whole[ROUNDS_MAX],
		ratio[ROUNDS_MAX];
	uint64_t t[FORK_PARTS + 1] = { 0 };
	double pair[2] = { 0 }; /* whole, in parts */
	int err = 0, n = 0;

	for (int i = 0; i < 2 * (rounds + WARM_UP) && !err; i++) {
		/* Now the one first, now the other. */
		bool parts = (i ^ i >> 1) & 1;

		if (!(i & 1))
			pair[0] = pair[1] = 0;
		err = one_round(page, stamps, parts, t);
		if (parts && !err && t[3] < t[2]) {
			p->discarded++;
			continue;
		}
		pair[parts] = (double)(t[FORK_PARTS] - t[0]) - bench_clock.pair;
		for (int k = 0; k < FORK_PARTS && parts; k++)
			part[k][n] = (double)(t[k + 1] - t[k]) - bench_clock.pair;
		if (!(i & 1) || err || i < 2 * WARM_UP || pair[0] <= 0 || pair[1] <= 0)
			continue;
		sum[n] = 0;
		for (int k = 0; k < FORK_PARTS; k++)
			sum[n] += part[k][n];
		whole[n] = pair[0];
		ratio[n] = sum[n] / whole[n];
		n++;
	}
	if (err || !n)
		return err ? err : -EAGAIN;
	p->rounds = n;
	for (int k = 0; k < FORK_PARTS; k++)
		p->part[k] = upper_median(part[k], (size_t)n);
	p->sum = upper_median(sum, (size_t)n);
	p->ratio = upper_median(ratio, (size_t)n);
	p->whole = upper_median(whole, (size_t)n);
	return 0;
}

int fork_parts_measure(struct fork_parts *p, size_t pages, int rounds)
{
	size_t len = (pages < 2 ? 2 : pages) * PAGE;
	char *page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct stamps *stamps = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int err = page == MAP_FAILED || stamps == MAP_FAILED ? -ENOMEM : 0;

	*p = (struct fork_parts){ .pages = len / PAGE };
	if (!err) {
		madvise(page, len, MADV_NOHUGEPAGE);
		for (size_t at = 0; at < len; at += PAGE)
			((volatile char *)page)[at] = 1;
		err = rounds_of(p, page, stamps, rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX);
	}
	if (page != MAP_FAILED)
		munmap(page, len);
	if (stamps != MAP_FAILED)
		munmap(stamps, PAGE);
	return err;
}

int fork_parts_close(const struct fork_parts *p)
{
	return p->rounds && fabs(p->ratio - 1) <= 0.02;
}
