/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JUnit XML for CI systems: one testcase a cell. fail is a failure, a known failure
 * (with --raw none is) and skip and unreached are skipped, broken is an error.
 */
#ifndef RESULTS_JUNIT_H
#define RESULTS_JUNIT_H

#include "core/run/cell.h"

struct junit;

/* The file is made by junit_end(). NULL and errno when its folder can't be written. */
struct junit *junit_begin(const char *path, const char *suite);
void junit_cell(struct junit *j, const char *id, const struct verdict *v);
/* Replaces the file as a whole, or leaves it as it was. 0 or -errno. NULL is accepted. */
int junit_end(struct junit *j);

#endif
