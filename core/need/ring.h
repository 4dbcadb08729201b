/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings that the kernel and a process share by a mapping of a driver's memory. */
#ifndef CORE_NEED_RING_H
#define CORE_NEED_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring {
	char *addr;
	size_t len;
	unsigned long context;
	void *of; /* for the calls below; each may be NULL and returns 0 or -errno */
	int (*begin)(const struct ring *r); /* in the parent, when it has forked */
	int (*use)(const struct ring *r);   /* in a child that has the mapping: it is of use */
	int (*end)(const struct ring *r);   /* in the parent, when the child is gone */
	int fd;				    /* or -1 */
	bool lent;			    /* ring_close() leaves the mapping */
	bool silent;			    /* a load would say nothing, or do something */
};

/* Each maps one in the calling process. 0 or -errno; then nothing is mapped. */
int ring_open_perf(struct ring *r);
int ring_open_uring(struct ring *r);
int ring_open_aio(struct ring *r);
int ring_open_packet(struct ring *r);
void ring_close(struct ring *r);

#endif
