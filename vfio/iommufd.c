// SPDX-License-Identifier: GPL-2.0-only
/* Documentation/userspace-api/iommufd.rst: devices attached to one IO address space. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/util.h"
#include "vfio/iommufd_abi.h"
#include "vfio/vfio.h"

static int iommu = -1;
static __u32 ioas;

static int iommufd_open(const char **what)
{
	struct iommufd_ioas_alloc alloc = { .size = sizeof(alloc) };

	*what = "open /dev/iommu";
	iommu = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (iommu < 0)
		return -errno;
	*what = "IO address space";
	if (ioctl(iommu, IOMMUFD_IOAS_ALLOC, &alloc))
		return -errno;
	ioas = alloc.out_ioas_id;
	return 0;
}

/* "vfio3" in the device's folder vfio-dev names its node below /dev/vfio/devices. */
static int open_node(const char *address)
{
	char path[300];
	struct dirent *e;
	int fd = -1;
	DIR *d;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", address);
	d = opendir(path);
	if (!d)
		return -errno;
	errno = ENOENT;
	while (fd < 0 && (e = readdir(d))) {
		if (strncmp(e->d_name, "vfio", 4) != 0)
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", e->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (fd < 0)
		fd = -errno;
	closedir(d);
	return fd;
}

static int iommufd_attach(struct vfio_device *dev, const char **what)
{
	struct vfio_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommu };
	struct vfio_attach_iommufd attach = { .argsz = sizeof(attach), .pt_id = ioas };
	int fd;

	*what = "open its node below /dev/vfio/devices";
	fd = open_node(dev->address);
	if (fd < 0)
		return fd;
	dev->fd = fd;
	*what = "bind to iommufd";
	if (ioctl(fd, VFIO_BIND_IOMMUFD, &bind))
		return -errno;
	*what = "attach to the IO address space";
	return ioctl(fd, VFIO_ATTACH_IOMMUFD, &attach) ? -errno : 0;
}

static void iommufd_detach(struct vfio_device *dev)
{
	close_fd(&dev->fd);
	dev->fd = -1;
}

static void iommufd_close(void)
{
	close_fd(&iommu);
	iommu = -1;
}

static int iommufd_map(uint64_t iova, void *addr, size_t len, bool writable)
{
	struct iommufd_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE |
			 (writable ? IOMMUFD_MAP_WRITEABLE : 0u),
		.ioas_id = ioas,
		.user_va = (uintptr_t)addr,
		.length = len,
		.iova = iova,
	};

	return ioctl(iommu, IOMMUFD_IOAS_MAP, &map) ? -errno : 0;
}

static int64_t iommufd_unmap(uint64_t iova, size_t len)
{
	struct iommufd_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = ioas, .iova = iova, .length = len
	};

	if (ioctl(iommu, IOMMUFD_IOAS_UNMAP, &unmap))
		return errno == ENOENT ? 0 : -errno;
	return (int64_t)unmap.length;
}

const struct vfio_backend vfio_iommufd = {
	.name = "iommufd",
	.open = iommufd_open,
	.attach = iommufd_attach,
	.detach = iommufd_detach,
	.close = iommufd_close,
	.map = iommufd_map,
	.unmap = iommufd_unmap,
};
