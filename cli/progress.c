// SPDX-License-Identifier: GPL-2.0-only
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

enum { BETWEEN_NS = 100000000 };

bool progress_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void progress_begin(struct progress *p, size_t all, uint64_t end_ns)
{
	p->all = all;
	p->start = now_ns();
	p->end = end_ns;
}

void progress_clear(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = 0;
}

static double seconds_left(const struct progress *p, uint64_t now)
{
	double left = (double)(now - p->start) / 1e9 / (double)p->done * (double)(p->all - p->done);
	double limit = p->end > now ? (double)(p->end - now) / 1e9 : 0;

	return p->end && limit < left ? limit : left;
}

void progress_draw(struct progress *p)
{
	static uint64_t last;
	uint64_t now = now_ns();
	long left;

	if (!p->on || !p->done || now - last < BETWEEN_NS)
		return;
	last = p->drawn = now;
	left = (long)(seconds_left(p, now) + 0.5);
	fprintf(stderr, "\r%zu of %zu cells, %zu failed, %ld:%02ld:%02ld left\033[K", p->done,
		p->all, p->failures, left / 3600, left / 60 % 60, left % 60);
}
