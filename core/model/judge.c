// SPDX-License-Identifier: GPL-2.0-only
#include "core/model/judge.h"

static bool value_in(const struct expect *e, int sector, value_t v)
{
	for (int i = 0; i < e->n[sector]; i++)
		if (e->value[sector][i] == v)
			return true;
	return false;
}

/* The first sector that differs, PAGE_SECTORS for none. */
static int sector_mismatch(const struct expect *e, const struct seen *seen)
{
	const struct pattern_read *read = seen->read;

	for (int i = 0; i < PAGE_SECTORS; i++)
		if ((seen->sectors & 1 << i) && e->n[i] &&
		    (read[i].state != PATTERN_VALUE || !value_in(e, i, read[i].value)))
			return i;
	return PAGE_SECTORS;
}

static bool outcome_agrees(const struct expect *e, const struct seen *seen)
{
	return (e->outcomes & seen->outcome) &&
	       (seen->outcome != OUTCOME_ERR || !e->err || !seen->err || e->err == seen->err);
}

static void expect_merge(struct expect *into, const struct expect *e)
{
	into->outcomes |= e->outcomes;
	into->err = e->err ? e->err : into->err;
	into->reads |= e->reads;
	for (int s = 0; s < PAGE_SECTORS; s++)
		for (int i = 0; i < e->n[s]; i++)
			if (!value_in(into, s, e->value[s][i]) && into->n[s] < HIST_MAX)
				into->value[s][into->n[s]++] = e->value[s][i];
}

bool model_judge(struct page_judge *j, const struct expect *e)
{
	int sector = -1;

	expect_merge(&j->v.allowed, e);
	if (outcome_agrees(e, j->seen)) {
		sector = e->reads && j->seen->read && j->seen->outcome == OUTCOME_OK ?
				 sector_mismatch(e, j->seen) :
				 PAGE_SECTORS;
		if (sector == PAGE_SECTORS)
			return true;
	}
	if (sector >= j->best) {
		j->best = sector;
		j->v.sector = sector;
		j->v.read = sector >= 0 ? j->seen->read[sector] : (struct pattern_read){ 0 };
	}
	return false;
}
