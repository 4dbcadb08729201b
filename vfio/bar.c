// SPDX-License-Identifier: GPL-2.0-only
/* BAR 0 of the devices, as a process maps it; transfers go through the descriptor. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/need/ring.h"
#include "core/pin/pin.h"
#include "vfio/vfio.h"

/* The same register by the mapping and by the descriptor. */
static int registers_agree(const struct ring *r)
{
	const struct vfio_device *dev = r->of;
	uint32_t mapped = *(const volatile uint32_t *)(r->addr + dev->dma->steady), value;
	int err = vfio_read32(dev, dev->dma->steady, &value);

	if (err)
		return err;
	return mapped == value ? 0 : -ENXIO;
}

static bool can_be_mapped(const struct vfio_device *dev)
{
	struct vfio_region_info info = { .argsz = sizeof(info),
					 .index = VFIO_PCI_BAR0_REGION_INDEX };

	return !ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &info) && info.size >= BASE_PAGE &&
	       info.flags & VFIO_REGION_INFO_FLAG_MMAP;
}

int vfio_device_memory(struct pin *p, struct ring *r, int max)
{
	int n = 0;

	(void)p;
	for (int i = 0; i < vfio.ndevices && n < max; i++) {
		struct vfio_device *dev = &vfio.device[i];
		void *at;

		if (!can_be_mapped(dev))
			continue;
		at = mmap(NULL, BASE_PAGE, PROT_READ, MAP_SHARED, dev->fd, (off_t)dev->bar0);
		if (at == MAP_FAILED) {
			int err = -errno;

			while (n)
				ring_close(&r[--n]);
			return err;
		}
		r[n++] = (struct ring){
			.addr = at, .len = BASE_PAGE, .fd = -1, .of = dev, .use = registers_agree
		};
	}
	return n ? n : -ENOLINK;
}

int vfio_device_switch(bool on)
{
	for (int i = 0; i < vfio.ndevices; i++) {
		const off_t at = (off_t)vfio.device[i].config + PCI_COMMAND;
		uint16_t command;

		if (pread(vfio.device[i].fd, &command, sizeof(command), at) != sizeof(command))
			return -EIO;
		command = (uint16_t)(on ? command | PCI_COMMAND_MEMORY :
					  command & ~PCI_COMMAND_MEMORY);
		if (pwrite(vfio.device[i].fd, &command, sizeof(command), at) != sizeof(command))
			return -EIO;
	}
	return 0;
}
