// SPDX-License-Identifier: GPL-2.0-only
#include "bench/scale.h"

/* A gap is the same between all samples of a pass, near enough. */
static double gap_of(const struct pass *p)
{
	return (double)p->gaps / p->samples;
}

static uint64_t end_of(const struct pass *p)
{
	uint64_t end = p->begin + p->gaps;

	for (uint32_t i = 0; i < p->samples; i++)
		end += p->tick[i];
	return end;
}

/* Samples in the window; of one that crosses its edge the part inside. */
static double done_in(const struct pass *p, const struct window *w)
{
	double begin = 0, low = (double)(w->begin - p->begin), high = (double)(w->end - p->begin);
	double gap = gap_of(p), done = 0;

	for (uint32_t i = 0; i < p->samples; i++) {
		double end = begin + gap + (double)p->tick[i];
		double from = begin > low ? begin : low, to = end < high ? end : high;

		if (to > from)
			done += (to - from) / (end - begin);
		begin = end;
	}
	return done;
}

void scale_window(const struct pass *const pass[], int workers, struct window *w)
{
	uint64_t first = UINT64_MAX, last = 0;
	double done = 0;

	*w = (struct window){ .end = UINT64_MAX };
	for (int i = 0; i < workers; i++) {
		uint64_t begin = pass[i]->begin, end = end_of(pass[i]);

		first = begin < first ? begin : first;
		last = end > last ? end : last;
		w->begin = begin > w->begin ? begin : w->begin;
		w->end = end < w->end ? end : w->end;
	}
	if (w->begin >= w->end)
		return;
	for (int i = 0; i < workers; i++)
		done += done_in(pass[i], w);
	w->share = (double)(w->end - w->begin) / (double)(last - first);
	w->per_sample = (double)(w->end - w->begin) / done;
}

uint32_t scale_inside(const struct pass *p, const struct window *w, uint64_t *to)
{
	double gap = gap_of(p), begin = (double)p->begin;
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->samples; i++) {
		double end = begin + gap + (double)p->tick[i];

		if (p->samples == 1 || (begin >= (double)w->begin && end <= (double)w->end + 1))
			to[n++] = p->tick[i];
		begin = end;
	}
	return n;
}
