// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/guard/guard.h"
#include "core/need/need.h"
#include "core/base/util.h"
#include "vfio/vfio.h"

struct vfio vfio = { .container = -1 };

const struct dma_device *const dma_devices[] = { &dma_edu, NULL };

static int complain(const char *who, const char *what, int err)
{
	fprintf(stderr, "pinfold: vfio: %s: %s: %s\n", who, what, errno_name(-err));
	return err;
}

static int sysfs_hex(const char *address, const char *name, uint16_t *value)
{
	char path[128], text[32];
	int n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, name);
	n = file_read(path, text, sizeof(text));
	if (n < 0)
		return n;
	*value = (uint16_t)strtoul(text, NULL, 16);
	return 0;
}

static int find_driver(struct vfio_device *dev)
{
	uint16_t vendor, device;
	int err = sysfs_hex(dev->address, "vendor", &vendor);

	if (!err)
		err = sysfs_hex(dev->address, "device", &device);
	if (err)
		return err;
	for (int i = 0; dma_devices[i]; i++) {
		if (dma_devices[i]->matches(vendor, device)) {
			dev->dma = dma_devices[i];
			return 0;
		}
	}
	return -ENOTSUP;
}

static int find_group(struct vfio_device *dev)
{
	char path[128], target[256];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", dev->address);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	dev->group_number = atoi(slash ? slash + 1 : target);
	return 0;
}

static int group_fd(int number)
{
	for (int i = 0; i < vfio.ndevices; i++) {
		if (vfio.device[i].group_number == number && vfio.device[i].group >= 0)
			return vfio.device[i].group;
	}
	return -1;
}

static int open_group(struct vfio_device *dev)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", dev->group_number);
	dev->group = open(path, O_RDWR | O_CLOEXEC);
	if (dev->group < 0)
		return -errno;
	if (ioctl(dev->group, VFIO_GROUP_GET_STATUS, &status))
		return -errno;
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return -EPERM;
	if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &vfio.container))
		return -errno;
	if (!vfio.ndevices && ioctl(vfio.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	return 0;
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
	return dev->dma->open(dev);
}

static void close_device(struct vfio_device *dev)
{
	if (dev->fd >= 0 && dev->dma->close)
		dev->dma->close(dev);
	close_fd(&dev->fd);
	close_fd(&dev->group);
}

static int open_device(const char *address)
{
	struct vfio_device *dev = &vfio.device[vfio.ndevices];
	const char *what = "no device file in vfio/ drives it";
	int err, group;

	*dev = (struct vfio_device){ .group = -1, .fd = -1 };
	snprintf(dev->address, sizeof(dev->address), "%s", address);
	err = find_driver(dev);
	if (!err && (what = "bind to vfio-pci"))
		err = guard_bind_vfio(address);
	if (!err && (what = "IOMMU group"))
		err = find_group(dev);
	if (!err && (what = "open its IOMMU group")) {
		group = group_fd(dev->group_number);
		if (group < 0) {
			err = open_group(dev);
			group = dev->group;
		}
	}
	if (!err && (what = "open")) {
		dev->fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, address);
		if (dev->fd < 0)
			err = -errno;
	}
	if (!err && (what = "start"))
		err = start_device(dev);
	if (!err) {
		vfio.ndevices++;
		return 0;
	}
	close_device(dev);
	return complain(address, what, err);
}

static int open_container(void)
{
	vfio.container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (vfio.container < 0)
		return complain("/dev/vfio/vfio", "open", -errno);
	if (ioctl(vfio.container, VFIO_GET_API_VERSION) != VFIO_API_VERSION ||
	    ioctl(vfio.container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1)
		return complain("/dev/vfio/vfio", "type 1 v2", -ENOTSUP);
	return 0;
}

/* A device that no file drives is left alone: another mechanism may want it. */
static bool is_driven(const char *address)
{
	struct vfio_device dev = { .fd = -1 };

	snprintf(dev.address, sizeof(dev.address), "%s", address);
	return find_driver(&dev) != -ENOTSUP;
}

int vfio_open(void)
{
	char list[sizeof(host_options.vfio)], *save = NULL;
	bool named = false;
	int err;

	snprintf(list, sizeof(list), "%s", host_options.vfio);
	err = open_container();
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
	close_fd(&vfio.container);
	vfio.container = -1;
}

int vfio_map(uint64_t iova, void *addr, size_t len, bool writable)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | (writable ? VFIO_DMA_MAP_FLAG_WRITE : 0u),
		.vaddr = (uintptr_t)addr,
		.iova = iova,
		.size = len,
	};

	return ioctl(vfio.container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

int64_t vfio_unmap(uint64_t iova, size_t len)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = len,
	};

	if (ioctl(vfio.container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	return (int64_t)unmap.size;
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
