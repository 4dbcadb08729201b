// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/pin/kinds.h"

/* 64 pipes hold a huge page even where a pipe is limited to 32 KiB. */
enum { PIPES_MAX = 64, PIPE_BYTES_MAX = 1024 * 1024 };

struct pipe {
	int fd[2];
	size_t size; /* bytes of pages it takes: one slot holds one base page */
};

struct pipes {
	struct pipe pipe[PIPES_MAX], scratch;
	int npipes, null;
	bool held;
};

static void pipe_close(struct pipe *pipe)
{
	close_fd(&pipe->fd[0]);
	close_fd(&pipe->fd[1]);
}

static int pipe_open(struct pipe *pipe, size_t wanted)
{
	int size;

	if (pipe2(pipe->fd, O_NONBLOCK | O_CLOEXEC))
		return -errno;
	while (wanted > BASE_PAGE && fcntl(pipe->fd[0], F_SETPIPE_SZ, (int)wanted) < 0)
		wanted /= 2;
	size = fcntl(pipe->fd[0], F_GETPIPE_SZ);
	if (size < 0)
		return -errno;
	pipe->size = (size_t)size;
	return 0;
}

static void pipes_release(struct pin *p)
{
	struct pipes *v = p->priv;

	if (!v)
		return;
	for (int i = 0; i < v->npipes; i++)
		pipe_close(&v->pipe[i]);
	pipe_close(&v->scratch);
	close_fd(&v->null);
	pin_free(v, sizeof(*v));
	p->priv = NULL;
}

static int pipes_open(struct pipes *v, size_t len)
{
	size_t wanted = BASE_PAGE, held = 0;
	int err;

	while (wanted < len && wanted < PIPE_BYTES_MAX)
		wanted *= 2;
	err = pipe_open(&v->scratch, wanted);
	while (!err && held < len) {
		struct pipe *pipe = &v->pipe[v->npipes];

		if (v->npipes == PIPES_MAX)
			return -E2BIG;
		pipe->fd[0] = pipe->fd[1] = -1;
		v->npipes++;
		err = pipe_open(pipe, v->scratch.size);
		/* tee always starts at the head, so the scratch takes all of a pipe. */
		if (pipe->size > v->scratch.size)
			pipe->size = v->scratch.size;
		held += pipe->size;
	}
	return err;
}

static int pipes_prepare(struct pin *p)
{
	struct pipes *v = pin_alloc(sizeof(*v));
	int err = 0;

	if (!v)
		return -ENOMEM;
	p->priv = v;
	v->scratch.fd[0] = v->scratch.fd[1] = -1;
	v->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (v->null < 0)
		err = -errno;
	if (!err)
		err = pipes_open(v, p->max_len);
	if (err)
		pipes_release(p);
	return err;
}

/* Closing would not do: other actors inherited the same pipes. */
static int pipe_drain(const struct pipes *v, const struct pipe *pipe)
{
	ssize_t n;

	do {
		n = splice(pipe->fd[0], NULL, v->null, NULL, pipe->size, SPLICE_F_NONBLOCK);
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 && errno != EAGAIN ? -errno : 0;
}

static int drain_all(struct pipes *v)
{
	int err = 0;

	for (int i = 0; i < v->npipes; i++) {
		int e = pipe_drain(v, &v->pipe[i]);

		if (!err)
			err = e;
	}
	return err;
}

/* At most len bytes from byte off of the pin. */
static ssize_t lend(const struct pin *p, const struct pipe *pipe, size_t off, size_t len)
{
	struct iovec iov = { .iov_base = p->addr + off, .iov_len = len };
	loff_t at = (loff_t)(p->start + off);

	if (p->kind != &pin_splice)
		return vmsplice(pipe->fd[1], &iov, 1, SPLICE_F_NONBLOCK);
	return splice(p->fd, &at, pipe->fd[1], NULL, len, SPLICE_F_NONBLOCK);
}

static int pipe_fill(const struct pin *p, const struct pipe *pipe, size_t off, size_t len)
{
	while (len) {
		ssize_t n = lend(p, pipe, off, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENODATA;
		off += (size_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int pipes_pin(struct pin *p)
{
	struct pipes *v = p->priv;
	size_t off = 0;
	int err = 0;

	if (v->held)
		return -EBUSY;
	for (int i = 0; !err && off < p->len; i++) {
		size_t len = p->len - off;

		if (i == v->npipes) {
			err = -E2BIG;
			break;
		}
		if (len > v->pipe[i].size)
			len = v->pipe[i].size;
		err = pipe_fill(p, &v->pipe[i], off, len);
		off += len;
	}
	if (err)
		drain_all(v);
	else
		v->held = true;
	return err;
}

static int pipes_unpin(struct pin *p)
{
	struct pipes *v = p->priv;
	int err;

	if (!v->held)
		return -EINVAL;
	err = drain_all(v);
	if (!err)
		v->held = false;
	return err;
}

static int pipe_look(const struct pipes *v, const struct pipe *pipe, char *dst, size_t len)
{
	ssize_t n = tee(pipe->fd[0], v->scratch.fd[1], len, SPLICE_F_NONBLOCK);
	size_t got = 0;

	if (n < 0)
		return -errno;
	while (got < (size_t)n) {
		ssize_t r = read(v->scratch.fd[0], dst + got, (size_t)n - got);

		if (r <= 0)
			return r ? -errno : -EIO;
		got += (size_t)r;
	}
	return got == len ? 0 : -EIO;
}

static int pipes_device_read(struct pin *p, const struct pin_data *data)
{
	struct pipes *v = p->priv;
	size_t off = 0;

	/* An earlier read that failed may have left references here. */
	pipe_drain(v, &v->scratch);
	for (int i = 0; i < v->npipes && off < p->len; i++) {
		size_t len = p->len - off;
		int err;

		if (len > v->pipe[i].size)
			len = v->pipe[i].size;
		err = pipe_look(v, &v->pipe[i], data->dst + p->start + off, len);
		if (err)
			return err;
		off += len;
	}
	pin_mark(p, data, 0, p->len);
	return 0;
}

#define PREPARE .prefix = "pipes", .prepare = "pipes_prepare(#, %)"

static const struct pin_text vmsplice_text = { PREPARE, .pin = "vmsplice_pin",
					       .keep = "pipes_keep" };

const struct pin_kind pin_vmsplice = {
	.name = "vmsplice",
	.about = "pages lent to a pipe by vmsplice(2), looked at by tee(2)",
	.rule = "fs/splice.c: iter_to_pipe() takes FOLL_GET references",
	.needs = { "vmsplice" },
	.class = PIN_GET,
	.promise = PROMISE_PINNER_VALUES,
	.dirs = DEVICE_READS,
	.handle = HANDLE_PREPARED,
	.ahead = true,
	.prepare = pipes_prepare,
	.pin = pipes_pin,
	.device_read = pipes_device_read,
	.unpin = pipes_unpin,
	.release = pipes_release,
	.text = &vmsplice_text,
};

static const struct pin_text splice_text = { PREPARE, .pin = "splice_pin", .file = true };

const struct pin_kind pin_splice = {
	.name = "splice",
	.about = "pages of the file lent to a pipe by splice(2), looked at by tee(2)",
	.rule = "mm/filemap.c: filemap_splice_read() takes references of page cache pages; "
		"mm/shmem.c: the zero page for a hole, bd194b187115 (6.5)",
	.needs = { "splice" },
	.class = PIN_GET,
	.promise = PROMISE_FILE_PAGE,
	.dirs = DEVICE_READS,
	.handle = HANDLE_PREPARED,
	.shares = 1u << SHARE_SHARED | 1u << SHARE_SHARED_TRACKED,
	.file = true,
	.ahead = true,
	.prepare = pipes_prepare,
	.pin = pipes_pin,
	.device_read = pipes_device_read,
	.unpin = pipes_unpin,
	.release = pipes_release,
	.text = &splice_text,
};
