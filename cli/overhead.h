/* SPDX-License-Identifier: GPL-2.0-only */
/* What the harness adds to cells: medians, against the cost of a process. */
#ifndef CLI_OVERHEAD_H
#define CLI_OVERHEAD_H

#include "core/run/cell.h"
#include "results/record.h"

struct overhead {
	uint64_t *ns[3]; /* of each cell: the whole of it, its own steps, the rest */
	size_t count, room;
	uint64_t begun, over; /* when the first cell began, and the last one was done */
};

/* A cell ran; those that are skipped don't count. */
void overhead_note(struct overhead *o, const struct verdict *v);

/* One line, and fields of the record's end; the reference is measured now. */
void overhead_report(struct overhead *o, struct record *r);

/*
 * `pinfold fork-cost`: a fresh image, so that no table of the runner is copied or
 * freed. Prints the median of fork, exit and wait in ns. An exit code.
 */
int overhead_fork_cost(void);

#endif
