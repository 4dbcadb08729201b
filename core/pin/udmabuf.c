// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "core/base/util.h"
#include "core/pin/kinds.h"

/*
 * The device's view is a mapping of the dma-buf at an address that prepare keeps
 * free. A child that is forked under the pin inherits the dma-buf, and its folios
 * stay pinned until the child ends as well.
 */
struct udmabuf {
	int device, buffer;
	char *view;
	size_t room;
};

static void udmabuf_release(struct pin *p)
{
	struct udmabuf *u = p->priv;

	if (!u)
		return;
	close_fd(&u->device);
	close_fd(&u->buffer);
	if (u->view)
		munmap(u->view, u->room);
	pin_free(u, sizeof(*u));
	p->priv = NULL;
}

static int keep_free(struct udmabuf *u, int fixed)
{
	void *at = mmap(u->view, u->room, PROT_NONE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);

	if (at == MAP_FAILED)
		return -errno;
	u->view = at;
	return 0;
}

static int udmabuf_prepare(struct pin *p)
{
	struct udmabuf *u = pin_alloc(sizeof(*u));
	int err;

	if (!u)
		return -ENOMEM;
	p->priv = u;
	u->buffer = -1;
	u->room = p->max_len;
	u->device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	err = u->device < 0 ? -errno : keep_free(u, 0);
	if (err)
		udmabuf_release(p);
	return err;
}

int udmabuf_of(int device, int memfd, uint64_t start, uint64_t len)
{
	struct udmabuf_create arg = { .memfd = (uint32_t)memfd,
				      .flags = UDMABUF_FLAGS_CLOEXEC,
				      .offset = start,
				      .size = len };
	int buffer = fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK);

	if (!buffer)
		buffer = ioctl(device, UDMABUF_CREATE, &arg);
	return buffer < 0 ? -errno : buffer;
}

static int udmabuf_pin(struct pin *p)
{
	struct udmabuf *u = p->priv;
	int buffer;

	if (u->buffer >= 0)
		return -EBUSY;
	buffer = udmabuf_of(u->device, p->fd, p->start, p->len);
	if (buffer < 0)
		return buffer;
	u->buffer = buffer;
	if (mmap(u->view, p->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, u->buffer, 0) !=
	    MAP_FAILED)
		return 0;
	close_fd(&u->buffer);
	u->buffer = -1;
	return -EIO;
}

static int udmabuf_unpin(struct pin *p)
{
	struct udmabuf *u = p->priv;

	if (u->buffer < 0)
		return -EINVAL;
	close_fd(&u->buffer);
	u->buffer = -1;
	return keep_free(u, MAP_FIXED);
}

static int cpu_access(const struct udmabuf *u, uint64_t flags)
{
	struct dma_buf_sync arg = { .flags = flags | DMA_BUF_SYNC_RW };

	return ioctl(u->buffer, DMA_BUF_IOCTL_SYNC, &arg) ? -errno : 0;
}

static int udmabuf_device_read(struct pin *p, const struct pin_data *data)
{
	struct udmabuf *u = p->priv;
	int err = cpu_access(u, DMA_BUF_SYNC_START);

	if (err)
		return err;
	memcpy(data->dst + p->start, u->view, p->len);
	pin_mark(p, data, 0, p->len);
	return cpu_access(u, DMA_BUF_SYNC_END);
}

static int udmabuf_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	struct udmabuf *u = p->priv;
	int err;

	if (off > p->len || len > p->len - off)
		return -EINVAL;
	err = cpu_access(u, DMA_BUF_SYNC_START);
	if (err)
		return err;
	memcpy(u->view + off, src, len);
	return cpu_access(u, DMA_BUF_SYNC_END);
}

static const struct pin_text text = { .prefix = "udmabuf",
				      .prepare = "udmabuf_prepare(#)",
				      .file = true };

const struct pin_kind pin_udmabuf = {
	.name = "udmabuf",
	.about = "folios of a memfd as a dma-buf, looked at through a mapping of that",
	.rule = "mm/gup.c: memfd_pin_folios() (6.12)",
	.needs = { "udmabuf" },
	.class = PIN_RW,
	.promise = PROMISE_SAME_OBJECT,
	.dirs = DEVICE_READS | DEVICE_WRITES,
	.handle = HANDLE_PINNED,
	.shares = 1u << SHARE_SHARED,
	.file = true,
	.memfd = true,
	.prepare = udmabuf_prepare,
	.pin = udmabuf_pin,
	.device_read = udmabuf_device_read,
	.device_write = udmabuf_device_write,
	.unpin = udmabuf_unpin,
	.release = udmabuf_release,
	.text = &text,
};
