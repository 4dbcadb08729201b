/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own complaints: lines of its log, and taint bits. */
#ifndef CORE_RUN_KERNEL_LOG_H
#define CORE_RUN_KERNEL_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a line complains of ("WARN", "BUG", "hung task", ...), or NULL when it is
 * none of: WARN, BUG, Oops, KASAN, KCSAN, KMSAN, UBSAN, hung task, lockup, RCU
 * stall, general protection fault, bad page state, bad rss-counter, refcount_t,
 * list corruption, panic.
 */
const char *kernel_log_complaint(const char *line);

/*
 * Opens /dev/kmsg behind its last line; reads never block. Or -errno (EPERM: not
 * root, and dmesg_restrict is set).
 */
int kernel_log_open(void);

struct kernel_complaint {
	const char *what; /* of the first complaint, NULL: none */
	char line[200];	  /* that line */
	int lines;	  /* complaints in all */
	bool lost;	  /* the log was overwritten before it was read */
};

/*
 * Reads what came since the last call. Lines that user space wrote into the log
 * do not count, unless planted: for a test of this.
 */
void kernel_log_read(int fd, bool planted, struct kernel_complaint *c);

/* The kernel's taint bits (Documentation/admin-guide/tainted-kernels.rst), 0 when unreadable. */
unsigned long kernel_taint(void);

/* "bad page, warning" for bits 5 and 9. */
void kernel_taint_print(unsigned long bits, char *text, size_t size);

/* Lets WARN_ON_ONCE() speak again, where debugfs offers that. */
void kernel_warn_again(void);

#endif
