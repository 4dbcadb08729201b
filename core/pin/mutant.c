// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/pin/kinds.h"

/* The lie of a mutant that has a pin of its own below it, or a copy. */
struct lie {
	void *inner;  /* priv of uring-rw */
	uint64_t old; /* torn: the last word at pin time */
	char *base;
	size_t size;
	bool held;
	char copy[];
};

/* Through the kernel, so that what can't be read is an errno and not a signal. */
static int peek(pid_t pid, void *dst, char *src, size_t len)
{
	struct iovec to = { .iov_base = dst, .iov_len = len };
	struct iovec from = { .iov_base = src, .iov_len = len };
	ssize_t n = process_vm_readv(pid, &to, 1, &from, 1, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}

static int lie_alloc(struct pin *p, size_t copy)
{
	size_t size = sizeof(struct lie) + copy;
	struct lie *lie = pin_alloc(size);

	if (!lie)
		return -ENOMEM;
	lie->size = size;
	p->priv = lie;
	return 0;
}

static void lie_free(struct pin *p)
{
	struct lie *lie = p->priv;

	if (lie)
		pin_free(lie, lie->size);
	p->priv = NULL;
}

static int copy_prepare(struct pin *p)
{
	return lie_alloc(p, p->max_len);
}

static int copy_pin(struct pin *p)
{
	struct lie *lie = p->priv;
	int err;

	if (lie->held)
		return -EBUSY;
	err = peek(getpid(), lie->copy, p->addr, p->len);
	if (err)
		return err;
	lie->base = p->addr;
	lie->held = true;
	return 0;
}

static int copy_device_read(struct pin *p, const struct pin_data *data)
{
	const struct lie *lie = p->priv;

	memcpy(data->dst + p->start, lie->copy, p->len);
	pin_mark(p, data, 0, p->len);
	return 0;
}

static int copy_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	struct lie *lie = p->priv;

	if (off > p->len || len > p->len - off)
		return -EINVAL;
	memcpy(lie->copy + off, src, len);
	return 0;
}

static int copy_unpin(struct pin *p)
{
	struct lie *lie = p->priv;

	if (!lie->held)
		return -EINVAL;
	lie->held = false;
	return 0;
}

/* What vmsplice did before CVE-2020-29374 was fixed: the page stayed the parent's. */
static int parent_device_read(struct pin *p, const struct pin_data *data)
{
	struct lie *lie = p->priv;

	if (peek(getppid(), lie->copy, lie->base, p->len))
		peek(getpid(), lie->copy, lie->base, p->len);
	return copy_device_read(p, data);
}

static int inner_prepare(struct pin *p)
{
	return pin_uring_rw.prepare(p);
}

static int inner_pin(struct pin *p)
{
	return pin_uring_rw.pin(p);
}

static int inner_device_read(struct pin *p, const struct pin_data *data)
{
	return pin_uring_rw.device_read(p, data);
}

static int inner_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	return pin_uring_rw.device_write(p, off, len, src);
}

static int inner_unpin(struct pin *p)
{
	return pin_uring_rw.unpin(p);
}

static void inner_release(struct pin *p)
{
	pin_uring_rw.release(p);
}

static int leak_unpin(struct pin *p)
{
	(void)p;
	return 0;
}

static void *torn_enter(struct pin *p)
{
	struct lie *lie = p->priv;

	p->priv = lie->inner;
	return lie;
}

static int torn_leave(struct pin *p, struct lie *lie, int err)
{
	lie->inner = p->priv;
	p->priv = lie;
	return err;
}

static int torn_prepare(struct pin *p)
{
	struct lie *lie;
	int err = lie_alloc(p, 0);

	if (err)
		return err;
	lie = torn_enter(p);
	err = torn_leave(p, lie, inner_prepare(p));
	if (err)
		lie_free(p);
	return err;
}

static int torn_pin(struct pin *p)
{
	struct lie *lie = torn_enter(p);
	int err = torn_leave(p, lie, inner_pin(p));

	if (!err)
		err = peek(getpid(), &lie->old, p->addr + p->len - sizeof(lie->old),
			   sizeof(lie->old));
	return err;
}

static int torn_device_read(struct pin *p, const struct pin_data *data)
{
	struct lie *lie = torn_enter(p);
	int err = torn_leave(p, lie, inner_device_read(p, data));

	if (!err)
		memcpy(data->dst + p->start + p->len - sizeof(lie->old), &lie->old,
		       sizeof(lie->old));
	return err;
}

static int torn_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	struct lie *lie = torn_enter(p);

	return torn_leave(p, lie, inner_device_write(p, off, len, src));
}

static int torn_unpin(struct pin *p)
{
	struct lie *lie = torn_enter(p);

	return torn_leave(p, lie, inner_unpin(p));
}

static void torn_release(struct pin *p)
{
	struct lie *lie = p->priv;

	if (!lie)
		return;
	torn_enter(p);
	inner_release(p);
	torn_leave(p, lie, 0);
	lie_free(p);
}

/* A sector too far, but never outside the pin. */
static int wild_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	if (off + len + SECTOR > p->len) {
		if (len <= SECTOR)
			return inner_device_write(p, off - SECTOR, len, src);
		len -= SECTOR;
	}
	return inner_device_write(p, off + SECTOR, len, src);
}

#define COPY_KIND                                                                  \
	.promise = PROMISE_SAME_OBJECT, .handle = HANDLE_PREPARED, .mutant = true, \
	.prepare = copy_prepare, .pin = copy_pin, .device_read = copy_device_read, \
	.unpin = copy_unpin, .release = lie_free

#define URING_KIND                                                                       \
	.needs = { "uring" }, .class = PIN_RW, .promise = PROMISE_SAME_OBJECT,           \
	.dirs = DEVICE_READS | DEVICE_WRITES, .handle = HANDLE_PREPARED, .mutant = true, \
	.locks = true

const struct pin_kind mutant_copy_rw = {
	.name = "mutant-copy-rw",
	.about = "works on a copy that it made when it pinned",
	.class = PIN_RW,
	.dirs = DEVICE_READS | DEVICE_WRITES,
	.device_write = copy_device_write,
	COPY_KIND,
};

const struct pin_kind mutant_copy_ro = {
	.name = "mutant-copy-ro",
	.about = "shows a copy that it made when it pinned",
	.class = PIN_RO,
	.dirs = DEVICE_READS,
	COPY_KIND,
};

const struct pin_kind mutant_leak_get = {
	.name = "mutant-leak-get",
	.about = "shows its pinner's parent's memory, as vmsplice did in CVE-2020-29374",
	.class = PIN_GET,
	.promise = PROMISE_PINNER_VALUES,
	.dirs = DEVICE_READS,
	.mutant = true,
	.prepare = copy_prepare,
	.pin = copy_pin,
	.device_read = parent_device_read,
	.unpin = copy_unpin,
	.release = lie_free,
};

const struct pin_kind mutant_leak_rw = {
	.name = "mutant-leak-rw",
	.about = "says that it unpinned and did not",
	URING_KIND,
	.prepare = inner_prepare,
	.pin = inner_pin,
	.device_read = inner_device_read,
	.device_write = inner_device_write,
	.unpin = leak_unpin,
	.release = inner_release,
};

const struct pin_kind mutant_wild_write = {
	.name = "mutant-wild-write",
	.about = "stores a sector away from where it was told to",
	URING_KIND,
	.prepare = inner_prepare,
	.pin = inner_pin,
	.device_read = inner_device_read,
	.device_write = wild_device_write,
	.unpin = inner_unpin,
	.release = inner_release,
};

const struct pin_kind mutant_torn_rw = {
	.name = "mutant-torn-rw",
	.about = "shows the last word of its last page as it was when it pinned",
	URING_KIND,
	.prepare = torn_prepare,
	.pin = torn_pin,
	.device_read = torn_device_read,
	.device_write = torn_device_write,
	.unpin = torn_unpin,
	.release = torn_release,
};
