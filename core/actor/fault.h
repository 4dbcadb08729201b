/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses that may fault: SIGSEGV and SIGBUS become outcomes. */
#ifndef CORE_ACTOR_FAULT_H
#define CORE_ACTOR_FAULT_H

#include <setjmp.h>
#include <stdint.h>

#include "core/model/model.h"

/* Where the handler of this thread returns to; valid while fault_armed. */
extern _Thread_local sigjmp_buf fault_return;
extern _Thread_local volatile int fault_armed;

/* Installs the handlers; forked actors inherit them. An unexpected fault still kills. */
void fault_init(void);

/* Copies the sectors in map of one base page. */
enum outcome fault_copy(char *dst, const char *src, uint8_t map);

/* Runs stmt and stores its enum outcome in result. */
#define FAULT_GUARD(result, stmt)                            \
	do {                                                 \
		int guard_sig = sigsetjmp(fault_return, 0);  \
		if (!guard_sig) {                            \
			fault_armed = 1;                     \
			stmt;                                \
			(result) = OUTCOME_OK;               \
		} else {                                     \
			(result) = fault_outcome(guard_sig); \
		}                                            \
		fault_armed = 0;                             \
	} while (0)

uint8_t fault_outcome(int sig);

#endif
