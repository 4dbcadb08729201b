/* SPDX-License-Identifier: GPL-2.0-only */
/* Sleeping and waking on a word of shared memory; futex(2). */
#ifndef CORE_BASE_FUTEX_H
#define CORE_BASE_FUTEX_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Returns when woken, when *word is not `seen`, after ms, or for no reason. */
static inline void futex_wait(_Atomic uint32_t *word, uint32_t seen, unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	syscall(SYS_futex, word, FUTEX_WAIT, seen, &t, NULL, 0);
}

#endif
