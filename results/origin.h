/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a record comes from: what is of one origin may be compared, and is one unit. */
#ifndef RESULTS_ORIGIN_H
#define RESULTS_ORIGIN_H

#include <jansson.h>

struct origin {
	char utc[24];
	char machine[12]; /* hash of what a boot does not change: id, CPU, product, their number */
	char about[96];	  /* the same for people */
	char label[64];	  /* "6.18.15" */
	char line[16];	  /* "6.18" */
	char layout[20];  /* hash of release and version: a build of the kernel */
	char boot[64];
	char commit[48]; /* of pinfold */
};

/* From the environment line of a record. */
void origin_take(struct origin *o, const json_t *env);

#endif
