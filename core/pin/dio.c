// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <liburing.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/pin/holder.h"
#include "core/pin/kinds.h"

enum {
	LIMIT_S = 10,
	SLICE_MS = 50,
	/* One bio: beyond that io_uring submits from a worker, after the system call. */
	PIECE = 512 * 1024,
	PIECES = HOLDER_MAX / PIECE,
};

/*
 * One transfer. AIO and io_uring alone, since nobody but the actor may wait in
 * read(2): a thread of its own for that would be copied by no fork.
 */
struct dio {
	aio_context_t context;
	pid_t owner; /* an AIO context belongs to an address space */
	struct io_uring ring;
	bool ring_up, in_flight;
	unsigned pieces; /* requests of the ring that are not over; */
	long moved;	 /* bytes of the others, or an -errno */
	size_t len;	 /* that the transfer covers */
};

static bool by_uring(const struct pin *p)
{
	return p->kind == &pin_dio_read || p->kind == &pin_dio_write;
}

static enum holder_way way(const struct pin *p)
{
	return p->kind == &pin_fuse_read || p->kind == &pin_fuse_write ? HOLDER_FILE : HOLDER_LOOP;
}

/* The names are those of read(2) and write(2): read stores to memory. */
static bool stores(const struct pin *p)
{
	return p->kind->dirs & DEVICE_WRITES;
}

static int open_way(enum holder_way w)
{
	char why[128];
	int err = holder_open(w, why, sizeof(why));

	if (err)
		fprintf(stderr, "pinfold: %s\n", why);
	return err;
}

static int file_open(void)
{
	return open_way(HOLDER_FILE);
}

static void file_close(void)
{
	holder_close(HOLDER_FILE);
}

static int loop_open(void)
{
	return open_way(HOLDER_LOOP);
}

static void loop_close(void)
{
	holder_close(HOLDER_LOOP);
}

static int context_open(struct dio *d)
{
	if (d->owner == getpid())
		return 0;
	d->context = 0;
	if (syscall(SYS_io_setup, 1, &d->context))
		return -errno;
	d->owner = getpid();
	return 0;
}

static int prepare(struct pin *p)
{
	struct dio *d = pin_alloc(sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	p->priv = d;
	err = by_uring(p) ? io_uring_queue_init(PIECES, &d->ring, 0) : context_open(d);
	d->ring_up = by_uring(p) && !err;
	/* Present from now on. */
	memset(holder_stage(way(p), p->index), 0, p->max_len);
	if (err)
		p->kind->release(p);
	return err;
}

static int submit_aio(struct pin *p, struct dio *d)
{
	struct iocb cb = { .aio_lio_opcode = stores(p) ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE,
			   .aio_fildes = (uint32_t)holder_fd(way(p), p->index),
			   .aio_buf = (uintptr_t)p->addr,
			   .aio_nbytes = p->len,
			   .aio_offset = HOLDER_BASE };
	struct iocb *list[] = { &cb };
	int err = context_open(d);

	if (err)
		return err;
	return syscall(SYS_io_submit, d->context, 1, list) == 1 ? 0 : -errno;
}

static int submit_uring(struct pin *p, struct dio *d)
{
	int fd = holder_fd(way(p), p->index), n;

	d->moved = 0;
	d->pieces = 0;
	for (size_t off = 0; off < p->len; off += PIECE) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&d->ring);
		unsigned len = (unsigned)(p->len - off < PIECE ? p->len - off : PIECE);

		if (!sqe)
			return -EBUSY;
		if (stores(p))
			io_uring_prep_read(sqe, fd, p->addr + off, len, HOLDER_BASE + off);
		else
			io_uring_prep_write(sqe, fd, p->addr + off, len, HOLDER_BASE + off);
		d->pieces++;
	}
	n = io_uring_submit(&d->ring);
	return n < 0 ? n : 0;
}

static long uring_result(struct dio *d, int seconds)
{
	struct __kernel_timespec limit = { .tv_sec = seconds };

	while (d->pieces) {
		struct io_uring_cqe *cqe;
		int n = seconds ? io_uring_wait_cqe_timeout(&d->ring, &cqe, &limit) :
				  io_uring_peek_cqe(&d->ring, &cqe);

		if (n == -EINTR)
			continue;
		if (n == -EAGAIN || n == -ETIME)
			return d->moved < 0 && !seconds ? d->moved : -ETIME;
		if (n)
			return n;
		if (cqe->res < 0)
			d->moved = cqe->res;
		else if (d->moved >= 0)
			d->moved += cqe->res;
		d->pieces--;
		io_uring_cqe_seen(&d->ring, cqe);
	}
	return d->moved;
}

/* The result of the transfer; -ETIME when it is not over after the seconds given. */
static long result(const struct pin *p, struct dio *d, int seconds)
{
	struct timespec limit = { .tv_sec = seconds };
	struct io_event event;
	long n;

	if (by_uring(p))
		return uring_result(d, seconds);
	do {
		n = syscall(SYS_io_getevents, d->context, 1, 1, &event, &limit);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? (long)event.res : n ? -errno : -ETIME;
}

/* Lets the transfer end in the given way. Its result, or -errno of the harness. */
static long finish(struct pin *p, enum holder_mode mode)
{
	struct dio *d = p->priv;
	int err = holder_mode(way(p), p->index, mode);
	long n = err ? err : result(p, d, LIMIT_S);

	if (n == -ETIME || err)
		return n;
	d->in_flight = false;
	err = holder_mode(way(p), p->index, HOLDER_SERVE);
	return err ? err : n;
}

/* A transfer that is over at once, or of which a piece is. */
static int refused(struct pin *p, long n)
{
	struct dio *d = p->priv;

	d->in_flight = false;
	holder_mode(way(p), p->index, HOLDER_FAIL);
	if (by_uring(p))
		result(p, d, LIMIT_S);
	holder_mode(way(p), p->index, HOLDER_SERVE);
	if (n >= 0)
		return -EIO;
	/* Nothing was answered yet: the block layer may say EIO where it means EFAULT. */
	if (n == -EIO && way(p) == HOLDER_LOOP)
		return -EFAULT;
	return (int)n;
}

static int pin(struct pin *p)
{
	struct dio *d = p->priv;
	long n;
	int err;

	if (d->in_flight)
		return -EBUSY;
	err = holder_mode(way(p), p->index, HOLDER_HOLD);
	if (!err)
		err = by_uring(p) ? submit_uring(p, d) : submit_aio(p, d);
	if (err)
		return err;
	n = result(p, d, 0);
	if (n != -ETIME)
		return refused(p, n);
	d->in_flight = true;
	d->len = 0;
	/* The system call is back, so all pages are taken; the request proves it in flight. */
	for (int ms = 0; ms < LIMIT_S * 1000; ms += SLICE_MS) {
		if (!holder_reached(way(p), p->index, SLICE_MS))
			return 0;
		n = result(p, d, 0);
		if (n != -ETIME)
			return refused(p, n);
	}
	finish(p, HOLDER_FAIL);
	return -ETIMEDOUT;
}

static int keep(struct pin *p)
{
	holder_submitter(way(p), p->index);
	return 0;
}

static int device_read(struct pin *p, const struct pin_data *data)
{
	const struct dio *d = p->priv;
	long n;

	if (!d->in_flight)
		return -EINVAL;
	n = finish(p, HOLDER_MOVE);
	if (n < 0)
		return (int)n;
	memcpy(data->dst + p->start, holder_stage(way(p), p->index), (size_t)n);
	pin_mark(p, data, 0, (size_t)n);
	return 0;
}

static int device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	struct dio *d = p->priv;
	long n;

	if (!d->in_flight || off != d->len || len > p->len - off)
		return -EINVAL;
	memcpy(holder_stage(way(p), p->index) + off, src, len);
	d->len += len;
	if (d->len < p->len)
		return 0;
	n = finish(p, HOLDER_MOVE);
	if (n < 0)
		return (int)n;
	return (size_t)n == p->len ? 0 : -EIO;
}

static int unpin(struct pin *p)
{
	const struct dio *d = p->priv;
	long n = d->in_flight ? finish(p, HOLDER_FAIL) : 0;

	return n == -EIO ? 0 : n < 0 ? (int)n : 0;
}

static void release(struct pin *p)
{
	struct dio *d = p->priv;

	if (!d)
		return;
	if (d->in_flight)
		finish(p, HOLDER_FAIL);
	if (d->ring_up)
		io_uring_queue_exit(&d->ring);
	else if (d->owner == getpid())
		syscall(SYS_io_destroy, d->context);
	pin_free(d, sizeof(*d));
	p->priv = NULL;
}

#define TEXT(name, code, opened)                                                             \
	static const struct pin_text name = {                                                \
		.prefix = "held", .args = ", IOCB_CMD_" code, .open = (opened), .ends = true \
	}
TEXT(file_read_text, "PREAD", "held_open(#)");
TEXT(file_write_text, "PWRITE", "held_open(#)");
TEXT(loop_read_text, "PREAD", "held_open(#);\n\tloop_over(#)");
TEXT(loop_write_text, "PWRITE", "held_open(#);\n\tloop_over(#)");

#define DIO_RULE "iov_iter_extract_pages() takes FOLL_PIN without FOLL_LONGTERM; "

#define DIO_CALLS \
	.oneshot = true, .prepare = prepare, .pin = pin, .unpin = unpin, .release = release
/* read(2): the device writes the memory; write(2): it reads it. */
#define DIO_READ                                                                \
	.class = PIN_RW, .promise = PROMISE_SAME_OBJECT, .dirs = DEVICE_WRITES, \
	.device_write = device_write, DIO_CALLS
#define DIO_WRITE                                                           \
	.class = PIN_RO, .promise = PROMISE_SHORT_RO, .dirs = DEVICE_READS, \
	.device_read = device_read, DIO_CALLS
#define THROUGH_FILE .open = file_open, .close = file_close
#define THROUGH_LOOP .open = loop_open, .close = loop_close

const struct pin_kind pin_fuse_read = {
	.name = "fuse-read",
	.about = "direct I/O read of a FUSE file, answered when the device writes (AIO)",
	.rule = DIO_RULE "fs/fuse/file.c, 738adade96b2 (6.9)",
	.needs = { "fuse" },
	THROUGH_FILE,
	DIO_READ,
	.text = &file_read_text,
};

const struct pin_kind pin_fuse_write = {
	.name = "fuse-write",
	.about = "direct I/O write to a FUSE file, taken when the device reads (AIO)",
	.rule = DIO_RULE "fs/fuse/file.c, 738adade96b2 (6.9)",
	.needs = { "fuse" },
	THROUGH_FILE,
	DIO_WRITE,
	.text = &file_write_text,
};

const struct pin_kind pin_aio_read = {
	.name = "aio-read",
	.by_name = true,
	.about = "as dio-read, by AIO",
	.rule = DIO_RULE "block/bio.c, a7e689dd1c06 (6.5)",
	.needs = { "fuse", "loop-fuse" },
	THROUGH_LOOP,
	DIO_READ,
	.text = &loop_read_text,
};

const struct pin_kind pin_aio_write = {
	.name = "aio-write",
	.by_name = true,
	.about = "as dio-write, by AIO",
	.rule = DIO_RULE "block/bio.c, a7e689dd1c06 (6.5)",
	.needs = { "fuse", "loop-fuse" },
	THROUGH_LOOP,
	DIO_WRITE,
	.text = &loop_write_text,
};

const struct pin_kind pin_dio_read = {
	.name = "dio-read",
	.about = "O_DIRECT read of a block device that answers when the device writes (io_uring)",
	.rule = DIO_RULE "block/bio.c, a7e689dd1c06 (6.5)",
	.needs = { "fuse", "loop-fuse", "uring" },
	.handle = HANDLE_PREPARED,
	.keep = keep,
	THROUGH_LOOP,
	DIO_READ,
	.text = &loop_read_text,
};

const struct pin_kind pin_dio_write = {
	.name = "dio-write",
	.about = "O_DIRECT write to a block device that takes it when the device reads (io_uring)",
	.rule = DIO_RULE "block/bio.c, a7e689dd1c06 (6.5)",
	.needs = { "fuse", "loop-fuse", "uring" },
	.handle = HANDLE_PREPARED,
	.keep = keep,
	THROUGH_LOOP,
	DIO_WRITE,
	.text = &loop_write_text,
};
