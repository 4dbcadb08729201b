/* SPDX-License-Identifier: GPL-2.0-only */
/* One C file that does what a cell does and checks what its views read. */
#ifndef CORE_EMIT_EMIT_H
#define CORE_EMIT_EMIT_H

#include "core/run/cell.h"

/* 0, -ENOTSUP when something has no C text, or -ENOMEM; why is then one line. */
int emit_cell(FILE *out, const struct cell *c, char *why, size_t size);

/* --- Between emit.c and emit_text.c --- */

enum { EMIT_VALUES = 32, EMIT_BODIES = PROCS_MAX + 1, EMIT_RUNNER = PROCS_MAX };

struct emit_body {
	FILE *file;
	char *text;
	size_t size;
};

struct emit {
	const struct cell *cell;
	struct plan plan;
	struct model model;
	struct op pin_op[PINS_MAX]; /* the step that took it */
	bool alive[PROCS_MAX], pinned[PINS_MAX], stored[REGIONS_MAX];
	value_t value[EMIT_VALUES]; /* the byte that stands for a value is its index */
	int nvalues;
	bool refused;			    /* the model expects an errno of the step */
	int turn;			    /* of the last step that was printed */
	struct emit_body body[EMIT_BODIES]; /* statements of each process, and of main() */
	char *why;
	size_t why_size;
};

struct emit_kind {
	const char *mem, *flags, *advice, *file;
	bool reads, pages_out;
};

/* How the text maps a memory kind, or NULL. */
const struct emit_kind *emit_kind_find(const char *mem);
/* Everything around the bodies. 0 or -ENOTSUP. */
int emit_text(FILE *out, const struct emit *e);
/* emit_uffd.c */
extern const char emit_uffd_includes[], emit_uffd_text[];
/* "P", "C", "C2", ... */
const char *emit_process(int proc);

#endif
