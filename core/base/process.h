/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process does with itself, and how others see it. */
#ifndef CORE_BASE_PROCESS_H
#define CORE_BASE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Closes the descriptors whose /proc/self/fd link contains the word: for processes that
 * are forked to stay, and would keep open what the runner closes.
 */
void close_linked(const char *word);

/*
 * A fork that fails when all memory has been copied: the caller's own pid is asked for, which is
 * given out then and is taken (clone3(2) set_tid; needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE).
 * 0 when it failed so, else -errno; -ECHILD when there was a child, which is gone again.
 */
int fork_in_vain(void);

/* The state letter of a process or thread ("S": it sleeps); 0 when there is none. */
char task_state(pid_t pid, pid_t tid);

bool process_died(pid_t pid);

#endif
