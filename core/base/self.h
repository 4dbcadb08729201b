/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of /proc/self that are read again and again. A process that is new to /proc pays
 * some 10 us for the first look at each.
 */
#ifndef CORE_BASE_SELF_H
#define CORE_BASE_SELF_H

enum self_file { SELF_PAGEMAP, SELF_SMAPS, SELF_MAPS, SELF_STATUS, SELF_FILES };

/*
 * Keeps them open for this thread, the first of its process; a child or a new image has them
 * no more.
 */
void self_keep(void);

/* A descriptor to close, at the begin of the file, one at a time of each; or -1 and errno. */
int self_open(enum self_file file);

#endif
