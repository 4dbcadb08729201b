/* SPDX-License-Identifier: GPL-2.0-only */
/* Stored runs that stand for one thing: a kernel on a machine, over several boots. */
#ifndef RESULTS_SIDE_H
#define RESULTS_SIDE_H

#include "results/cost.h"
#include "results/record.h"

/* One cell over all runs of a side. */
struct tally {
	const char *cell;
	int count[VERDICT_BROKEN + 1]; /* runs, by verdict */
	int tried, failed;	       /* executions, those that --retry repeated as well */
	const struct verdict *fail;    /* one that is not known, if there is one; or NULL */
	const struct verdict *last, *one[VERDICT_BROKEN + 1]; /* the last; one of each kind */
	struct result **result;				      /* of each run that has the cell */
	size_t results;
};

struct side {
	struct run *run; /* verdicts */
	struct cost_run *cost;
	size_t count;
	size_t *boot, *build; /* of each run, the first run of the same */
	char name[128];
	double alone;	     /* the least of all valid costs' (bench/alone.h); 0: nobody looked */
	struct tally *tally; /* by cell */
	size_t tallies;
	struct result **result; /* what they refer to */
};

/*
 * Reads all records.jsonl at or below n paths; what is no record is an error, and so is a
 * folder without one. 0, or -EINVAL with FILE:LINE in why.
 */
int side_read(struct side *s, char *const path[], size_t n, char *why, size_t size);
/* Takes over what run and cost own. 0 or -ENOMEM. */
int side_add(struct side *s, struct run *run, struct cost_run *cost);
/* After the last side_add(). 0 or -ENOMEM. */
int side_finish(struct side *s);
void side_free(struct side *s);

/*
 * The runs as one: a cell that failed in any has failed, with its score. 0 or -ENOMEM.
 */
int side_merge(const struct side *s, struct run *run);
/* Takes over the runs of one that is of the same kernel build and machine, and ran other cells. */
bool side_join(struct side *s, struct side *other);
/* Number of different boots. */
size_t side_boots(const struct side *s);
/* Splits into sides of one kernel and machine each, in order; s is empty then. 0 or -ENOMEM. */
int side_split(struct side *s, struct side **part, size_t *parts);

/* A failure as v: of its class, and that nobody knows either; NULL when t has none, or is NULL. */
const struct verdict *tally_fails_as(const struct tally *t, const struct verdict *v);
const struct tally *side_tally(const struct side *s, const char *cell);

/*
 * Calls take(file) for each record at or below path, in the order of names; with digests
 * also for a digest whose record is gone.
 */
int side_each_record(const char *path, bool digests, int (*take)(void *arg, const char *file),
		     void *arg, char *why, size_t size);

/*
 * What is independent of what: one value stands for each unit, the median of the units
 * below it.
 */
enum level { LEVEL_BUILD, LEVEL_BOOT, LEVEL_RUN, LEVEL_PROCESS, LEVELS };

extern const char *const level_name[LEVELS]; /* "builds", "boots", ... */

/* Values of one cost, in logarithms of ns (ticks where these are no time). */
struct units {
	double *value;
	size_t *id; /* of a unit, the same in all costs of a side */
	size_t count;
};

/* A process with fewer has no p99: ten samples are to lie beyond it. */
enum { TAIL_SAMPLES = 1000 };

enum quantile { QUANTILE_P50, QUANTILE_P99 };

/*
 * All four levels of a cost; invalid numbers are left out, and those of a run that until then had
 * never seen its core alone. 0 or -ENOMEM.
 */
int side_units(const struct side *s, const char *key, enum quantile q, struct units u[LEVELS]);
/* Runs with a valid number of the cost; *never: of these, left out for their core. */
size_t side_never_alone(const struct side *s, const char *key, size_t *never);
/* Of all runs' samples the share that was left out for the core; -1: nobody looked. */
double side_shared(const struct side *s, const char *key);
/* Whether most of its processes have a p99: some may have left out a part of their samples. */
bool cost_knows_tail(const struct cost *c);
void units_free(struct units u[LEVELS]);

#endif
