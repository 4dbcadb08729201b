// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/guard/guard.h"
#include "core/need/need.h"
#include "vfio/vfio.h"

struct vfio vfio;

const struct dma_device *const dma_devices[] = { &dma_edu, &dma_nvme, NULL };

static int complain(const char *who, const char *what, int err)
{
	fprintf(stderr, "pinfold: vfio: %s: %s: %s\n", who, what, errno_name(-err));
	return err;
}

static int sysfs_hex(const char *address, const char *name, uint32_t *value)
{
	char path[128], text[32];
	int n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, name);
	n = file_read(path, text, sizeof(text));
	if (n < 0)
		return n;
	*value = (uint32_t)strtoul(text, NULL, 16);
	return 0;
}

static int find_driver(struct vfio_device *dev)
{
	uint32_t vendor, device, class_code = 0;
	int err = sysfs_hex(dev->address, "vendor", &vendor);

	if (!err)
		err = sysfs_hex(dev->address, "device", &device);
	if (!err)
		err = sysfs_hex(dev->address, "class", &class_code);
	if (err)
		return err;
	for (int i = 0; dma_devices[i]; i++) {
		if (dma_devices[i]->matches((uint16_t)vendor, (uint16_t)device, class_code)) {
			dev->dma = dma_devices[i];
			return 0;
		}
	}
	return -ENOTSUP;
}

static int region_offset(const struct vfio_device *dev, unsigned index, uint64_t *offset)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		return -errno;
	*offset = info.offset;
	return 0;
}

static int start_device(struct vfio_device *dev)
{
	const uint16_t wanted = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	char why[200];
	uint16_t command;
	off_t at;
	int err = region_offset(dev, VFIO_PCI_BAR0_REGION_INDEX, &dev->bar0);

	if (!err)
		err = region_offset(dev, VFIO_PCI_CONFIG_REGION_INDEX, &dev->config);
	if (err)
		return err;
	at = (off_t)dev->config + PCI_COMMAND;
	if (pread(dev->fd, &command, sizeof(command), at) != sizeof(command))
		return -EIO;
	command |= wanted;
	if (pwrite(dev->fd, &command, sizeof(command), at) != sizeof(command))
		return -EIO;
	dev->copies = !dev->dma->can_copy || dev->dma->can_copy(dev->address, why, sizeof(why));
	return dev->dma->open(dev);
}

static void close_device(struct vfio_device *dev)
{
	if (dev->fd >= 0 && dev->dma->close)
		dev->dma->close(dev);
	vfio.backend->detach(dev);
}

static int open_device(const char *address)
{
	struct vfio_device *dev = &vfio.device[vfio.ndevices];
	const char *what = "no device file in vfio/ drives it";
	int err;

	*dev = (struct vfio_device){ .index = vfio.ndevices, .group = -1, .fd = -1 };
	snprintf(dev->address, sizeof(dev->address), "%s", address);
	err = find_driver(dev);
	if (!err && (what = "bind to vfio-pci"))
		err = guard_bind_vfio(address);
	if (!err)
		err = vfio.backend->attach(dev, &what);
	if (!err && (what = "start"))
		err = start_device(dev);
	if (!err) {
		vfio.ndevices++;
		return 0;
	}
	close_device(dev);
	return complain(address, what, err);
}

/* A device that no file drives is left alone: another mechanism may want it. */
static bool is_driven(const char *address)
{
	struct vfio_device dev = { .fd = -1 };

	snprintf(dev.address, sizeof(dev.address), "%s", address);
	return find_driver(&dev) != -ENOTSUP;
}

int vfio_open(const struct vfio_backend *backend)
{
	char list[sizeof(host_options.vfio)], *save = NULL;
	const char *what = "open";
	bool named = false;
	int err;

	snprintf(list, sizeof(list), "%s", host_options.vfio);
	vfio.backend = backend;
	err = backend->open(&what);
	if (err)
		complain(backend->name, what, err);
	for (char *a = strtok_r(list, ",", &save); !err && a; a = strtok_r(NULL, ",", &save)) {
		named = true;
		if (is_driven(a))
			err = vfio.ndevices < VFIO_DEVICES_MAX ? open_device(a) : -E2BIG;
	}
	if (!err && !vfio.ndevices)
		err = named ? -ENOTSUP : -ENODEV;
	if (err)
		vfio_close();
	return err;
}

void vfio_close(void)
{
	for (int i = 0; i < vfio.ndevices; i++)
		close_device(&vfio.device[i]);
	vfio.ndevices = 0;
	if (vfio.backend)
		vfio.backend->close();
	vfio.backend = NULL;
}

int vfio_map(uint64_t iova, void *addr, size_t len, bool writable)
{
	return vfio.backend->map(iova, addr, len, writable);
}

int64_t vfio_unmap(uint64_t iova, size_t len)
{
	return vfio.backend->unmap(iova, len);
}

int vfio_read32(const struct vfio_device *dev, uint64_t reg, uint32_t *value)
{
	ssize_t n = pread(dev->fd, value, sizeof(*value), (off_t)(dev->bar0 + reg));

	return n == sizeof(*value) ? 0 : -EIO;
}

int vfio_write32(const struct vfio_device *dev, uint64_t reg, uint32_t value)
{
	ssize_t n = pwrite(dev->fd, &value, sizeof(value), (off_t)(dev->bar0 + reg));

	return n == sizeof(value) ? 0 : -EIO;
}
