/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The language: a program is data. This layer knows the notation only, not what
 * a verb means; docs/language.md is its description for people.
 */
#ifndef CORE_LANG_PROGRAM_H
#define CORE_LANG_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WORD_MAX = 32,	 /* actor, verb and argument, NUL included */
	CLAIM_WORDS = 6, /* words of a claim */
	STEPS_MAX = 96,	 /* steps of one program */
	LANES_MAX = 8,
};

/* Where a step acts. Absent parts are -1 (pages) or 0 (bytes, name). */
struct place {
	char region[WORD_MAX]; /* "" is the first region */
	int first, last;       /* page units of the region, inclusive; -1 all */
	uint32_t off, len;     /* bytes inside each page; len 0 is all of it */
};

enum step_form { STEP_ACTION, STEP_CLAIM };

/* One step as written. Positions are 1-based and point at its first byte. */
struct step {
	enum step_form form;
	int line, col;
	char actor[WORD_MAX]; /* "P", "C2", "P.1", "F", "X", "D", "d1" */
	char verb[WORD_MAX];
	char arg[WORD_MAX]; /* "" when absent */
	bool has_place;
	struct place place;
	bool background; /* verb& */
	bool timed;	 /* [step] */
	int group;	 /* 0: none; else the number of its { } group */
	int lane;	 /* lane of the group, from 0 */
	char claim[CLAIM_WORDS][WORD_MAX];
	int nclaim;
};

/* A named program. Texts are owned by the program. */
struct program {
	char *name;   /* without the family; "" for a command-line program */
	char *family; /* file name without folder and .pin; "" likewise */
	char *about, *source, *mem, *pin, *needs; /* header lines or NULL */
	struct step *step;
	int nsteps;
	char *file; /* for messages */
	int line;
};

struct corpus {
	struct program **program;
	size_t count;
};

/* One line for the user: "FILE:LINE:COL: expected ..., got ...". */
struct parse_error {
	char text[256];
};

/*
 * Parses the steps of a program from text. file, line and col say where the
 * text starts. Returns 0, or -EINVAL with *err set and p->nsteps unspecified.
 */
int steps_parse(struct program *p, const char *text, const char *file, int line, int col,
		struct parse_error *err);

/*
 * Prints the steps in canonical form, blank-separated: parsing the result gives
 * the same steps (positions apart). Returns a string to free, NULL without
 * memory. step_print() prints one step, without lane braces.
 */
char *steps_print(const struct program *p);
void step_print(const struct step *s, char *buf, size_t size);

/*
 * Parses the text of a .pin file and appends its programs to c. Returns 0 or
 * -EINVAL with *err set; c then holds the programs before the broken one.
 */
int corpus_parse(struct corpus *c, const char *file, const char *text, struct parse_error *err);

/* Reads one .pin file, or all *.pin below a folder in name order. 0, -EINVAL. */
int corpus_load(struct corpus *c, const char *path, struct parse_error *err);

/* Prints a program as a .pin section, the inverse of corpus_parse. To free. */
char *program_print(const struct program *p);

struct program *program_new(void);
void program_free(struct program *p);
void corpus_free(struct corpus *c);

#endif
