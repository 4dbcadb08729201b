// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/pin/kinds.h"
#include "core/base/util.h"
#include "vfio/vfio.h"

/* Below 4 GiB and clear of the interrupt range at 0xfee00000. */
static const uint64_t bounce_iova = 0x08000000, pin_iova = 0x10000000, pin_window = 0x10000000;

enum {
	ROUNDS_MAX = 2,	       /* copies of each device for one device read */
	WRITE_MAX = 16 * 1024, /* bytes */
	COPY_LIMIT_MS = 5000,
	BUSY = 0xee,
};

static char *bounce; /* a page for each device, shared with all actors */
static int users;

static size_t bounce_len(void)
{
	return (size_t)VFIO_DEVICES_MAX * BASE_PAGE;
}

static void vfio_kind_close(void)
{
	if (!users || --users)
		return;
	vfio_unmap(bounce_iova, bounce_len());
	vfio_close();
	munmap(bounce, bounce_len());
}

static int vfio_kind_open(void)
{
	int err;

	if (users) {
		users++;
		return 0;
	}
	err = vfio_open();
	if (err)
		return err;
	bounce = pin_alloc(bounce_len());
	err = bounce ? vfio_map(bounce_iova, bounce, bounce_len(), true) : -ENOMEM;
	if (err) {
		pin_free(bounce, bounce_len());
		vfio_close();
		return err;
	}
	users = 1;
	return 0;
}

static uint64_t window(const struct pin *p)
{
	return pin_iova + (uint64_t)p->index * pin_window;
}

static int vfio_prepare(struct pin *p)
{
	int64_t n;

	if (p->max_len > pin_window)
		return -E2BIG;
	/* A cell that was killed may have left its mapping. */
	n = vfio_unmap(window(p), pin_window);
	return n < 0 ? (int)n : 0;
}

static int vfio_pin_writable(struct pin *p)
{
	return vfio_map(window(p), p->addr, p->len, true);
}

static int vfio_pin_readable(struct pin *p)
{
	return vfio_map(window(p), p->addr, p->len, false);
}

static int vfio_unpin(struct pin *p)
{
	int64_t n = vfio_unmap(window(p), pin_window);

	if (n < 0)
		return (int)n;
	return (size_t)n == p->len ? 0 : -EINVAL;
}

static void vfio_release(struct pin *p)
{
	if (users)
		vfio_unmap(window(p), pin_window);
}

static size_t chunk_size(void)
{
	size_t size = BASE_PAGE;

	for (int i = 0; i < vfio.ndevices; i++) {
		if (vfio.device[i].dma->max < size)
			size = vfio.device[i].dma->max;
	}
	return size;
}

static int start(struct vfio_device *dev, uint64_t dst, uint64_t src, size_t len)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int err = dev->dma->start(dev, dst, src, len);

	for (int ms = 0; err == -EBUSY && ms < COPY_LIMIT_MS; ms++) {
		nanosleep(&pause, NULL);
		err = dev->dma->start(dev, dst, src, len);
	}
	return err;
}

static int wait_all(int count)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint64_t limit = now_ns() + COPY_LIMIT_MS * 1000000ull;
	int busy;

	do {
		busy = 0;
		for (int i = 0; i < count; i++) {
			int n = vfio.device[i].dma->poll(&vfio.device[i]);

			if (n < 0)
				return n;
			busy += n;
		}
		if (busy)
			nanosleep(&pause, NULL);
	} while (busy && now_ns() < limit);
	return busy ? -ETIMEDOUT : 0;
}

/* Chunk i of n that are spread over total, the first and the last among them. */
static size_t spread(size_t i, size_t n, size_t total)
{
	return n > 1 ? i * (total - 1) / (n - 1) : 0;
}

static int vfio_device_read(struct pin *p, const struct pin_data *data)
{
	size_t chunk = chunk_size(), total = p->len / chunk;
	size_t n = (size_t)vfio.ndevices * ROUNDS_MAX;
	size_t off[VFIO_DEVICES_MAX];

	if (n > total)
		n = total;
	for (size_t i = 0; i < n;) {
		int count = 0, err = 0;

		for (; !err && count < vfio.ndevices && i < n; count++, i++) {
			uint64_t slot = (uint64_t)count * BASE_PAGE;

			off[count] = spread(i, n, total) * chunk;
			/* No bytes of an earlier copy if this one should not arrive. */
			memset(bounce + slot, BUSY, chunk);
			err = start(&vfio.device[count], bounce_iova + slot, window(p) + off[count],
				    chunk);
		}
		if (!err)
			err = wait_all(count);
		if (err)
			return err;
		for (int d = 0; d < count; d++) {
			memcpy(data->dst + p->start + off[d], bounce + d * BASE_PAGE, chunk);
			pin_mark(p, data, off[d], chunk);
		}
	}
	return 0;
}

static int vfio_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	size_t chunk = chunk_size();

	if (off > p->len || len > p->len - off)
		return -EINVAL;
	if (len > WRITE_MAX)
		return -EOPNOTSUPP;
	for (size_t done = 0; done < len;) {
		int count = 0, err = 0;

		for (; !err && count < vfio.ndevices && done < len; count++) {
			uint64_t slot = (uint64_t)count * BASE_PAGE;
			size_t n = len - done < chunk ? len - done : chunk;

			memcpy(bounce + slot, (const char *)src + done, n);
			err = start(&vfio.device[count], window(p) + off + done, bounce_iova + slot,
				    n);
			done += n;
		}
		if (!err)
			err = wait_all(count);
		if (err)
			return err;
	}
	return 0;
}

#define OPEN .prefix = "vfio", .open = "vfio_open(argc > 1 ? argv[1] : NULL)"

static const struct pin_text rw_text = {
	OPEN, .args = ", VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE"
};
static const struct pin_text ro_text = { OPEN, .args = ", VFIO_DMA_MAP_FLAG_READ" };

const struct pin_kind pin_vfio_rw = {
	.name = "vfio-rw",
	.about = "VFIO type 1 mapping that the device may write",
	.rule = "drivers/vfio/vfio_iommu_type1.c: vaddr_get_pfns() takes FOLL_LONGTERM pins",
	.needs = { "vfio", "edu" },
	.class = PIN_RW,
	.promise = PROMISE_SAME_OBJECT,
	.dirs = DEVICE_READS | DEVICE_WRITES,
	.handle = HANDLE_PREPARED,
	.keep_need = "vfio-keep",
	.write_max = 2 * BASE_PAGE,
	.open = vfio_kind_open,
	.close = vfio_kind_close,
	.prepare = vfio_prepare,
	.pin = vfio_pin_writable,
	.device_read = vfio_device_read,
	.device_write = vfio_device_write,
	.unpin = vfio_unpin,
	.release = vfio_release,
	.text = &rw_text,
};

const struct pin_kind pin_vfio_ro = {
	.name = "vfio-ro",
	.about = "VFIO type 1 mapping that the device may only read",
	.rule = "drivers/vfio/vfio_iommu_type1.c: FOLL_WRITE only with IOMMU_WRITE",
	.needs = { "vfio", "edu" },
	.class = PIN_RO,
	.promise = PROMISE_SAME_OBJECT,
	.dirs = DEVICE_READS,
	.handle = HANDLE_PREPARED,
	.keep_need = "vfio-keep",
	.open = vfio_kind_open,
	.close = vfio_kind_close,
	.prepare = vfio_prepare,
	.pin = vfio_pin_readable,
	.device_read = vfio_device_read,
	.unpin = vfio_unpin,
	.release = vfio_release,
	.text = &ro_text,
};
