/* SPDX-License-Identifier: GPL-2.0-only */
/* ptrace(2) of the calling thread by a process that shares its memory: nothing parts. */
#ifndef CORE_BASE_TRACE_H
#define CORE_BASE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * PTRACE_PEEKDATA or PTRACE_POKEDATA of len bytes, a multiple of 8, between `local` and `remote`
 * of the calling process. 0, or -errno: of the access -EIO where it is refused, of what leads
 * to it another.
 */
int trace_self(void *local, char *remote, size_t len, bool store);

#endif
