/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Costs in a record: beside the lines of record.h
 *
 *   {"type":"clock","clock":"tsc","tick_ns":...,"step":...,"pair":...,"chain":[...],...}
 *   {"type":"cost","cell":ID,"step":N,"part":"step","text":"[P:write=2]","per":"fault",
 *    "workload":HASH,"clock":...,"tick_ns":...,"bytes":...,"unit":...,"valid":true,
 *    "samples":...,"faults":...,"null_faults":...,"closure":...,
 *    "histogram":{"max":...,"sum":...,"bucket":[INDEX,COUNT,...]},"null":{...},
 *    "process":[[SAMPLES,P50,P90,P99,MEAN],...]}
 *
 * of calls, one a process, "calls":[TICKS,...] instead of "process". Of faults also
 * "pages":{NODE:COUNT,...}; when they had to be on one, "node":N. Of a crew also
 *
 *    "as":"threads","crew":"2 threads","workers":N,"shares":N,
 *    "worker":[[CPU,SAMPLES,FAULTS,MEAN_NS],...],"apart":ROUNDS,"together":SHARE
 *
 * where a "process" is a round; "part":"together" has the ticks from one sample to the next
 * one of any worker, for each round.
 *
 * Where somebody looked whether the core was alone (bench/alone.h), also "shared":SAMPLES that
 * were left out, and "alone":LEAST, the least look until then.
 *
 * Values are ticks without the cost of the readings; tick_ns 0: ticks are no time.
 */
#ifndef RESULTS_COST_H
#define RESULTS_COST_H

#include "bench/measure.h"
#include "results/origin.h"
#include "results/record.h"

/* Both: 0 or -errno. */
int cost_write_clock(struct record *r);
int cost_write(struct record *r, const struct cell *c, const struct series *s);

/* --- Reading --- */

struct bucket {
	uint32_t index, count;
};

struct cost {
	char *key; /* cell id, step, part */
	char workload[20], clock[16], per[8], part[12], text[64];
	char as[12], crew[24]; /* of a crew: "threads", "2 threads" */
	int workers;	       /* of it; 0: there was none */
	double tick_ns;
	double alone;		  /* the least look of the run, bench/alone.h; 0: nobody looked */
	uint64_t samples, shared; /* kept, and left out for the core */
	size_t bytes;		  /* of the step's place */
	bool valid;
	struct bucket *bucket; /* of the histogram of ticks */
	size_t buckets;
	uint64_t max;
	double sum;
	struct process_cost *process;
	size_t processes;
};

struct cost_run {
	char *path;
	struct origin origin;
	struct cost *cost; /* by key */
	size_t count;
};

/* Of a records.jsonl or a folder with one. 0, or -EINVAL with FILE:LINE in why. */
int cost_read(struct cost_run *run, const char *path, char *why, size_t size);
void cost_run_free(struct cost_run *run);

/* The cost with that key, or NULL. */
const struct cost *cost_find(const struct cost_run *run, const char *key);
/* The length of the cell's id, with which a key begins. */
size_t cost_cell_length(const char *key);
/* Adds the buckets. */
void cost_histogram(const struct cost *c, struct histogram *h);
/* For a run that is put together by hand: sorts by key. */
void cost_run_sort(struct cost_run *run);

#endif
