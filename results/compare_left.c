// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "results/compare_internal.h"

void compare_left_out(struct compare_row *row, const struct side side[2])
{
	size_t runs[2], n = 0, of = 0;
	const char *name[] = { "", "A", "B", "A and B" };
	int which = 0;

	for (int i = 0; i < 2; i++) {
		runs[i] = side_never_alone(&side[i], row->key, &row->never[i]);
		row->lost |= row->never[i] && row->never[i] == runs[i];
		row->shared[i] = side_shared(&side[i], row->key);
		if (!row->never[i])
			continue;
		n += row->never[i];
		of += runs[i];
		which |= 1 << i;
	}
	row->apart = row->shared[0] >= 0 && row->shared[1] >= 0 &&
		     fabs(row->shared[0] - row->shared[1]) > COMPARE_APART;
	if (n && (row->lost || row->verdict != COMPARISON_UNLIKE))
		snprintf(row->why, sizeof(row->why),
			 "%zu of %zu runs of %s had never seen their core alone", n, of,
			 name[which]);
}

void compare_never_alone(struct compare_result *r)
{
	for (size_t i = 0; i < r->rows; i++) {
		const struct compare_row *row = &r->row[i];

		/* That of p99 is of the same runs. */
		if (strcmp(row->metric, "p50") != 0)
			continue;
		r->never += row->never[0] + row->never[1];
		r->lost += row->lost;
	}
}
