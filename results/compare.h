/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two kernels, A the one before and B the one after: what newly fails, then costs. Levels:
 * build > boot > run > process > sample. The highest level that both sides have is the unit;
 * below the boot nothing regresses, and samples are never pooled. See docs/measuring.md.
 */
#ifndef RESULTS_COMPARE_H
#define RESULTS_COMPARE_H

#include <stdio.h>

#include "results/rank.h"
#include "results/side.h"
#include "results/waiver.h"

enum {
	COMPARE_UNITS_MIN = 4,	    /* a side: fewer cannot reach 0.05 */
	COMPARE_PROCESSES_MAX = 64, /* of more, that many are taken, evenly spaced */
};

#define COMPARE_ALPHA 0.05 /* of intervals, and of false discoveries among rows */
#define COMPARE_CLEAR 0.01 /* how often equal kernels may be called regressed */
#define COMPARE_MARGIN_P50 0.03
#define COMPARE_MARGIN_P99 0.05
#define COMPARE_APART 0.10 /* shares left out that differ by more are shown */

enum comparison {
	COMPARISON_REGRESSED,  /* the interval lies above the margin, p of a difference is 1 % */
	COMPARISON_IMPROVED,   /* below it */
	COMPARISON_UNDECIDED,  /* neither; needed: boots a side that would decide */
	COMPARISON_EQUIVALENT, /* inside +- margin */
	COMPARISON_UNLIKE,     /* the two sides measured different things; why */
	COMPARISONS,
};

extern const char *const comparison_name[COMPARISONS];

struct compare_row {
	char *key;
	const char *metric; /* "p50", "p99" */
	double margin;	    /* 0.03: 3 % */
	double q;	    /* false-discovery rate of "above the margin" */
	size_t needed;	    /* boots a side, 0 unknown */
	double value[2];    /* ns, or instructions: median of the units */
	double least[2];    /* samples: the smallest of each side */
	double differing;   /* samples: share that the other side has elsewhere */
	size_t units[2], processes[2];
	size_t never[2];  /* runs left out that had never seen their core alone */
	double shared[2]; /* share of samples of a core with other work, left out; -1 unknown */
	struct shift log; /* of logarithms */
	enum comparison verdict;
	enum level level;
	bool path;		     /* instructions */
	bool samples;		     /* of these, and both sides have histograms */
	bool lost;		     /* never: all of a side */
	bool apart;		     /* shared: these differ by more than COMPARE_APART */
	const struct waiver *waiver; /* of a regression */
	char why[120];
};

/* What became of a cell. The order of importance. */
enum change {
	CHANGE_NEW,   /* fails in B; no run of A fails with that class, or only as known */
	CHANGE_WORSE, /* fails in both, in B more often than chance explains (Fisher, 1 %) */
	CHANGE_FLAKY, /* fails in some runs and not in others, in A or in B */
	CHANGE_FIXED, /* failed always in A, passes always in B */
	CHANGE_LOST,  /* passed or failed in A; B has no result: skip, unreached, broken, absent */
	CHANGE_KNOWN, /* fails in B, but in no run of A, as results/deviation.c knows */
	CHANGES,
};

struct compare_cell {
	enum change change;
	const char *cell;	      /* of the sides, as are the next two */
	const struct tally *tally[2]; /* NULL: not in that side */
	const struct verdict *fail;   /* in B, else in A; or NULL */
	const struct waiver *waiver;
};

/* The geometric mean of a group of costs: of p50, in each unit that has all of them. */
struct compare_group {
	char name[64]; /* "fork-cost" */
	size_t rows;
	enum level level;
	size_t units[2];
	struct shift log;
};

/* A cost that the other side does not have. */
struct compare_lone {
	const char *key; /* of the side */
	int side;	 /* 0: only A */
};

struct compare_result {
	struct compare_row *row; /* by verdict, the worst first */
	size_t rows;
	struct compare_cell *cell; /* by change */
	size_t cells;
	struct compare_group *group;
	size_t groups;
	struct compare_lone *lone; /* A's first, by key */
	size_t lones, only[2];	   /* of both; of each side */
	int still;		   /* cells that fail in both */
	/* Of B: runs that did not end, and cells that were broken in a run. */
	size_t cut, broken;
	/* Numbers of runs that had never seen their core alone; costs whose side has no other. */
	size_t never, lost;
};

/* waivers may be NULL; the result refers to the sides and to them. 0 or -ENOMEM. */
int compare_sides(const struct side side[2], const struct waivers *waivers,
		  struct compare_result *r);
void compare_result_free(struct compare_result *r);
/* What turns a nightly red: new or worse failures and regressions that nobody waived. */
bool compare_red(const struct compare_result *r);
/* Whether B, or a side without a core alone, says too little to be red or green. */
bool compare_broken(const struct compare_result *r);
size_t compare_count(const struct compare_result *r, enum change change);
/* Finds the costs that one side alone has: they are no rows. 0 or -ENOMEM. */
int compare_lones(const struct side side[2], struct compare_result *r);

/* The row's verdict, of units in logarithms. 0 or -ENOMEM. */
int compare_judge(struct compare_row *row, const double *a, size_t n, const double *b, size_t m);
/* After all rows: what is no discovery among so many rows has not regressed. 0 or -ENOMEM. */
int compare_adjust(struct compare_result *r);
/* The fewest units a side with which one of so many rows can be such a discovery. */
size_t compare_units_min(size_t rows);
/* The probability of at least as many failures in B, were its rate that of A. */
double compare_fisher(int a_failed, int a_tried, int b_failed, int b_tried);

/* At most 72 columns; without all, what did not change is only counted. */
void compare_text(const struct side side[2], const struct compare_result *r, bool all, FILE *out);
/* 0 or -EIO. */
int compare_json(const struct side side[2], const struct compare_result *r, FILE *out);

/* --- The A/A arm: what would be said of runs that do not differ --- */

struct compare_aa {
	char key[200];
	enum level level;
	size_t units;	  /* in each half */
	double differ;	  /* share of random halves whose 95 % interval excludes 1 */
	double regressed; /* share that is called so */
	double power;	  /* the same, when one half is made slower by margin plus 3 % */
	double sd;	  /* of a unit's logarithm */
	size_t needed;	  /* units a side for a power of 80 % */
	bool drift;	  /* the first and the second half, in time, differ */
};

/* Costs with 8 units or more, at most 20 of them. 0 or -ENOMEM; *aa is freed by the caller. */
int compare_aa(const struct side *s, unsigned splits, struct compare_aa **aa, size_t *n);
/* 0, or -ENOENT when there was nothing to split. */
int compare_aa_text(const struct compare_aa *aa, size_t n, unsigned splits, FILE *out);

#endif
