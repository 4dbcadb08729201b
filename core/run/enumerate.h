/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs x memory kinds x pin mechanisms -> cells. */
#ifndef CORE_RUN_ENUMERATE_H
#define CORE_RUN_ENUMERATE_H

#include "core/run/cell.h"

struct cell_list {
	struct cell *cell;
	size_t count;
};

struct cell_filter {
	char *const *pattern; /* of cell ids; any of them; NULL or empty: all */
	int npatterns;
	const char *mem, *pin; /* comma or blank lists that replace the header's, or NULL */
};

/*
 * Appends the cells of p. Cells that mean nothing (a device write through a
 * mechanism that has none) are not made; err then tells the last reason. A name
 * that nothing has, or a broken program, is -EINVAL with one line in err. program
 * must outlive the list.
 */
int cells_add(struct cell_list *l, const struct program *p, const struct cell_filter *f,
	      struct parse_error *err);
void cells_free(struct cell_list *l);

/* The first need of the cell that is not met; 0 when all are. provide: meet it. */
int cell_needs(const struct cell *c, bool provide, char name[32], char *why, size_t size);

#endif
