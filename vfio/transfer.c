// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/base/pattern.h"
#include "core/base/util.h"
#include "core/pin/kinds.h"
#include "vfio/vfio.h"

/* Below 4 GiB and clear of the interrupt range at 0xfee00000. */
static const uint64_t bounce_iova = 0x08000000;

enum {
	ROUNDS_MAX = 2, /* copies of each device for one sample */
	WORD_PAGES = 4, /* of which words are fetched for one */
	COPY_LIMIT_MS = 5000,
	PAUSE_FIRST = 31250, /* ns; edu takes 100 ms, an NVMe controller tens of µs */
	PAUSE_LAST = 1000000,
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

/* What a device is told to do: to copy, to store in a way of its own, or to fetch a word. */
struct order {
	enum { COPY, OWN, FETCH } what;
	unsigned way;
	uint64_t dst, src;
	size_t len;
};

static int give(struct vfio_device *dev, const struct order *o)
{
	switch (o->what) {
	case COPY:
		return dev->dma->start(dev, o->dst, o->src, o->len);
	case OWN:
		return dev->dma->store(dev, o->way, o->dst);
	case FETCH:
		return dev->dma->fetch(dev, o->src);
	}
	return -EINVAL;
}

static int start(struct vfio_device *dev, const struct order *o)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int err = -EBUSY;

	for (int ms = 0; err == -EBUSY && ms < COPY_LIMIT_MS; ms++) {
		if (ms)
			nanosleep(&pause, NULL);
		err = give(dev, o);
	}
	return err;
}

static int copy(struct vfio_device *dev, uint64_t dst, uint64_t src, size_t len)
{
	const struct order o = { .what = COPY, .dst = dst, .src = src, .len = len };

	return start(dev, &o);
}

static int wait_for(struct vfio_device *const dev[], int count)
{
	struct timespec pause = { .tv_nsec = PAUSE_FIRST };
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
		if (!busy)
			return 0;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < PAUSE_LAST)
			pause.tv_nsec *= 2;
	} while (now_ns() < limit);
	return -ETIMEDOUT;
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

int vfio_sample(uint64_t iova, size_t len, vfio_arrived *arrived, void *arg)
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
			memset(bounce + slot(dev[count]), PIN_NO_BYTES, chunk);
			err = copy(dev[count], bounce_iova + slot(dev[count]), iova + off[count],
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
			err = copy(dev[count], iova + done, bounce_iova + slot(dev[count]), n);
			done += n;
		}
		if (!err)
			err = arrive(dev, count);
		if (err)
			return err;
	}
	return 0;
}

static int fetch(struct vfio_device *dev, uint64_t src)
{
	const struct order o = { .what = FETCH, .src = src };
	int err = dev->dma->fetch ? start(dev, &o) : -ENOENT;

	return err ? err : wait_for(&dev, 1);
}

/* By a device from number *turn on, which moves on. */
static int fetch_in_turn(int *turn, uint64_t src, uint64_t *word)
{
	for (int i = 0; i < vfio.ndevices; i++) {
		struct vfio_device *dev = &vfio.device[*turn];
		int err = fetch(dev, src);

		*turn = (*turn + 1) % vfio.ndevices;
		*word = dev->word;
		if (err != -ENOENT)
			return err;
	}
	return -ENODEV;
}

int vfio_words(uint64_t iova, size_t len, uint16_t nonce, vfio_arrived *arrived, void *arg)
{
	size_t total = len / BASE_PAGE, n = total < WORD_PAGES ? total : WORD_PAGES;
	uint64_t bytes[SECTOR / sizeof(uint64_t)];
	int turn = 0;

	for (size_t i = 0; i < n * PAGE_SECTORS; i++) {
		size_t off =
			spread(i / PAGE_SECTORS, n, total) * BASE_PAGE + i % PAGE_SECTORS * SECTOR;
		uint64_t word;
		int err = fetch_in_turn(&turn, iova + off, &word);

		if (err)
			return err;
		pattern_spread(bytes, ARRAY_SIZE(bytes), 0, pattern_before(word, nonce));
		arrived(arg, off, bytes, SECTOR);
	}
	return 0;
}

/* Whether what the device stores gets to memory that it may write. */
static int reaches(struct vfio_device *dev, struct order o, const void *src)
{
	/* A copy needs a second place: the end of the device's page. */
	size_t at = o.what == COPY ? BASE_PAGE - SECTOR : 0;
	size_t len = o.len < SECTOR ? o.len : SECTOR;
	char *to = bounce + slot(dev) + at;
	int err;

	memcpy(bounce + slot(dev), src, len);
	memset(to, PIN_NO_BYTES, len);
	o.len = len;
	o.dst = bounce_iova + slot(dev) + at;
	err = start(dev, &o);
	if (!err)
		err = wait_for(&dev, 1);
	if (err)
		return err;
	for (size_t i = 0; i < len; i++)
		if (to[i] != (char)PIN_NO_BYTES)
			return o.what == COPY && memcmp(to, src, len) != 0 ? -EIO : 0;
	return -EIO;
}

/*
 * A store that no fault was reported of must have got through; then the model sees it.
 * What can't copy can't tell.
 */
static int faulted(struct vfio_device *dev, long before, const struct order *o, const void *src)
{
	char *to = bounce + slot(dev);
	int err;

	if (before < 0 || o->what != COPY || vfio_fault_came(before))
		return 0;
	memset(to, PIN_NO_BYTES, o->len);
	err = copy(dev, bounce_iova + slot(dev), o->dst, o->len);
	if (!err)
		err = wait_for(&dev, 1);
	if (err || !memcmp(to, src, o->len))
		return err;
	fprintf(stderr,
		"pinfold: vfio: %s: a store to a read-only mapping did not arrive, and the IOMMU "
		"reported no fault\n",
		dev->address);
	return -EIO;
}

static int try_one(struct vfio_device *dev, const struct order *o, const void *src)
{
	int err = reaches(dev, *o, src);
	long before = vfio_faults();

	memcpy(bounce + slot(dev), src, o->len);
	if (!err)
		err = start(dev, o);
	if (!err)
		err = wait_for(&dev, 1);
	if (!err)
		err = faulted(dev, before, o, src);
	return err ? err : reaches(dev, *o, src);
}

int vfio_try(uint64_t iova, const void *src, size_t len, bool own)
{
	for (int i = 0; i < vfio.ndevices; i++) {
		struct vfio_device *dev = &vfio.device[i];
		bool copies = dev->copies && !(own && dev->dma->store);
		size_t most = copies ? chunk_size() : BASE_PAGE;
		struct order o = { .what = copies ? COPY : OWN, .src = bounce_iova + slot(dev) };
		int err = 0;

		o.len = len < most ? len : most;
		/* The first bytes and the last ones by turns. */
		for (; !err; o.way++) {
			o.dst = (i + o.way) % 2 ? iova + len - o.len : iova;
			err = try_one(dev, &o, src);
			if (copies)
				break;
		}
		if (err && (err != -ENOENT || !o.way))
			return err;
	}
	return 0;
}
