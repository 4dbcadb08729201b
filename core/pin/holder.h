/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The holder: a process of our own, no actor, that serves FUSE files and keeps
 * their requests unanswered until an actor says so. What a request transfers
 * stays taken for exactly that long.
 *
 * Files live in the holder's own mount namespace and die with it; only it has
 * /dev/fuse open, so that its end, also by the end of the runner, fails every
 * open request. A submitter that begins to exit has its request failed as well.
 */
#ifndef CORE_PIN_HOLDER_H
#define CORE_PIN_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/model/model.h"

enum {
	HOLDER_BASE = 1 << 20, /* offset of a transfer in its file */
	HOLDER_MAX = 16 << 20, /* its longest */
};

/* What becomes of a request between HOLDER_BASE and HOLDER_BASE + HOLDER_MAX. */
enum holder_mode {
	HOLDER_SERVE, /* answered at once */
	HOLDER_HOLD,  /* left in the queue: no byte has moved */
	HOLDER_MOVE,  /* a read gets the stage's bytes, a write fills the stage */
	HOLDER_FAIL,  /* EIO */
};

/* How a transfer reaches the file. */
enum holder_way { HOLDER_FILE, HOLDER_LOOP, HOLDER_WAYS };

/*
 * In the runner: starts the holder and opens PINS_MAX files, on the first call
 * for a way; counts further ones. HOLDER_LOOP: each below a loop device of its
 * own. Returns 0, or -errno with why.
 */
int holder_open(enum holder_way way, char *why, size_t size);
void holder_close(enum holder_way way);

/* Descriptor number `index`, O_DIRECT: the file itself, or the loop device over it. */
int holder_fd(enum holder_way way, int index);

/* The bytes that the other side gives or got; shared by all processes. */
char *holder_stage(enum holder_way way, int index);

/* Valid on return for all later requests. 0 or -errno. */
int holder_mode(enum holder_way way, int index, enum holder_mode mode);

/* The caller submits the requests from now on, or answers for them; holder_mode() says so, too. */
void holder_submitter(enum holder_way way, int index);

/* After HOLDER_HOLD: waits until a request is in the queue. 0 or -ETIMEDOUT. */
int holder_reached(enum holder_way way, int index, unsigned ms);

#endif
