/* SPDX-License-Identifier: GPL-2.0-only */
/* The descriptors of regions, which the runner opens behind the nursery's back. */
#ifndef CORE_ACTOR_FILES_H
#define CORE_ACTOR_FILES_H

#include "core/verb/verb.h"

/* Sends those that a has, if any. 0 or -errno. */
int files_send(int socket, const struct actor *a);
/* Puts this process's own in their place; ends it when there are none to receive. */
void files_receive(int socket, struct actor *a);

#endif
