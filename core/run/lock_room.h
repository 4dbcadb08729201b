/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CORE_RUN_LOCK_ROOM_H
#define CORE_RUN_LOCK_ROOM_H

#include "core/run/cell.h"

/*
 * Whether RLIMIT_MEMLOCK of this process has room for what the cell locks, or pins by
 * mechanisms that are charged to it, with their rings and bounce buffers. Whoever may lock
 * beyond the limit always has. What the cell releases, or has in several processes, is
 * added up all the same. A program that sets the limit itself needs room for that alone.
 * 0; or 1 with the reason in why.
 */
int lock_room(const struct cell *c, char *why, size_t size);

#endif
