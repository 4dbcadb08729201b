/* SPDX-License-Identifier: GPL-2.0-only */
/* Collects what the timed steps of many fresh cells of one program measured. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "bench/crew.h"
#include "bench/histogram.h"
#include "bench/placed.h"
#include "bench/timed.h"
#include "core/run/cell.h"

enum { SERIES_MAX = 2 * CREW_STEPS };

enum cost_part {
	COST_STEP,
	COST_EXIT,
	COST_REAP,
	COST_TOGETHER, /* of a crew: time from one sample to the next one of any worker */
};

/* Of one process, in ticks without the cost of the readings. */
struct process_cost {
	uint32_t samples;
	double p50, p90, p99, mean;
	bool switched; /* lost the CPU meanwhile */
};

/* Of one worker of a crew, over all rounds; ns is what its passes took. */
struct worker_cost {
	int cpu;
	uint64_t samples, faults;
	double ns;
};

/* One timed step of a benchmark. */
struct series {
	int step;
	enum cost_part part;
	char text[64];
	bool per_fault;	      /* else a sample is a call */
	int err;	      /* the errno of all these calls; 0: they succeeded */
	size_t bytes, unit;   /* of the place; of one fault */
	unsigned passes, bad; /* bad: the kernel counted other faults than there are samples */
	unsigned disturbed;   /* passes whose samples and gaps are not their time; left out */
	uint64_t shared;      /* samples of a core that was not alone; left out */
	unsigned other_err;   /* passes whose call ended otherwise than the first one */
	uint64_t bad_faults, bad_samples; /* of the last bad pass */
	uint64_t faults, null_faults;
	/* Of `counted` samples of the warm-up process; the null experiment's beside it. */
	uint32_t counted;
	uint64_t counted_faults; /* that getrusage(2) saw in them */
	struct counts counts, null_counts;
	double off;		   /* of the last disturbed pass */
	double wall_ns, inside_ns; /* closure: by the kernel's clock, and samples + gaps */
	struct histogram ticks, null;
	struct process_cost *process; /* of a crew, one a round */
	size_t processes;
	/* NUMA: where the pages were, and of passes whose pages had to be on a node. */
	int node; /* -1: anywhere */
	struct placed placed;
	unsigned misplaced;
	uint32_t misplaced_pages; /* of the last such pass */
	/* Of a crew: */
	enum crew_kind crew;
	int workers, shares;
	struct worker_cost worker[WORKERS_MAX];
	unsigned apart;	 /* rounds in which the workers were not at it together; left out */
	double together; /* sum of the shares of the others */
};

struct measure {
	struct series series[SERIES_MAX];
	int count;
	int node; /* that all pages have to be on; -1: any */
	bool overflow;
	/* Of the running cell, until its verdict is known: */
	struct pending *pending;
	int npending;
};

/* 0 or -ENOMEM. */
int measure_init(struct measure *m);
void measure_free(struct measure *m);

/* run_options.timed, with a struct measure. */
void measure_take(void *measure, const struct op *op, const struct timing *t);

/* Ends a cell: keeps its samples, or forgets them (warm-up, no pass). 0 or -ENOMEM. */
int measure_end_cell(struct measure *m, bool keep);

/*
 * After all cells: the throughput of a crew is that of rounds in which no worker lost its
 * CPU, if there are enough of these.
 */
void measure_settle(struct measure *m);

/* The fewest samples that any series has, and processes; 0 without a series. */
uint64_t measure_samples(const struct measure *m);
size_t measure_processes(const struct measure *m);

/* Median of the means of the processes that kept the CPU; of all when none did. */
double series_median_mean(const struct series *s);
/* Relative difference of samples + gaps to the wall clock's time. */
double series_closure(const struct series *s);
/* False with why: a number that does not mean what it is named after. */
bool series_valid(const struct series *s, char *why, size_t size);

const char *cost_part_name(enum cost_part part);

#endif
