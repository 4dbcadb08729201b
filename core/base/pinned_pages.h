/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CORE_BASE_PINNED_PAGES_H
#define CORE_BASE_PINNED_PAGES_H

#include <stddef.h>

/* Pages of the host that are pinned (FOLL_PIN), or -1. text: room for /proc/vmstat. */
long pinned_pages(char *text, size_t size);

#endif
