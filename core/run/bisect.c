// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/bisect.h"

#include <stdbool.h>

/* They failed again. */
static void split(const struct bisect *b, const size_t *at, size_t n)
{
	bool any = false;

	if (n == 1) {
		b->blame(b->arg, at, n, BISECT_ALONE);
		return;
	}
	for (int half = 0; half < 2; half++) {
		const size_t *part = half ? at + n / 2 : at;
		size_t count = half ? n - n / 2 : n / 2;
		int failed = b->again(b->arg, part, count);

		if (failed < 0) {
			if (!any)
				b->blame(b->arg, at, n, BISECT_TIME);
			return;
		}
		if (failed)
			split(b, part, count);
		any |= failed;
	}
	if (!any)
		b->blame(b->arg, at, n, BISECT_TOGETHER);
}

void bisect(const struct bisect *b, const size_t *at, size_t n)
{
	int failed = b->again(b->arg, at, n);

	if (failed > 0)
		split(b, at, n);
	else
		b->blame(b->arg, at, n, failed ? BISECT_TIME : BISECT_ONCE);
}
