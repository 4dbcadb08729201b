// SPDX-License-Identifier: GPL-2.0-only
#include "core/pin/holder_serve.h"

#include <errno.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "core/base/util.h"

enum {
	WRITE_BYTES = 128 * 1024, /* of one request, as the kernel's default for reads */
	REQUEST_ROOM = WRITE_BYTES + BASE_PAGE,
	FILE_BYTES = 64 << 20, /* more than a transfer reaches: it must not extend the file */
	BACKGROUND = 4096,     /* a long transfer is many requests, all of them in flight */
	VALID_SECONDS = 1 << 30,
};

struct request {
	struct fuse_in_header head;
	char body[REQUEST_ROOM - sizeof(struct fuse_in_header)];
};

static void answer(int dev, const struct request *r, int err, const void *body, size_t len)
{
	struct fuse_out_header head = { .len = (uint32_t)(sizeof(head) + (err ? 0 : len)),
					.error = err,
					.unique = r->head.unique };
	struct iovec io[2] = { { &head, sizeof(head) }, { (void *)body, err ? 0 : len } };
	ssize_t n = writev(dev, io, len && !err ? 2 : 1);

	(void)n; /* ENOENT: the request was interrupted */
}

static void answer_init(int dev, const struct request *r)
{
	const struct fuse_init_in *in = (const void *)r->body;
	struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
				     .minor = FUSE_KERNEL_MINOR_VERSION,
				     .max_readahead = in->max_readahead,
				     .flags = in->flags & (FUSE_ASYNC_DIO | FUSE_BIG_WRITES),
				     .max_background = BACKGROUND,
				     .congestion_threshold = BACKGROUND,
				     .max_write = WRITE_BYTES,
				     .time_gran = 1 };

	answer(dev, r, 0, &out, sizeof(out));
}

static void answer_attr(int dev, const struct request *r)
{
	struct fuse_attr_out out = { .attr_valid = VALID_SECONDS,
				     .attr = { .ino = FUSE_ROOT_ID,
					       .size = FILE_BYTES,
					       .blocks = FILE_BYTES / SECTOR,
					       .mode = S_IFREG | 0600,
					       .nlink = 1,
					       .uid = geteuid(),
					       .gid = getegid(),
					       .blksize = BASE_PAGE } };

	answer(dev, r, 0, &out, sizeof(out));
}

static bool of_transfer(uint64_t offset, uint32_t size)
{
	return offset >= HOLDER_BASE && offset - HOLDER_BASE + size <= HOLDER_MAX;
}

static void answer_read(int dev, const struct request *r, enum holder_mode mode, const char *stage)
{
	static const char zeros[WRITE_BYTES];
	const struct fuse_read_in *in = (const void *)r->body;
	bool ours = mode != HOLDER_SERVE && of_transfer(in->offset, in->size);

	if (ours && mode == HOLDER_FAIL)
		answer(dev, r, -EIO, NULL, 0);
	else
		answer(dev, r, 0, ours ? stage + (in->offset - HOLDER_BASE) : zeros, in->size);
}

static void answer_write(int dev, const struct request *r, enum holder_mode mode, char *stage)
{
	const struct fuse_write_in *in = (const void *)r->body;
	struct fuse_write_out out = { .size = in->size };
	bool ours = mode != HOLDER_SERVE && of_transfer(in->offset, in->size);

	if (ours && mode == HOLDER_MOVE)
		memcpy(stage + (in->offset - HOLDER_BASE), r->body + sizeof(*in), in->size);
	answer(dev, r, ours && mode == HOLDER_FAIL ? -EIO : 0, &out, sizeof(out));
}

static void serve_one(int dev, const struct request *r, enum holder_mode mode, char *stage)
{
	const struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };

	switch (r->head.opcode) {
	case FUSE_INIT:
		answer_init(dev, r);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer_attr(dev, r);
		break;
	case FUSE_OPEN:
		answer(dev, r, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		answer_read(dev, r, mode, stage);
		break;
	case FUSE_WRITE:
		answer_write(dev, r, mode, stage);
		break;
	case FUSE_RELEASE:
	case FUSE_FSYNC:
		answer(dev, r, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default: /* also FUSE_FLUSH: the kernel then asks no more when a descriptor is closed */
		answer(dev, r, -ENOSYS, NULL, 0);
	}
}

void fuse_serve(int dev, enum holder_mode mode, char *stage)
{
	static struct request request;
	ssize_t n;

	while ((n = read(dev, &request, sizeof(request))) > 0 || (n < 0 && errno == EINTR)) {
		if (n >= (ssize_t)sizeof(request.head))
			serve_one(dev, &request, mode, stage);
	}
}
