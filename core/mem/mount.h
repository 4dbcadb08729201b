/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tmpfs of its own for one region. Its mount is in no tree: it is a descriptor, and who has
 * it dies with it, so nothing is left on the host whatever ends the run.
 */
#ifndef CORE_MEM_MOUNT_H
#define CORE_MEM_MOUNT_H

#include <stdbool.h>

#include "core/mem/mem.h"

/* The root of a new tmpfs (O_PATH), or -errno. */
int mount_new(void);
/* Makes its super block read-only, as `mount -o remount,ro` does, or writable. 0 or -errno. */
int mount_set(int root, bool read_only);

/* Opens the file behind a region anew, by what r->fd is: a descriptor or -errno. */
int region_open(const struct region *r, int flags);
/* Of a kind that remounts: from now on r->fd loads only. 0 or -errno. */
int region_fd_loads_only(struct region *r);

#endif
