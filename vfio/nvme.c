// SPDX-License-Identifier: GPL-2.0-only
/*
 * NVMe controllers (NVM Express Base Specification, sections 3.1 and 5): Identify
 * stores a page that the controller chooses. Copies go through the media, so they
 * take a scratch namespace that was named (--nvme-scratch); no other is written.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/util.h"
#include "core/need/need.h"
#include "core/pin/kinds.h"
#include "vfio/vfio.h"

enum {
	NVME_CLASS = 0x010802,
	REG_CAP = 0x00,
	REG_VS = 0x08,
	REG_CC = 0x14,
	REG_CSTS = 0x1c,
	REG_AQA = 0x24,
	REG_ASQ = 0x28,
	REG_ACQ = 0x30,
	REG_DOORBELLS = 0x1000,
	CC_ENABLE = 1,
	CC_ENTRY_SIZES = 6 << 16 | 4 << 20, /* 64 and 16 bytes */
	CSTS_READY = 1,
	CSTS_FATAL = 2,
	ADMIN_CREATE_SQ = 0x01,
	ADMIN_CREATE_CQ = 0x05,
	ADMIN_IDENTIFY = 0x06,
	ADMIN_SET_FEATURES = 0x09,
	FEATURE_QUEUES = 7,
	IO_WRITE = 0x01,
	IO_READ = 0x02,
	CNS_NAMESPACE = 0,
	CNS_CONTROLLER = 1,
	DEPTH = 8,
	QUEUES = 2, /* admin, and the scratch namespace's */
	RESET_MS = 10000,
	COMMAND_MS = 5000,
	SCRATCH_BLOCKS = BASE_PAGE / SECTOR, /* the first ones of the namespace */
};

enum leg { LEG_NONE, LEG_FETCH, LEG_STORE, LEG_IDENTIFY };

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
	struct command sq[QUEUES][BASE_PAGE / sizeof(struct command)];
	volatile struct completion cq[QUEUES][BASE_PAGE / sizeof(struct completion)];
	char data[BASE_PAGE];
	struct queue queue[QUEUES];
	unsigned stride, nsid;
};

static uint64_t nvme_iova(const struct vfio_device *dev, size_t offset)
{
	return 0x0c000000 + (uint64_t)dev->index * 0x100000 + offset;
}

static size_t shared_len(void)
{
	return (sizeof(struct nvme) + BASE_PAGE - 1) / BASE_PAGE * BASE_PAGE;
}

static bool nvme_matches(uint16_t vendor, uint16_t device, uint32_t class_code)
{
	(void)vendor;
	(void)device;
	return class_code == NVME_CLASS;
}

/* The namespace that --nvme-scratch names for the device, or 0. */
static unsigned scratch_of(const char *address)
{
	const char *at = strstr(host_options.nvme_scratch, address);

	return at ? (unsigned)strtoul(at + strlen(address) + 1, NULL, 10) : 0;
}

static bool nvme_can_copy(const char *address, char *why, size_t size)
{
	if (scratch_of(address))
		return true;
	snprintf(why, size, "%s copies through a scratch namespace only (--nvme-scratch)", address);
	return false;
}

static int doorbell(struct vfio_device *dev, int queue, bool completions, unsigned value)
{
	const struct nvme *n = dev->shared;
	uint64_t at = REG_DOORBELLS + (uint64_t)(2 * queue + completions) * n->stride;

	return vfio_write32(dev, at, value);
}

static int submit(struct vfio_device *dev, int queue, struct command c)
{
	struct nvme *n = dev->shared;
	struct queue *q = &n->queue[queue];

	if (q->busy)
		return -EBUSY;
	c.cid = ++q->cid;
	n->sq[queue][q->tail] = c;
	q->tail = (q->tail + 1) % DEPTH;
	q->busy = true;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return doorbell(dev, queue, false, q->tail);
}

/* 1: not yet; 0 with *status; -errno. */
static int reap(struct vfio_device *dev, int queue, unsigned *status)
{
	struct nvme *n = dev->shared;
	struct queue *q = &n->queue[queue];
	const volatile struct completion *c = &n->cq[queue][q->head];

	if ((c->status & 1u) == q->phase)
		return 1;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*status = c->status >> 1;
	q->head = (q->head + 1) % DEPTH;
	if (!q->head)
		q->phase ^= 1;
	q->busy = false;
	return doorbell(dev, queue, true, q->head);
}

static void pause_1ms(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	nanosleep(&pause, NULL);
}

/* An admin command and its end; a status is -EIO. */
static int admin(struct vfio_device *dev, struct command c)
{
	int err = submit(dev, 0, c);
	unsigned status = 0;

	for (int ms = 0; !err && ms < COMMAND_MS; ms++) {
		err = reap(dev, 0, &status);
		if (err <= 0)
			return err ? err : status ? -EIO : 0;
		err = 0;
		pause_1ms();
	}
	return err ? err : -ETIMEDOUT;
}

static int wait_ready(struct vfio_device *dev, unsigned wanted)
{
	for (int ms = 0; ms < RESET_MS; ms++) {
		uint32_t status;
		int err = vfio_read32(dev, REG_CSTS, &status);

		if (err)
			return err;
		if (wanted && status & CSTS_FATAL)
			return -EIO;
		if ((status & CSTS_READY) == wanted)
			return 0;
		pause_1ms();
	}
	return -ETIMEDOUT;
}

static int write64(struct vfio_device *dev, uint64_t reg, uint64_t value)
{
	int err = vfio_write32(dev, reg, (uint32_t)value);

	return err ? err : vfio_write32(dev, reg + 4, (uint32_t)(value >> 32));
}

static int enable(struct vfio_device *dev)
{
	struct nvme *n = dev->shared;
	uint32_t high;
	int err = vfio_write32(dev, REG_CC, 0);

	if (!err)
		err = wait_ready(dev, 0);
	if (!err)
		err = vfio_read32(dev, REG_CAP + 4, &high);
	if (err)
		return err;
	if (high >> 16 & 0xf)
		return -ENOTSUP; /* its pages are larger than ours */
	n->stride = 4u << (high & 0xf);
	err = vfio_write32(dev, REG_AQA, (DEPTH - 1) << 16 | (DEPTH - 1));
	if (!err)
		err = write64(dev, REG_ASQ, nvme_iova(dev, offsetof(struct nvme, sq[0])));
	if (!err)
		err = write64(dev, REG_ACQ, nvme_iova(dev, offsetof(struct nvme, cq[0])));
	if (!err)
		err = vfio_write32(dev, REG_CC, CC_ENTRY_SIZES | CC_ENABLE);
	return err ? err : wait_ready(dev, CSTS_READY);
}

static int identify(struct vfio_device *dev, unsigned cns, unsigned nsid)
{
	const struct command c = { .opcode = ADMIN_IDENTIFY,
				   .nsid = nsid,
				   .prp1 = nvme_iova(dev, offsetof(struct nvme, data)),
				   .dw10 = cns };

	return admin(dev, c);
}

/* Blocks of a sector and no metadata: what the model's sectors need. */
static int check_namespace(struct vfio_device *dev, unsigned nsid)
{
	const struct nvme *n = dev->shared;
	unsigned format, metadata, log_size;
	uint64_t blocks;
	int err = identify(dev, CNS_NAMESPACE, nsid);

	if (err)
		return err;
	memcpy(&blocks, n->data, sizeof(blocks));
	format = (unsigned char)n->data[26] & 0xf;
	metadata = (unsigned char)n->data[128 + 4 * format] |
		   (unsigned)(unsigned char)n->data[129 + 4 * format] << 8;
	log_size = (unsigned char)n->data[130 + 4 * format];
	if (blocks >= SCRATCH_BLOCKS && !metadata && 1u << log_size == SECTOR)
		return 0;
	fprintf(stderr,
		"pinfold: vfio: %s: namespace %u: expected at least %d blocks of %d bytes and no "
		"metadata, got %llu of %llu and %u\n",
		dev->address, nsid, SCRATCH_BLOCKS, SECTOR, (unsigned long long)blocks,
		1ull << log_size, metadata);
	return -EMEDIUMTYPE;
}

static int create_queues(struct vfio_device *dev)
{
	const struct command cq = { .opcode = ADMIN_CREATE_CQ,
				    .prp1 = nvme_iova(dev, offsetof(struct nvme, cq[1])),
				    .dw10 = (DEPTH - 1) << 16 | 1,
				    .dw11 = 1 };
	const struct command sq = { .opcode = ADMIN_CREATE_SQ,
				    .prp1 = nvme_iova(dev, offsetof(struct nvme, sq[1])),
				    .dw10 = (DEPTH - 1) << 16 | 1,
				    .dw11 = 1 << 16 | 1 };
	const struct command one_each = { .opcode = ADMIN_SET_FEATURES, .dw10 = FEATURE_QUEUES };
	int err = admin(dev, one_each);

	if (!err)
		err = admin(dev, cq);
	return err ? err : admin(dev, sq);
}

static int nvme_open(struct vfio_device *dev)
{
	unsigned nsid = scratch_of(dev->address);
	struct nvme *n = pin_alloc(shared_len());
	int err = n ? vfio_map(nvme_iova(dev, 0), n, shared_len(), true) : -ENOMEM;

	if (err) {
		pin_free(n, shared_len());
		return err;
	}
	dev->shared = n;
	n->nsid = nsid;
	err = enable(dev);
	if (!err)
		err = identify(dev, CNS_CONTROLLER, 0);
	if (!err && nsid)
		err = check_namespace(dev, nsid);
	return err || !nsid ? err : create_queues(dev);
}

static void nvme_close(struct vfio_device *dev)
{
	if (!dev->shared)
		return;
	if (!vfio_write32(dev, REG_CC, 0))
		wait_ready(dev, 0);
	vfio_unmap(nvme_iova(dev, 0), shared_len());
	pin_free(dev->shared, shared_len());
	dev->shared = NULL;
}

static int io(struct vfio_device *dev, uint8_t opcode, uint64_t memory)
{
	const struct nvme *n = dev->shared;
	struct command c = { .opcode = opcode,
			     .nsid = n->nsid,
			     .prp1 = memory,
			     .dw12 = (uint32_t)(dev->len / SECTOR - 1) };

	if (memory % BASE_PAGE + dev->len > BASE_PAGE)
		c.prp2 = memory / BASE_PAGE * BASE_PAGE + BASE_PAGE;
	return submit(dev, 1, c);
}

/* What an actor that was killed has left under way. */
static int settle(struct vfio_device *dev, int queue)
{
	const struct nvme *n = dev->shared;
	unsigned status;
	int err = n->queue[queue].busy ? reap(dev, queue, &status) : 0;

	return err == 1 ? -EBUSY : err;
}

static int nvme_start(struct vfio_device *dev, uint64_t dst, uint64_t src, size_t len)
{
	int err = settle(dev, 1);

	if (err)
		return err;
	dev->dst = dst;
	dev->len = len;
	dev->leg = LEG_FETCH;
	return io(dev, IO_WRITE, src);
}

static int nvme_store(struct vfio_device *dev, uint64_t dst)
{
	const struct command c = { .opcode = ADMIN_IDENTIFY, .prp1 = dst, .dw10 = CNS_CONTROLLER };
	int err = settle(dev, 0);

	if (err)
		return err;
	dev->leg = LEG_IDENTIFY;
	return submit(dev, 0, c);
}

/* The last leg may end with an error, and does where a device sees that the IOMMU kept it away. */
static int nvme_poll(struct vfio_device *dev)
{
	int last = dev->leg, err;
	unsigned status = 0;

	if (last == LEG_NONE)
		return 0;
	err = reap(dev, last == LEG_IDENTIFY ? 0 : 1, &status);
	if (err)
		return err;
	dev->leg = LEG_NONE;
	dev->refused = status;
	if (last != LEG_FETCH)
		return 0;
	if (status)
		return -EIO;
	dev->leg = LEG_STORE;
	err = io(dev, IO_READ, dev->dst);
	return err ? err : 1;
}

const struct dma_device dma_nvme = {
	.name = "nvme",
	.max = BASE_PAGE,
	.steady = REG_VS,
	.matches = nvme_matches,
	.can_copy = nvme_can_copy,
	.open = nvme_open,
	.start = nvme_start,
	.store = nvme_store,
	.poll = nvme_poll,
	.close = nvme_close,
};
