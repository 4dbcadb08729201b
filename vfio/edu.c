// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's educational device: hw/misc/edu.c and docs/specs/edu.rst there. */
#include <errno.h>

#include "vfio/vfio.h"

enum {
	EDU_VENDOR = 0x1234,
	EDU_DEVICE = 0x11e8,
	EDU_ID = 0x00,
	EDU_ID_VALUE = 0x010000ed,
	EDU_DMA_SRC = 0x80,
	EDU_DMA_DST = 0x88,
	EDU_DMA_COUNT = 0x90,
	EDU_DMA_COMMAND = 0x98,
	EDU_RUN = 1,
	EDU_TO_RAM = 2,
	EDU_BUFFER = 0x40000,
};

enum leg { LEG_NONE, LEG_FETCH, LEG_STORE };

static bool edu_matches(uint16_t vendor, uint16_t device, uint32_t class_code)
{
	(void)class_code;
	return vendor == EDU_VENDOR && device == EDU_DEVICE;
}

static int edu_open(struct vfio_device *dev)
{
	uint32_t id;
	int err = vfio_read32(dev, EDU_ID, &id);

	if (err)
		return err;
	return id == EDU_ID_VALUE ? 0 : -ENODEV;
}

/* 4-byte stores set the whole 64-bit register, so addresses are below 4 GiB. */
static int edu_transfer(struct vfio_device *dev, uint64_t dst, uint64_t src, unsigned flags)
{
	int err = vfio_write32(dev, EDU_DMA_SRC, (uint32_t)src);

	if (!err)
		err = vfio_write32(dev, EDU_DMA_DST, (uint32_t)dst);
	if (!err)
		err = vfio_write32(dev, EDU_DMA_COUNT, (uint32_t)dev->len);
	if (!err)
		err = vfio_write32(dev, EDU_DMA_COMMAND, EDU_RUN | flags);
	return err;
}

static int edu_busy(struct vfio_device *dev)
{
	uint32_t command;
	int err = vfio_read32(dev, EDU_DMA_COMMAND, &command);

	if (err)
		return err;
	return command & EDU_RUN ? 1 : 0;
}

static int edu_start(struct vfio_device *dev, uint64_t dst, uint64_t src, size_t len)
{
	int busy = edu_busy(dev);

	if (busy)
		return busy < 0 ? busy : -EBUSY;
	dev->dst = dst;
	dev->len = len;
	dev->leg = LEG_FETCH;
	return edu_transfer(dev, EDU_BUFFER, src, 0);
}

static int edu_poll(struct vfio_device *dev)
{
	int busy = edu_busy(dev);
	int err;

	if (busy || dev->leg == LEG_NONE)
		return busy;
	if (dev->leg == LEG_STORE) {
		dev->leg = LEG_NONE;
		return 0;
	}
	dev->leg = LEG_STORE;
	err = edu_transfer(dev, dev->dst, EDU_BUFFER, EDU_TO_RAM);
	return err ? err : 1;
}

const struct dma_device dma_edu = {
	.name = "edu",
	/* QEMU 7.2 aborts on a transfer that ends at the end of the 4096-byte buffer. */
	.max = 2048,
	.steady = EDU_ID,
	.matches = edu_matches,
	.open = edu_open,
	.start = edu_start,
	.poll = edu_poll,
};
