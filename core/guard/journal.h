/* SPDX-License-Identifier: GPL-2.0-only */
/* The guard's journal file and the undo of its lines; only guard*.c use this. */
#ifndef CORE_GUARD_JOURNAL_H
#define CORE_GUARD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

struct journal_line {
	char *verb, *arg, *old; /* old is "" when the verb has none */
	bool kept;		/* its undo failed */
};

struct journal {
	char *text;
	struct journal_line *line;
	size_t count;
	bool same_boot;
};

/* Appends one durable line. dirfd: the state folder. 0 or -errno. */
int journal_append(int dirfd, const char *verb, const char *arg, const char *old);

/*
 * Undoes all lines, newest first, then removes the journal; lines whose undo
 * failed stay in it. Returns the number of lines undone, 0 without a journal,
 * or -errno of the first failure with why.
 */
int journal_restore(int dirfd, char *why, size_t size);

/*
 * Undoes one line: 0, also when the thing is gone; else -errno. Only what
 * outlives a boot is undone when the journal is of an earlier one.
 */
int journal_undo(const struct journal *j, const struct journal_line *line);

#endif
