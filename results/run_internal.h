/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading as record.c needs it to resume. */
#ifndef RESULTS_RUN_INTERNAL_H
#define RESULTS_RUN_INTERNAL_H

#include <jansson.h>

#include "results/record.h"

/*
 * Like run_read() for a file, but cells that started and never ended are kept
 * apart: *open_cells maps them to the boot they started in. *whole is the length
 * of the file's whole lines. 0 or -errno.
 */
int run_read_open(struct run *run, const char *file, json_t **open_cells, size_t *whole, char *why,
		  size_t size);

/* mkdir -p. 0 or -errno. */
int make_dirs(const char *dir);

/* Writes one more line. 0 or -errno. */
int record_line(struct record *r, json_t *o);

void crash_verdict(struct verdict *v, const char *why);

#endif
