// SPDX-License-Identifier: GPL-2.0-only
/*
 * How NVMe controllers access memory. Copies go through the media, so they take a scratch
 * namespace that was named (--nvme-scratch); no other is written. Every controller stores what
 * it is and what it logs (Identify, Get Log Page). One with a clock takes 8 bytes for its new
 * time (Timestamp), and shows them again, as many milliseconds later as it took to ask.
 */
#include "vfio/nvme.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/util.h"

enum {
	NVME_CLASS = 0x010802,
	REG_VS = 0x08,
	LOG_ERRORS = 1,
	LOG_HEALTH = 2,
	LOG_FIRMWARE = 3,
	LOG_KEEP_EVENTS = 1 << 15, /* nothing that the log reports counts as seen */
	LOG_WORDS = 64 / 4,	   /* of 4 bytes; what all these logs have */
	ALL_NAMESPACES = -1,
	ASK_MS = 40, /* well below the ticks that a word can be told from */
};

enum leg { LEG_NONE, LEG_FETCH, LEG_STORE, LEG_OWN, LEG_CLOCK_SET, LEG_CLOCK_GET };

static bool nvme_matches(uint16_t vendor, uint16_t device, uint32_t class_code)
{
	(void)vendor;
	(void)device;
	return class_code == NVME_CLASS;
}

static bool nvme_can_copy(const char *address, char *why, size_t size)
{
	if (nvme_scratch(address))
		return true;
	snprintf(why, size, "%s copies through a scratch namespace only (--nvme-scratch)", address);
	return false;
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
	return nvme_submit(dev, 1, c);
}

/* What an actor that was killed has left under way. */
static int settle(struct vfio_device *dev, int queue)
{
	const struct nvme *n = dev->shared;
	unsigned status;
	int err = n->queue[queue].busy ? nvme_reap(dev, queue, &status) : 0;

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
	return io(dev, NVME_WRITE, src);
}

static struct command log_page(uint32_t page, uint64_t to)
{
	return (struct command){ .opcode = NVME_LOG_PAGE,
				 .nsid = (uint32_t)ALL_NAMESPACES,
				 .prp1 = to,
				 .dw10 = (LOG_WORDS - 1) << 16 | LOG_KEEP_EVENTS | page };
}

static int nvme_store(struct vfio_device *dev, unsigned way, uint64_t dst)
{
	const struct nvme *n = dev->shared;
	const struct command c[] = { nvme_identify(CNS_CONTROLLER, 0, dst),
				     log_page(LOG_ERRORS, dst), log_page(LOG_HEALTH, dst),
				     log_page(LOG_FIRMWARE, dst),
				     nvme_clock(NVME_GET_FEATURES, dst) };
	int err;

	if (way >= ARRAY_SIZE(c) - !n->has_clock)
		return -ENOENT;
	err = settle(dev, 0);
	if (err)
		return err;
	dev->leg = LEG_OWN;
	return nvme_submit(dev, 0, c[way]);
}

static int nvme_fetch(struct vfio_device *dev, uint64_t src)
{
	struct nvme *n = dev->shared;
	int err = n->has_clock ? settle(dev, 0) : -ENOENT;

	if (err)
		return err;
	n->clock_set = true;
	dev->dst = src;
	dev->since = now_ns();
	dev->leg = LEG_CLOCK_SET;
	return nvme_submit(dev, 0, nvme_clock(NVME_SET_FEATURES, src));
}

/* What the clock shows; once more when that took so long that it tells nothing. */
static int clock_came(struct vfio_device *dev)
{
	const struct nvme *n = dev->shared;
	int err;

	if (now_ns() - dev->since > ASK_MS * 1000000ull) {
		err = nvme_fetch(dev, dev->dst);
		return err ? err : 1;
	}
	memcpy(&dev->word, n->data, sizeof(dev->word));
	return 0;
}

/* A store may end with an error, and does where a device sees that the IOMMU kept it away. */
static int nvme_poll(struct vfio_device *dev)
{
	const struct command show =
		nvme_clock(NVME_GET_FEATURES, nvme_iova(dev, offsetof(struct nvme, data)));
	int leg = dev->leg, queue = leg == LEG_FETCH || leg == LEG_STORE, err;
	unsigned status = 0;

	if (leg == LEG_NONE)
		return 0;
	err = nvme_reap(dev, queue, &status);
	if (err)
		return err;
	dev->leg = LEG_NONE;
	dev->refused = status;
	if (leg == LEG_STORE || leg == LEG_OWN)
		return 0;
	if (status)
		return -EIO;
	if (leg == LEG_CLOCK_GET)
		return clock_came(dev);
	dev->leg = queue ? LEG_STORE : LEG_CLOCK_GET;
	err = queue ? io(dev, NVME_READ, dev->dst) : nvme_submit(dev, 0, show);
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
	.fetch = nvme_fetch,
	.poll = nvme_poll,
	.close = nvme_close,
};
