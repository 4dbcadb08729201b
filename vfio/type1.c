// SPDX-License-Identifier: GPL-2.0-only
/* include/uapi/linux/vfio.h: groups in a container with an IOMMU of type 1. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/util.h"
#include "vfio/vfio.h"

static int container = -1;

static int type1_open(const char **what)
{
	*what = "open /dev/vfio/vfio";
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (container < 0)
		return -errno;
	*what = "type 1 v2";
	return ioctl(container, VFIO_GET_API_VERSION) != VFIO_API_VERSION ||
			       ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1 ?
		       -ENOTSUP :
		       0;
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
	if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &container))
		return -errno;
	if (!vfio.ndevices && ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	return 0;
}

static int type1_attach(struct vfio_device *dev, const char **what)
{
	int err, group;

	*what = "IOMMU group";
	err = find_group(dev);
	if (err)
		return err;
	*what = "open its IOMMU group";
	group = group_fd(dev->group_number);
	if (group < 0) {
		err = open_group(dev);
		group = dev->group;
	}
	if (err)
		return err;
	*what = "open";
	dev->fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, dev->address);
	return dev->fd < 0 ? -errno : 0;
}

static void type1_detach(struct vfio_device *dev)
{
	close_fd(&dev->fd);
	close_fd(&dev->group);
	dev->fd = dev->group = -1;
}

static void type1_close(void)
{
	close_fd(&container);
	container = -1;
}

static int type1_map(uint64_t iova, void *addr, size_t len, bool writable)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | (writable ? VFIO_DMA_MAP_FLAG_WRITE : 0u),
		.vaddr = (uintptr_t)addr,
		.iova = iova,
		.size = len,
	};

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

static int64_t type1_unmap(uint64_t iova, size_t len)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = len,
	};

	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	return (int64_t)unmap.size;
}

const struct vfio_backend vfio_type1 = {
	.name = "type 1",
	.open = type1_open,
	.attach = type1_attach,
	.detach = type1_detach,
	.close = type1_close,
	.map = type1_map,
	.unmap = type1_unmap,
};
