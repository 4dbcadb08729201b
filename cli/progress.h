/* SPDX-License-Identifier: GPL-2.0-only */
/* One line on a terminal's standard error that says how far the run is. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool on;
	size_t all, done, failures;
	uint64_t start, end, drawn; /* ns; end: of --time, 0 none; drawn: 0 not on the screen */
};

/* Whether standard error is a terminal that can take back a line. */
bool progress_possible(void);
void progress_begin(struct progress *p, size_t all, uint64_t end_ns);
/* Before anything else is printed. */
void progress_clear(struct progress *p);
/* At most ten times a second. */
void progress_draw(struct progress *p);

#endif
