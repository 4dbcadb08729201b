/* SPDX-License-Identifier: GPL-2.0-only */
/* What both forms of the report are printed from. */
#ifndef RESULTS_REPORT_INTERNAL_H
#define RESULTS_REPORT_INTERNAL_H

#include <jansson.h>

#include "results/compare.h"
#include "results/history.h"

enum { VERDICTS = VERDICT_BROKEN + 1, CELL_MAX = 256, PLOTS_MAX = 64 };

/* The cells of one program in one column. */
struct square {
	int count[VERDICTS], cells, known;
	const char
		*class; /* of its first failure, one that is not known if there is one; or NULL */
	bool more_classes;
};

struct row {
	char program[CELL_MAX];
	struct square *square; /* for each column */
	int bad;	       /* 2: fails and nobody knows why, or broken; 1: fails as known */
};

/* A cell that did not pass. */
struct finding {
	const struct result *result;
	size_t run;
	char program[CELL_MAX];
	const char *axes; /* "mem=thp/pin=vfio-ro", or "" */
};

/* Two columns of one machine: A is the first such. */
struct pair {
	size_t a, b;
	struct side side[2]; /* only referred to */
	struct compare_result result;
};

struct plot {
	char name[24];
	char caption[700];
	bool drawn;
};

struct report {
	const struct side *side; /* the columns */
	struct run *run;	 /* each side's runs as one */
	size_t runs;
	json_t **env; /* for each run */
	char **label; /* unlike each other */
	int (*total)[VERDICTS];
	int *known;	 /* failures, for each run */
	struct row *row; /* bad ones first, then by name */
	size_t rows;
	struct finding *finding; /* by verdict, not known first, class, program, detail, run */
	size_t findings;
	/* Of the HTML file: */
	struct pair *pair;
	size_t pairs;
	const struct history *history;
	char dir[4000]; /* of plots */
	struct plot plot[PLOTS_MAX];
	size_t plots;
	FILE *script;
	char remark[200]; /* why there are no plots, or "" */
};

/* 0 or -ENOMEM; the sides must outlive it. */
int report_collect(struct report *r, const struct side side[], size_t n);
void report_release(struct report *r);

const char *env_text(const struct report *r, size_t run, const char *key);

/* The first and the one behind the last finding of a verdict. */
size_t findings_of(const struct report *r, enum verdict_kind k, size_t *end);
/* The end of the findings from i on that share all of: known or not; class; program; details. */
enum finding_part { SAME_KNOWN, SAME_CLASS, SAME_PROGRAM, SAME_DETAIL };
size_t findings_alike(const struct report *r, size_t i, size_t end, enum finding_part part);

/* What a class of failure means, one line; "" for an unknown one. */
const char *class_meaning(const char *class);

/* --- Parts of the page --- */

/* Compares the columns. 0 or -ENOMEM. */
int report_compare(struct report *r);
bool report_has_costs(const struct report *r);

/* Whether column i is the first one of its machine. */
bool first_of_machine(const struct report *r, size_t i);

/* A cost in the columns of one machine that measured the same thing. */
struct shown_cost {
	const char *key;
	const struct cost *like;
	size_t machine; /* its first column */
	double weight;	/* how much it changed, regressions first */
};

/* All of a machine, heaviest first; to be freed. NULL without memory. */
struct shown_cost *shown_costs(const struct report *r, size_t machine, size_t *n);
/* Of one column: false when it has none, or measured something else. */
bool shown_histogram(const struct report *r, const struct shown_cost *c, size_t column,
		     struct histogram *h);
/* Median of its boots in ns, NAN without one. */
double shown_p50(const struct report *r, const struct shown_cost *c, size_t column);
const char *shown_unit(const struct shown_cost *c);
/* "Kernels 5.10.262 (3 boots), ...; machine 1a2b3c4d, AMD EPYC, 2 CPUs." */
void shown_origin(const struct report *r, size_t machine, char *buf, size_t size);

void page_head(const struct report *r, FILE *out);
void page_changes(struct report *r, FILE *out);
void page_costs(const struct report *r, FILE *out);
void page_percentiles(const struct report *r, FILE *out);
void page_trends(const struct report *r, FILE *out);
void page_cells(const struct report *r, FILE *out);
/* <thead> with the columns' labels, and <tbody>. */
void page_labels(const struct report *r, FILE *out, const char *corner);

/* --- Plots: all data first, then gnuplot once, then the page --- */

/* Opens NAME.dat and plans its drawing by scripts/report.d/KIND.gp; NULL: no more plots. */
FILE *plot_begin(struct report *r, const char *kind, const char *name, const char *settings);
/* The caption of the plot that was begun last. */
void __attribute__((format(printf, 2, 3))) plot_caption(struct report *r, const char *format, ...);
/* 0 or -errno: DIR could not be written. */
int plots_begin(struct report *r, const char *dir);
void plots_draw(struct report *r);
/* All figures whose name begins with prefix; false when there is none. */
bool page_plots(const struct report *r, const char *prefix, const char *class, FILE *out);

void plan_forests(struct report *r);
void plan_cdfs(struct report *r);
void plan_sizes(struct report *r);
void plan_trends(struct report *r);
void plan_scales(struct report *r);
void plan_matrix(struct report *r);

#endif
