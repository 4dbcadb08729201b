// SPDX-License-Identifier: GPL-2.0-only
/* Brings an NVMe controller up and down (NVM Express Base Specification, sections 3.1 and 5). */
#include "vfio/nvme.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/util.h"
#include "core/need/need.h"

enum {
	REG_CAP = 0x00,
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
	CREATE_SQ = 0x01,
	CREATE_CQ = 0x05,
	ONCS_AT = 520, /* of what Identify Controller stores */
	ONCS_TIMESTAMP = 1 << 6,
	DEPTH = 8,
	RESET_MS = 10000,
	COMMAND_MS = 5000,
	SCRATCH_BLOCKS = BASE_PAGE / SECTOR, /* the first ones of the namespace */
};

uint64_t nvme_iova(const struct vfio_device *dev, size_t offset)
{
	return 0x0c000000 + (uint64_t)dev->index * 0x100000 + offset;
}

static uint64_t data_iova(const struct vfio_device *dev)
{
	return nvme_iova(dev, offsetof(struct nvme, data));
}

static size_t shared_len(void)
{
	return (sizeof(struct nvme) + BASE_PAGE - 1) / BASE_PAGE * BASE_PAGE;
}

unsigned nvme_scratch(const char *address)
{
	const char *at = strstr(host_options.nvme_scratch, address);

	return at ? (unsigned)strtoul(at + strlen(address) + 1, NULL, 10) : 0;
}

static int doorbell(struct vfio_device *dev, int queue, bool completions, unsigned value)
{
	const struct nvme *n = dev->shared;
	uint64_t at = REG_DOORBELLS + (uint64_t)(2 * queue + completions) * n->stride;

	return vfio_write32(dev, at, value);
}

int nvme_submit(struct vfio_device *dev, int queue, struct command c)
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

int nvme_reap(struct vfio_device *dev, int queue, unsigned *status)
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
	int err = nvme_submit(dev, 0, c);
	unsigned status = 0;

	for (int ms = 0; !err && ms < COMMAND_MS; ms++) {
		err = nvme_reap(dev, 0, &status);
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

struct command nvme_identify(unsigned cns, unsigned nsid, uint64_t to)
{
	return (struct command){ .opcode = NVME_IDENTIFY, .nsid = nsid, .prp1 = to, .dw10 = cns };
}

struct command nvme_clock(uint8_t opcode, uint64_t memory)
{
	return (struct command){ .opcode = opcode, .prp1 = memory, .dw10 = FEATURE_TIMESTAMP };
}

/* Blocks of a sector and no metadata: what the model's sectors need. */
static int check_namespace(struct vfio_device *dev, unsigned nsid)
{
	const struct nvme *n = dev->shared;
	unsigned format, metadata, log_size;
	uint64_t blocks;
	int err = admin(dev, nvme_identify(CNS_NAMESPACE, nsid, data_iova(dev)));

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
	const struct command cq = { .opcode = CREATE_CQ,
				    .prp1 = nvme_iova(dev, offsetof(struct nvme, cq[1])),
				    .dw10 = (DEPTH - 1) << 16 | 1,
				    .dw11 = 1 };
	const struct command sq = { .opcode = CREATE_SQ,
				    .prp1 = nvme_iova(dev, offsetof(struct nvme, sq[1])),
				    .dw10 = (DEPTH - 1) << 16 | 1,
				    .dw11 = 1 << 16 | 1 };
	const struct command one_each = { .opcode = NVME_SET_FEATURES, .dw10 = FEATURE_QUEUES };
	int err = admin(dev, one_each);

	if (!err)
		err = admin(dev, cq);
	return err ? err : admin(dev, sq);
}

/* What the controller is, and what its clock shows before anything sets it. */
static int look_at(struct vfio_device *dev)
{
	struct nvme *n = dev->shared;
	int err = admin(dev, nvme_identify(CNS_CONTROLLER, 0, data_iova(dev)));

	if (err)
		return err;
	n->has_clock = n->data[ONCS_AT] & ONCS_TIMESTAMP;
	if (!n->has_clock)
		return 0;
	err = admin(dev, nvme_clock(NVME_GET_FEATURES, data_iova(dev)));
	memcpy(&n->clock_then, n->data, sizeof(n->clock_then));
	n->then_ns = now_ns();
	return err;
}

/*
 * Any reset ends what was set here, and a driver that takes the device resets it and sets the
 * clock anew; this is for a controller that keeps it, and for one without a driver.
 */
static void restore_clock(struct vfio_device *dev)
{
	const uint64_t low = ((uint64_t)1 << 48) - 1;
	struct nvme *n = dev->shared;
	uint64_t clock = (n->clock_then + (now_ns() - n->then_ns) / 1000000) & low;
	unsigned status;

	if (!n->clock_set || (n->queue[0].busy && nvme_reap(dev, 0, &status)))
		return;
	memcpy(n->data, &clock, sizeof(clock));
	admin(dev, nvme_clock(NVME_SET_FEATURES, data_iova(dev)));
}

int nvme_open(struct vfio_device *dev)
{
	unsigned nsid = nvme_scratch(dev->address);
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
		err = look_at(dev);
	if (!err && nsid)
		err = check_namespace(dev, nsid);
	return err || !nsid ? err : create_queues(dev);
}

void nvme_close(struct vfio_device *dev)
{
	if (!dev->shared)
		return;
	restore_clock(dev);
	if (!vfio_write32(dev, REG_CC, 0))
		wait_ready(dev, 0);
	vfio_unmap(nvme_iova(dev, 0), shared_len());
	pin_free(dev->shared, shared_len());
	dev->shared = NULL;
}
