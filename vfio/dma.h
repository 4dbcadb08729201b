/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI devices that pinfold can make access memory: one file each, see edu.c. */
#ifndef VFIO_DMA_H
#define VFIO_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vfio_device;

struct dma_device {
	const char *name;
	size_t max; /* bytes of one copy at most, a multiple of SECTOR */
	/* A register of 4 bytes in the first page of BAR 0 that keeps its value. */
	unsigned steady;

	bool (*matches)(uint16_t vendor, uint16_t device, uint32_t class_code);
	/*
	 * Whether it can copy any bytes: for some it takes more than to be named. NULL:
	 * always. Asked before open, and start is called only when it can.
	 */
	bool (*can_copy)(const char *address, char *why, size_t size);
	/* In the runner; bus mastering is on, registers can be reached. 0 or -errno. */
	int (*open)(struct vfio_device *dev);
	/*
	 * Begins to copy len bytes between two IOVAs (below 4 GiB) and does not wait.
	 * 0 or -errno; -EBUSY while it is busy, perhaps for an actor that was killed.
	 */
	int (*start)(struct vfio_device *dev, uint64_t dst, uint64_t src, size_t len);
	/*
	 * Begins to store bytes of its own choice at an IOVA, at most a page, in one of
	 * several ways, from 0; -ENOENT: it has no such. NULL: it can but copy.
	 */
	int (*store)(struct vfio_device *dev, unsigned way, uint64_t dst);
	/*
	 * Begins to take the 8 bytes at an IOVA. When that is over, dev->word has their
	 * low 48 bits as a number that grew by less than WORD_TICKS. -ENOENT: it has no
	 * such command. NULL: as that.
	 */
	int (*fetch)(struct vfio_device *dev, uint64_t src);
	/*
	 * 1: busy; 0: the transfer is over and what it stored can be seen, or the IOMMU
	 * kept it away; -errno. Does not sleep.
	 */
	int (*poll)(struct vfio_device *dev);
	void (*close)(struct vfio_device *dev); /* may be NULL */
};

/* All devices, NULL-terminated. */
extern const struct dma_device *const dma_devices[];

extern const struct dma_device dma_edu, dma_nvme;

#endif
