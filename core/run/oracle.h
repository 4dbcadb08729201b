/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracles of the whole host around a batch of cells: the kernel's log and
 * taint, and counters that must be what they were. Nothing else may run between
 * begin and end that moves them: batches are exclusive.
 */
#ifndef CORE_RUN_ORACLE_H
#define CORE_RUN_ORACLE_H

#include "core/run/cell.h"
#include "core/run/host_count.h"

struct oracle {
	int log;	    /* /dev/kmsg, or -1 */
	bool planted, lost; /* lost: lines of the log were overwritten unread */
	unsigned long taint;
	unsigned needs; /* need_changes() at the begin */
	struct host_counts before;
};

/*
 * planted: lines of user space in the kernel log count too (for mutants). Returns
 * 0, or 1 with what is not watched in why: the rest is.
 */
int oracle_open(struct oracle *o, bool planted, char *why, size_t size);
void oracle_close(struct oracle *o);

/* After executor_settle(): what is there now is no cell's doing. */
void oracle_begin(struct oracle *o);

/*
 * After executor_settle(). True when something was found: kind, class, law, read,
 * allowed and why of *v are set. again: a quick look, since it was seen before.
 */
bool oracle_end(struct oracle *o, bool again, struct verdict *v);

#endif
