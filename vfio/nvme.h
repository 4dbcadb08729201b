/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of NVMe controllers share; for vfio/nvme*.c only. */
#ifndef VFIO_NVME_H
#define VFIO_NVME_H

#include "core/pin/kinds.h"
#include "vfio/vfio.h"

enum {
	NVME_LOG_PAGE = 0x02,
	NVME_IDENTIFY = 0x06,
	NVME_SET_FEATURES = 0x09,
	NVME_GET_FEATURES = 0x0a,
	NVME_WRITE = 0x01, /* of the scratch namespace's queue, as the next one */
	NVME_READ = 0x02,
	FEATURE_QUEUES = 7,
	FEATURE_TIMESTAMP = 14,
	CNS_NAMESPACE = 0,
	CNS_CONTROLLER = 1,
	NVME_QUEUES = 2, /* admin, and the scratch namespace's */
};

struct command {
	uint8_t opcode, flags;
	uint16_t cid;
	uint32_t nsid, reserved[2];
	uint64_t metadata, prp1, prp2;
	uint32_t dw10, dw11, dw12, dw13, dw14, dw15;
};

struct completion {
	uint32_t result, reserved;
	uint16_t sq_head, sq_id, cid, status; /* bit 0 of status is the phase */
};

struct queue {
	unsigned tail, head, phase;
	uint16_t cid;
	bool busy;
};

/* Mapped for the device, and the same for all actors. */
struct nvme {
	struct command sq[NVME_QUEUES][BASE_PAGE / sizeof(struct command)];
	volatile struct completion cq[NVME_QUEUES][BASE_PAGE / sizeof(struct completion)];
	char data[BASE_PAGE];
	struct queue queue[NVME_QUEUES];
	unsigned stride, nsid;
	bool has_clock, clock_set;
	uint64_t clock_then, then_ns; /* what the controller's clock showed, and when */
};

/* Where the device finds a byte of its struct nvme. */
uint64_t nvme_iova(const struct vfio_device *dev, size_t offset);
/* The namespace that --nvme-scratch names for the device, or 0. */
unsigned nvme_scratch(const char *address);

/* Gives a command to queue 0 or 1 and does not wait. 0, -EBUSY, -errno. */
int nvme_submit(struct vfio_device *dev, int queue, struct command c);
/* 1: not yet; 0 with *status; -errno. */
int nvme_reap(struct vfio_device *dev, int queue, unsigned *status);

struct command nvme_identify(unsigned cns, unsigned nsid, uint64_t to);
/* Of 8 bytes: sets the controller's clock to those there, or stores there what it shows. */
struct command nvme_clock(uint8_t opcode, uint64_t memory);

/* As open and close of struct dma_device. */
int nvme_open(struct vfio_device *dev);
void nvme_close(struct vfio_device *dev);

#endif
