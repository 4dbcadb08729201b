/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices that --vfio named, and the mappings of the interface that has them open. */
#ifndef VFIO_VFIO_H
#define VFIO_VFIO_H

#include "vfio/dma.h"

enum { VFIO_DEVICES_MAX = 8 };

struct vfio_device {
	char address[16]; /* 0000:BB:DD.F */
	int index;	  /* in struct vfio */
	int group, fd;	  /* group is -1 when another device's group is the same */
	int group_number;
	uint64_t bar0, config; /* offsets in fd */
	const struct dma_device *dma;
	bool copies; /* dma->can_copy() */
	/* Owned by dma: what actors share, and of the transfer in progress */
	void *shared;
	int leg;
	uint64_t dst;
	size_t len;
	bool refused;	      /* the last store ended with an error of the device */
	uint64_t since, word; /* of a fetch */
};

/* An interface of the kernel to attach devices and to map memory for them. */
struct vfio_backend {
	const char *name;
	/* All return 0 or -errno; what names the step that failed. */
	int (*open)(const char **what);
	int (*attach)(struct vfio_device *dev, const char **what); /* sets dev->fd */
	void (*detach)(struct vfio_device *dev); /* accepts what attach left half done */
	void (*close)(void);
	int (*map)(uint64_t iova, void *addr, size_t len, bool writable);
	int64_t (*unmap)(uint64_t iova, size_t len);
};

extern const struct vfio_backend vfio_type1, vfio_iommufd;

struct vfio {
	const struct vfio_backend *backend; /* NULL: nothing is open */
	struct vfio_device device[VFIO_DEVICES_MAX];
	int ndevices;
};

extern struct vfio vfio;

/*
 * Binds and opens the devices of host_options.vfio; those that no file in vfio/
 * drives stay with their driver. Returns 0 or -errno, with the reason on standard
 * error; -ENODEV when none was named, -ENOTSUP when none is driven. Then nothing
 * is open.
 */
int vfio_open(const struct vfio_backend *backend);
void vfio_close(void);

/* Maps memory of the calling process. 0 or the kernel's -errno. */
int vfio_map(uint64_t iova, void *addr, size_t len, bool writable);
/* Unmaps whole mappings inside [iova, iova+len). Returns their bytes or -errno. */
int64_t vfio_unmap(uint64_t iova, size_t len);

/* Registers in BAR 0. Through the descriptor, so actors need no mapping. */
int vfio_read32(const struct vfio_device *dev, uint64_t reg, uint32_t *value);
int vfio_write32(const struct vfio_device *dev, uint64_t reg, uint32_t value);

struct pin;
struct ring;
/* bar.c: calls of struct pin_kind. */
int vfio_device_memory(struct pin *p, struct ring *r, int max);
int vfio_device_switch(bool on);

/* --- transfer.c: transfers by all devices, for mechanisms --- */

/*
 * Memory for transfers, mapped for the devices and shared with all actors: one page
 * for each device, at slot(device's index).
 */
int vfio_bounce_open(void);
void vfio_bounce_close(void);

typedef void vfio_arrived(void *arg, size_t off, const void *bytes, size_t len);

/* A sample of [iova, iova+len), all devices in turn: calls arrived for each chunk. */
int vfio_sample(uint64_t iova, size_t len, vfio_arrived *arrived, void *arg);
/* Stores len bytes at iova. */
int vfio_store(uint64_t iova, const void *src, size_t len);
/*
 * Each device tries to store to [iova, iova+len), which may be mapped for reading
 * only; src is what those store that can be told; with own set each stores what it
 * chooses, in all its ways, if it has any. Right before and after it stores
 * to memory that it may write: 0 only when that arrived, and when the IOMMU reported
 * a fault of each store of src that did not, where its reports are counted.
 */
int vfio_try(uint64_t iova, const void *src, size_t len, bool own);

/*
 * As vfio_sample(), for devices that only fetch words, in turn: of each sector they
 * bring the first 8 bytes, but for the cell's nonce, and the rest is taken as stored
 * with them. Of a long range it is a sample of pages.
 */
int vfio_words(uint64_t iova, size_t len, uint16_t nonce, vfio_arrived *arrived, void *arg);

/* fault.c: faults that IOMMUs reported so far, or -1 where that is not known. */
long vfio_faults(void);
/* Whether that number grows, within half a second. */
bool vfio_fault_came(long before);

/*
 * An iommufd with an IO address space, the mock domain of the selftest attached to
 * it and an access of it. The descriptors are -1 or to be closed, access first; 0 or
 * -errno.
 */
int iommufd_mock_open(int *iommu, int *access, uint32_t *ioas);

#endif
