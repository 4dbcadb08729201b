/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record of a run: DIR/records.jsonl, one JSON object a line, environment
 * first. A line is written with one write(2) when a cell starts and when it ends,
 * so after a panic the next run knows which cell took the machine down.
 *
 *   {"type":"env", "format":1, "release":..., "machine":..., "cmdline":..., ...}
 *   {"type":"start","cell":ID}
 *   {"type":"cell","cell":ID,"verdict":..., and where set: "class","law","step",
 *    "step_text","page","offset","read","allowed","whose","why","known","tried","failed","wall_ns",
 *    "step_ns"}
 *     a later line of the same cell wins: its batch left something on the host
 *   {"type":"resume","boot":...}  after a restart
 *   {"type":"end","cells":N,"fail":N,...,"exit":CODE,"median_cell_ns":N,...}
 */
#ifndef RESULTS_RECORD_H
#define RESULTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/run/cell.h"

struct record; /* an open record file */

/*
 * Opens DIR/records.jsonl (the folder is made, parents too). An existing file is
 * refused with -EEXIST, unless resume: then it is read, a cut-off last line is
 * ignored, and record_done() knows its cells. New: the environment is written.
 * NULL with errno and why.
 */
struct record *record_open(const char *dir, bool resume, const char *command, char *why,
			   size_t size);
void record_start(struct record *r, const char *cell);
void record_cell(struct record *r, const char *cell, const struct verdict *v);
/* Whether a line could not be written: what runs now is lost. */
bool record_failed(const struct record *r);
/* Medians over the cells that ran, for the end line; fields that are 0 are left out. */
struct record_cost {
	uint64_t cell_ns, steps_ns, harness_ns;
	uint64_t fork_ns; /* a fork, exit and wait at the end of the run */
	uint64_t run_ns;  /* from the first cell to the last, for each of them */
};
void record_cost(struct record *r, const struct record_cost *c);
/* Writes the end line and closes. 0 or -errno of the first write that failed. */
int record_end(struct record *r, const int count[], int exit_code);

/*
 * For resume: 0 not run yet; 1 ended (v is its verdict); 2 started but never
 * ended: it took the machine down (v is the crash to record).
 */
int record_done(const struct record *r, const char *cell, struct verdict *v);

const char *record_path(const struct record *r);

/* --- Reading --- */

struct result {
	char *cell;
	struct verdict verdict;
};

struct run {
	char *path, *release, *label; /* label: release, short */
	char *env_json;		      /* the environment line */
	struct result *result;
	size_t count;
	bool ended;
};

/* Reads a records.jsonl or a folder with one. 0, or -EINVAL with FILE:LINE in why. */
int run_read(struct run *run, const char *path, char *why, size_t size);
void run_free(struct run *run);

#endif
