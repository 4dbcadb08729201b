// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/base/util.h"
#include "core/pin/kinds.h"
#include "vfio/vfio.h"

/* Below 4 GiB and clear of the interrupt range at 0xfee00000. */
static const uint64_t bounce_iova = 0x08000000;

enum {
	ROUNDS_MAX = 2, /* copies of each device for one sample */
	COPY_LIMIT_MS = 5000,
	BUSY = 0xee,
};

static char *bounce; /* a page for each device, shared with all actors */

static size_t bounce_len(void)
{
	return (size_t)VFIO_DEVICES_MAX * BASE_PAGE;
}

static uint64_t slot(const struct vfio_device *dev)
{
	return (uint64_t)dev->index * BASE_PAGE;
}

int vfio_bounce_open(void)
{
	int err;

	bounce = pin_alloc(bounce_len());
	err = bounce ? vfio_map(bounce_iova, bounce, bounce_len(), true) : -ENOMEM;
	if (err) {
		pin_free(bounce, bounce_len());
		bounce = NULL;
	}
	return err;
}

void vfio_bounce_close(void)
{
	if (!bounce)
		return;
	vfio_unmap(bounce_iova, bounce_len());
	pin_free(bounce, bounce_len());
	bounce = NULL;
}

static int copiers(void)
{
	int n = 0;

	for (int i = 0; i < vfio.ndevices; i++)
		n += vfio.device[i].copies;
	return n;
}

/* The n-th device that copies, from 0. */
static struct vfio_device *copier(int n)
{
	for (int i = 0; i < vfio.ndevices; i++)
		if (vfio.device[i].copies && !n--)
			return &vfio.device[i];
	return NULL;
}

/* Bytes of one transfer by any device that copies. */
static size_t chunk_size(void)
{
	size_t size = BASE_PAGE;

	for (int i = 0; i < vfio.ndevices; i++)
		if (vfio.device[i].copies && vfio.device[i].dma->max < size)
			size = vfio.device[i].dma->max;
	return size;
}

static int start(struct vfio_device *dev, uint64_t dst, uint64_t src, size_t len)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int err = -EBUSY;

	for (int ms = 0; err == -EBUSY && ms < COPY_LIMIT_MS; ms++) {
		if (ms)
			nanosleep(&pause, NULL);
		err = dev->copies ? dev->dma->start(dev, dst, src, len) : dev->dma->store(dev, dst);
	}
	return err;
}

static int wait_for(struct vfio_device *const dev[], int count)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint64_t limit = now_ns() + COPY_LIMIT_MS * 1000000ull;
	int busy;

	do {
		busy = 0;
		for (int i = 0; i < count; i++) {
			int n = dev[i]->dma->poll(dev[i]);

			if (n < 0)
				return n;
			busy += n;
		}
		if (busy)
			nanosleep(&pause, NULL);
	} while (busy && now_ns() < limit);
	return busy ? -ETIMEDOUT : 0;
}

/* As wait_for(), where a store that a device failed is an error. */
static int arrive(struct vfio_device *const dev[], int count)
{
	int err = wait_for(dev, count);

	for (int i = 0; !err && i < count; i++)
		if (dev[i]->refused)
			err = -EIO;
	return err;
}

/* Chunk i of n that are spread over total, the first and the last among them. */
static size_t spread(size_t i, size_t n, size_t total)
{
	return n > 1 ? i * (total - 1) / (n - 1) : 0;
}

int vfio_sample(uint64_t iova, size_t len,
		void (*arrived)(void *arg, size_t off, const void *bytes, size_t len), void *arg)
{
	size_t chunk = chunk_size(), total = len / chunk;
	size_t n = (size_t)copiers() * ROUNDS_MAX;
	struct vfio_device *dev[VFIO_DEVICES_MAX];
	size_t off[VFIO_DEVICES_MAX];

	if (n > total)
		n = total;
	for (size_t i = 0; i < n;) {
		int count = 0, err = 0;

		for (; !err && count < copiers() && i < n; count++, i++) {
			dev[count] = copier(count);
			off[count] = spread(i, n, total) * chunk;
			/* No bytes of an earlier copy if this one should not arrive. */
			memset(bounce + slot(dev[count]), BUSY, chunk);
			err = start(dev[count], bounce_iova + slot(dev[count]), iova + off[count],
				    chunk);
		}
		if (!err)
			err = arrive(dev, count);
		if (err)
			return err;
		for (int d = 0; d < count; d++)
			arrived(arg, off[d], bounce + slot(dev[d]), chunk);
	}
	return 0;
}

int vfio_store(uint64_t iova, const void *src, size_t len)
{
	size_t chunk = chunk_size();
	struct vfio_device *dev[VFIO_DEVICES_MAX];

	for (size_t done = 0; done < len;) {
		int count = 0, err = 0;

		for (; !err && count < copiers() && done < len; count++) {
			size_t n = len - done < chunk ? len - done : chunk;

			dev[count] = copier(count);
			memcpy(bounce + slot(dev[count]), (const char *)src + done, n);
			err = start(dev[count], iova + done, bounce_iova + slot(dev[count]), n);
			done += n;
		}
		if (!err)
			err = arrive(dev, count);
		if (err)
			return err;
	}
	return 0;
}

/* Whether what the device stores gets to memory that it may write. */
static int reaches(struct vfio_device *dev, const void *src, size_t len)
{
	/* A device that copies needs a second place: the end of its page. */
	size_t at = dev->copies ? BASE_PAGE - SECTOR : 0;
	char *to = bounce + slot(dev) + at;
	int err;

	if (len > SECTOR)
		len = SECTOR;
	memcpy(bounce + slot(dev), src, len);
	memset(to, BUSY, len);
	err = start(dev, bounce_iova + slot(dev) + at, bounce_iova + slot(dev), len);
	if (!err)
		err = wait_for(&dev, 1);
	if (err)
		return err;
	for (size_t i = 0; i < len; i++)
		if (to[i] != (char)BUSY)
			return dev->copies && memcmp(to, src, len) != 0 ? -EIO : 0;
	return -EIO;
}

/*
 * A store that no fault was reported of must have got through; then the model sees it.
 * What can't copy can't tell.
 */
static int faulted(struct vfio_device *dev, long before, uint64_t iova, const void *src, size_t len)
{
	char *to = bounce + slot(dev);
	int err;

	if (before < 0 || !dev->copies || vfio_fault_came(before))
		return 0;
	memset(to, BUSY, len);
	err = start(dev, bounce_iova + slot(dev), iova, len);
	if (!err)
		err = wait_for(&dev, 1);
	if (err || !memcmp(to, src, len))
		return err;
	fprintf(stderr,
		"pinfold: vfio: %s: a store to a read-only mapping did not arrive, and the IOMMU "
		"reported no fault\n",
		dev->address);
	return -EIO;
}

int vfio_try(uint64_t iova, const void *src, size_t len)
{
	for (int i = 0; i < vfio.ndevices; i++) {
		struct vfio_device *dev = &vfio.device[i];
		size_t most = dev->copies ? chunk_size() : BASE_PAGE, n = len < most ? len : most;
		/* The first bytes and the last ones by turns. */
		uint64_t at = i % 2 ? iova + len - n : iova;
		int err = reaches(dev, src, n);
		long before = vfio_faults();

		memcpy(bounce + slot(dev), src, n);
		if (!err)
			err = start(dev, at, bounce_iova + slot(dev), n);
		if (!err)
			err = wait_for(&dev, 1);
		if (!err)
			err = faulted(dev, before, at, src, n);
		if (!err)
			err = reaches(dev, src, n);
		if (err)
			return err;
	}
	return 0;
}
