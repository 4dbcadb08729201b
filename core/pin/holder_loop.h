/* SPDX-License-Identifier: GPL-2.0-only */
/* Loop devices over the holder's files; for pin/holder.c. */
#ifndef CORE_PIN_HOLDER_LOOP_H
#define CORE_PIN_HOLDER_LOOP_H

/*
 * Attaches a free loop device, direct I/O on, to the file at path. It detaches
 * itself when the last descriptor of it is closed. An O_DIRECT descriptor of it,
 * or -errno.
 */
int loop_over(const char *path);

#endif
