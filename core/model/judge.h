/* SPDX-License-Identifier: GPL-2.0-only */
/* What was seen of a page against what one world expects; for model.c only. */
#ifndef CORE_MODEL_JUDGE_H
#define CORE_MODEL_JUDGE_H

#include "core/model/model.h"

/* Start with best -2. */
struct page_judge {
	const struct seen *seen;
	struct violation v;
	int best; /* the longest agreement so far, to report that world's sector */
};

/* True when the world agrees; else j->v tells the difference that goes furthest. */
bool model_judge(struct page_judge *j, const struct expect *e);

#endif
