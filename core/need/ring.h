/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings that the kernel and a process share by a mapping of a driver's memory. */
#ifndef CORE_NEED_RING_H
#define CORE_NEED_RING_H

#include <stddef.h>

struct ring {
	char *addr;
	size_t len;
	int fd; /* or -1 */
	unsigned long context;
};

/* Each maps one in the calling process. 0 or -errno; then nothing is mapped. */
int ring_open_perf(struct ring *r);
int ring_open_uring(struct ring *r);
int ring_open_aio(struct ring *r);
int ring_open_packet(struct ring *r);
void ring_close(struct ring *r);

#endif
