// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/pin/kinds.h"

enum { RING_ENTRIES = 4, TRANSFER_MAX = 64 * 1024 };

struct uring {
	struct io_uring ring;
	bool ring_up, held;
	char *base; /* address at pin time: mremap moves the view, not this */
	/*
	 * A pipe and not a file: requests on a non-blocking pipe complete inside
	 * io_uring_enter, so no worker thread enters the actor, and none keeps a
	 * reference to the buffer when unregistering returns (Linux 6.13 and later).
	 */
	int pipe[2];
};

static void uring_release(struct pin *p)
{
	struct uring *u = p->priv;

	if (!u)
		return;
	if (u->held)
		io_uring_unregister_buffers(&u->ring);
	if (u->ring_up)
		io_uring_queue_exit(&u->ring);
	close_fd(&u->pipe[0]);
	close_fd(&u->pipe[1]);
	pin_free(u, sizeof(*u));
	p->priv = NULL;
}

static int uring_prepare(struct pin *p)
{
	struct uring *u = pin_alloc(sizeof(*u));
	int err;

	if (!u)
		return -ENOMEM;
	p->priv = u;
	u->pipe[0] = u->pipe[1] = -1;
	err = pipe2(u->pipe, O_NONBLOCK | O_CLOEXEC) ? -errno : 0;
	if (!err)
		err = io_uring_queue_init(RING_ENTRIES, &u->ring, 0);
	if (!err)
		u->ring_up = true;
	else
		uring_release(p);
	return err;
}

static int uring_pin(struct pin *p)
{
	struct uring *u = p->priv;
	struct iovec iov = { .iov_base = p->addr, .iov_len = p->len };
	int err;

	if (u->held)
		return -EBUSY;
	err = io_uring_register_buffers(&u->ring, &iov, 1);
	if (err)
		return err;
	u->base = p->addr;
	u->held = true;
	return 0;
}

static int uring_unpin(struct pin *p)
{
	struct uring *u = p->priv;
	int err;

	if (!u->held)
		return -EINVAL;
	err = io_uring_unregister_buffers(&u->ring);
	if (!err)
		u->held = false;
	return err;
}

/* One transfer between the buffer and the pipe. Returns its bytes or -errno. */
static ssize_t transfer(struct uring *u, size_t off, size_t len, bool to_pipe)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);
	struct io_uring_cqe *cqe;
	ssize_t res;
	int n;

	if (!sqe)
		return -EBUSY;
	if (to_pipe)
		io_uring_prep_write_fixed(sqe, u->pipe[1], u->base + off, (unsigned)len, 0, 0);
	else
		io_uring_prep_read_fixed(sqe, u->pipe[0], u->base + off, (unsigned)len, 0, 0);
	n = io_uring_submit(&u->ring);
	if (n < 0)
		return n;
	do {
		n = io_uring_wait_cqe(&u->ring, &cqe);
	} while (n == -EINTR);
	if (n)
		return n;
	res = cqe->res;
	io_uring_cqe_seen(&u->ring, cqe);
	return res ? res : -EIO;
}

static ssize_t chunk_read(struct uring *u, size_t off, size_t len, char *dst)
{
	ssize_t n = transfer(u, off, len, true);

	for (ssize_t got = 0; got < n;) {
		ssize_t r = read(u->pipe[0], dst + got, (size_t)(n - got));

		if (r <= 0)
			return r ? -errno : -EIO;
		got += r;
	}
	return n;
}

static ssize_t chunk_write(struct uring *u, size_t off, size_t len, const char *src)
{
	ssize_t n = write(u->pipe[1], src, len);

	if (n <= 0)
		return n ? -errno : -EIO;
	for (ssize_t done = 0; done < n;) {
		ssize_t r = transfer(u, off + (size_t)done, (size_t)(n - done), false);

		if (r < 0)
			return r;
		done += r;
	}
	return n;
}

static size_t chunk_len(size_t left)
{
	return left < TRANSFER_MAX ? left : TRANSFER_MAX;
}

static int uring_device_read(struct pin *p, const struct pin_data *data)
{
	struct uring *u = p->priv;

	for (size_t off = 0; off < p->len;) {
		ssize_t n = chunk_read(u, off, chunk_len(p->len - off), data->dst + p->start + off);

		if (n < 0)
			return (int)n;
		off += (size_t)n;
	}
	pin_mark(p, data, 0, p->len);
	return 0;
}

static int uring_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	struct uring *u = p->priv;

	if (off > p->len || len > p->len - off)
		return -EINVAL;
	for (size_t done = 0; done < len;) {
		ssize_t n =
			chunk_write(u, off + done, chunk_len(len - done), (const char *)src + done);

		if (n < 0)
			return (int)n;
		done += (size_t)n;
	}
	return 0;
}

static const struct pin_text text = { .prefix = "uring",
				      .prepare = "uring_prepare(#)",
				      .keep = "uring_keep" };

const struct pin_kind pin_uring_rw = {
	.name = "uring-rw",
	.about = "io_uring registered buffer",
	.rule = "io_uring/rsrc.c: io_pin_pages() takes FOLL_WRITE | FOLL_LONGTERM pins",
	.needs = { "uring" },
	.class = PIN_RW,
	.promise = PROMISE_SAME_OBJECT,
	.dirs = DEVICE_READS | DEVICE_WRITES,
	.handle = HANDLE_PREPARED,
	.ahead = true,
	.locks = true,
	.prepare = uring_prepare,
	.pin = uring_pin,
	.device_read = uring_device_read,
	.device_write = uring_device_write,
	.unpin = uring_unpin,
	.release = uring_release,
	.text = &text,
};
