// SPDX-License-Identifier: GPL-2.0-only
/*
 * The submission queue entries of an io_uring in the memory under test. Its bytes make no
 * request that the kernel would carry out, as the ring is restricted, and each refusal
 * brings back 8 bytes of its entry, the user_data.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/syscall.h>

#include "core/base/pattern.h"
#include "core/base/util.h"
#include "core/pin/kinds.h"

/* linux/io_uring.h of 6.5 and 6.13; the headers here may be older. */
enum { SETUP_NO_MMAP = 1 << 14, REGISTER_RESIZE_RINGS = 33 };

enum {
	ENTRY = 64,
	WORDS = ENTRY / 8,
	USER_DATA = 4,	     /* its word of an entry */
	ENTRIES_MAX = 32768, /* 2 MiB */
	RINGS_MAX = 64,
	ALL_OF = 16, /* pages; of a larger pin a sample */
	PARKED = 2 * BASE_PAGE,
};

/* A ring has a power of two of entries, so a pin has several. */
struct queue {
	int fd;
	uint32_t entries, *tail, *array, *cq_head, *cq_tail;
	const struct io_uring_cqe *cqe;
	char *park; /* where its rings go when the pin ends */
};

struct sqes {
	size_t size;
	int nqueues; /* held */
	struct queue queue[RINGS_MAX];
	char arena[] __attribute__((aligned(BASE_PAGE)));
};

static size_t whole_pages(size_t n)
{
	return (n + BASE_PAGE - 1) / BASE_PAGE * BASE_PAGE;
}

/* Heads, tails and flags take less than 512 bytes. */
static size_t rings_size(size_t entries)
{
	return whole_pages(512 + entries * (sizeof(struct io_uring_cqe) + sizeof(uint32_t)));
}

static size_t chunk(size_t len)
{
	size_t entries = ENTRIES_MAX;

	while (entries * ENTRY > len)
		entries /= 2;
	return entries;
}

static void sqes_release(struct pin *p)
{
	struct sqes *s = p->priv;

	if (!s)
		return;
	for (int i = 0; i < s->nqueues; i++)
		close_fd(&s->queue[i].fd);
	pin_free(s, s->size);
	p->priv = NULL;
}

static int sqes_prepare(struct pin *p)
{
	size_t size = sizeof(struct sqes) + (size_t)RINGS_MAX * (PARKED + BASE_PAGE) +
		      rings_size(p->max_len / ENTRY);
	struct sqes *s = pin_alloc(size);

	if (!s)
		return -ENOMEM;
	s->size = size;
	p->priv = s;
	return 0;
}

/* The last field of both groups of offsets; older headers have another name for it. */
static void place(struct io_uring_params *at, char *rings, char *entries)
{
	const uint64_t cq = (uintptr_t)rings, sq = (uintptr_t)entries;

	memcpy((char *)(&at->cq_off + 1) - sizeof(cq), &cq, sizeof(cq));
	memcpy((char *)(&at->sq_off + 1) - sizeof(sq), &sq, sizeof(sq));
}

static int ring_register(int fd, unsigned what, const void *arg, unsigned n)
{
	return syscall(SYS_io_uring_register, fd, what, arg, n) ? -errno : 0;
}

/* Of all requests NOP alone is allowed: what untouched memory holds. */
static int restrict_to_nothing(int fd)
{
	const struct io_uring_restriction allowed[] = {
		{ .opcode = IORING_RESTRICTION_REGISTER_OP, .register_op = REGISTER_RESIZE_RINGS },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_NOP },
	};
	int err = ring_register(fd, IORING_REGISTER_RESTRICTIONS, allowed, ARRAY_SIZE(allowed));

	return err ? err : ring_register(fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

static int queue_open(struct queue *q, char *rings, char *entries)
{
	struct io_uring_params at = {
		.cq_entries = q->entries,
		.flags = SETUP_NO_MMAP | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
			 IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE,
	};
	int err;

	place(&at, rings, entries);
	q->fd = (int)syscall(SYS_io_uring_setup, q->entries, &at);
	if (q->fd < 0)
		return -errno;
	q->tail = (uint32_t *)(rings + at.sq_off.tail);
	q->array = (uint32_t *)(rings + at.sq_off.array);
	q->cq_head = (uint32_t *)(rings + at.cq_off.head);
	q->cq_tail = (uint32_t *)(rings + at.cq_off.tail);
	q->cqe = (struct io_uring_cqe *)(rings + at.cq_off.cqes);
	err = restrict_to_nothing(q->fd);
	if (err)
		close_fd(&q->fd);
	return err;
}

/* Ending a ring gives its pages back some time later, moving it elsewhere does at once. */
static int queue_close(struct queue *q)
{
	struct io_uring_params at = { .sq_entries = 1,
				      .cq_entries = 1,
				      .flags = IORING_SETUP_CQSIZE };
	int err;

	place(&at, q->park, q->park + BASE_PAGE);
	err = ring_register(q->fd, REGISTER_RESIZE_RINGS, &at, 1);
	close_fd(&q->fd);
	return err;
}

static int sqes_unpin(struct pin *p)
{
	struct sqes *s = p->priv;
	int err = s->nqueues ? 0 : -EINVAL;

	while (!err && s->nqueues) {
		err = queue_close(&s->queue[s->nqueues - 1]);
		s->nqueues -= !err;
	}
	return err;
}

static int sqes_pin(struct pin *p)
{
	struct sqes *s = p->priv;
	char *rings = s->arena + (size_t)RINGS_MAX * PARKED;
	int err = 0;

	if (s->nqueues)
		return -EBUSY;
	for (size_t at = 0; !err && at < p->len;) {
		struct queue *q = &s->queue[s->nqueues];

		q->entries = (uint32_t)chunk(p->len - at);
		q->park = s->arena + (size_t)s->nqueues * PARKED;
		err = s->nqueues < RINGS_MAX ? queue_open(q, rings, p->addr + at) : -E2BIG;
		s->nqueues += !err;
		at += (size_t)q->entries * ENTRY;
		rings += rings_size(q->entries);
	}
	if (err && s->nqueues)
		sqes_unpin(p);
	return err;
}

/* One request at a time: what the bytes ask for may be a chain of them. */
static int ask(struct queue *q, uint32_t entry, uint64_t *user_data)
{
	uint32_t head = *q->cq_head;

	q->array[*q->tail & (q->entries - 1)] = entry;
	__atomic_store_n(q->tail, *q->tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, q->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return errno == EINTR ? -EIO : -errno;
	if (__atomic_load_n(q->cq_tail, __ATOMIC_ACQUIRE) != head + 1)
		return -EPROTO;
	*user_data = q->cqe[head & (q->entries - 1)].user_data;
	__atomic_store_n(q->cq_head, head + 1, __ATOMIC_RELEASE);
	return 0;
}

static int sector_read(struct queue *q, size_t at, char *dst)
{
	for (size_t i = 0; i < SECTOR / ENTRY; i++) {
		uint64_t word = 0;
		int err = ask(q, (uint32_t)(at / ENTRY + i), &word);

		if (err)
			return err;
		pattern_spread(dst + i * ENTRY, WORDS, USER_DATA, word);
	}
	return 0;
}

static bool sampled(const struct pin *p, size_t at)
{
	size_t page = at / BASE_PAGE, in = at % BASE_PAGE;

	return p->len <= (size_t)ALL_OF * BASE_PAGE || !page || page == p->len / BASE_PAGE - 1 ||
	       !in || in == BASE_PAGE - SECTOR;
}

static int sqes_device_read(struct pin *p, const struct pin_data *data)
{
	struct sqes *s = p->priv;
	size_t from = 0;

	for (int i = 0; i < s->nqueues; i++) {
		struct queue *q = &s->queue[i];
		size_t len = (size_t)q->entries * ENTRY;

		for (size_t at = 0; at < len; at += SECTOR) {
			int err;

			if (!sampled(p, from + at))
				continue;
			err = sector_read(q, at, data->dst + p->start + from + at);
			if (err)
				return err;
			pin_mark(p, data, from + at, SECTOR);
		}
		from += len;
	}
	return 0;
}

const struct pin_kind pin_sqes = {
	.name = "sqes",
	.about = "submission queue entries of an io_uring, which brings back 8 of each 64 bytes",
	.rule = "io_uring_setup(2) IORING_SETUP_NO_MMAP; io_uring/memmap.c: io_pin_pages() takes "
		"FOLL_WRITE | FOLL_LONGTERM pins",
	.needs = { "user-rings" },
	.class = PIN_RW,
	.promise = PROMISE_SAME_OBJECT,
	.dirs = DEVICE_READS,
	.by_name = true,
	.locks = true,
	.one_thread = true,
	.prepare = sqes_prepare,
	.pin = sqes_pin,
	.device_read = sqes_device_read,
	.unpin = sqes_unpin,
	.release = sqes_release,
};
