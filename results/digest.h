/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a run is needed a year later: who, where, what failed, and the median of each
 * cost. RUN/digest stands beside the record and is made again whenever it does not fit
 * its size; a baseline is the digests of the accepted runs in one file. Fields are
 * separated by a tab, "#" begins a comment:
 *
 *   run    UTC MACHINE LABEL LINE BUILD BOOT COMMIT ended|cut-off ABOUT
 *   count  PASS FAIL SKIP UNREACHED BROKEN KNOWN
 *   fail   CLASS known|new FAILED TRIED CELL
 *   pass|skip|unreached|broken  CELL          in a baseline only
 *   cost   WORKLOAD CLOCK fault|call|tick P50 P99 PROCESSES KEY
 *
 * P50 and P99 are ns, medians over the processes; with "tick" there is no unit of time.
 */
#ifndef RESULTS_DIGEST_H
#define RESULTS_DIGEST_H

#include <stdio.h>

#include "results/side.h"

struct digest_cell {
	enum verdict_kind kind;
	const char *class, *cell;
	bool known;
	int failed, tried;
};

struct digest_cost {
	const char *workload, *clock, *per, *key;
	double p50, p99; /* p99 0: not known */
	unsigned processes;
};

/* One run; its strings are the file's. */
struct digest {
	struct origin origin;
	bool ended;
	int count[VERDICT_BROKEN + 1], known;
	struct digest_cell *cell;
	size_t cells;
	struct digest_cost *cost;
	size_t costs;
};

struct digests {
	char *text;
	struct digest *digest;
	size_t count;
};

/* One run; all: cells that did not fail, too. */
void digest_write(const struct run *run, const struct cost_run *cost, bool all, FILE *out);

/*
 * Reads a file that begins with the word `magic`, a tab and "1". 0, or -EINVAL with
 * FILE:LINE in why.
 */
int digests_read(struct digests *d, const char *file, const char *magic, char *why, size_t size);
/*
 * Of a records.jsonl, from the file beside it if that fits, else made anew and stored there;
 * or of a digest alone, whose record is gone.
 */
int digest_of_record(struct digests *d, const char *record, char *why, size_t size);
/* The same for a text, which is then owned by *d, or freed. */
int digests_parse(struct digests *d, char *text, const char *file, const char *magic, char *why,
		  size_t size);
void digests_free(struct digests *d);

/* The runs as a side of a comparison. 0 or -ENOMEM. */
int digests_side(const struct digests *d, struct side *s);

#endif
