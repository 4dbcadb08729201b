/* SPDX-License-Identifier: GPL-2.0-only */
/* The run's VFIO container: the devices that --vfio named, and their mappings. */
#ifndef VFIO_VFIO_H
#define VFIO_VFIO_H

#include "vfio/dma.h"

enum { VFIO_DEVICES_MAX = 8 };

struct vfio_device {
	char address[16]; /* 0000:BB:DD.F */
	int group, fd;	  /* group is -1 when another device's group is the same */
	int group_number;
	uint64_t bar0, config; /* offsets in fd */
	const struct dma_device *dma;
	/* Of the copy in progress, owned by dma: */
	int leg;
	uint64_t dst;
	size_t len;
};

struct vfio {
	int container;
	struct vfio_device device[VFIO_DEVICES_MAX];
	int ndevices;
};

extern struct vfio vfio;

/*
 * Binds and opens the devices of host_options.vfio in one type 1 container; those
 * that no file in vfio/ drives stay with their driver. Returns 0 or -errno, with
 * the reason on standard error; -ENODEV when none was named, -ENOTSUP when none is
 * driven. Then nothing is open.
 */
int vfio_open(void);
void vfio_close(void);

/* Maps memory of the calling process. 0 or the kernel's -errno. */
int vfio_map(uint64_t iova, void *addr, size_t len, bool writable);
/* Unmaps whole mappings inside [iova, iova+len). Returns their bytes or -errno. */
int64_t vfio_unmap(uint64_t iova, size_t len);

/* Registers in BAR 0. Through the descriptor, so actors need no mapping. */
int vfio_read32(const struct vfio_device *dev, uint64_t reg, uint32_t *value);
int vfio_write32(const struct vfio_device *dev, uint64_t reg, uint32_t value);

#endif
