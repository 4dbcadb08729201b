// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/base/util.h"
#include "core/need/kind.h"
#include "vfio/iommufd_abi.h"
#include "vfio/vfio.h"

static const struct dma_device *driver_of(const char *address)
{
	static const char *const file[] = { "vendor", "device", "class" };
	uint32_t id[ARRAY_SIZE(file)];
	char path[200], text[32];

	for (size_t i = 0; i < ARRAY_SIZE(file); i++) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, file[i]);
		if (file_read(path, text, sizeof(text)) < 0 || sscanf(text, "%x", &id[i]) != 1)
			return NULL;
	}
	for (int i = 0; dma_devices[i]; i++)
		if (dma_devices[i]->matches((uint16_t)id[0], (uint16_t)id[1], id[2]))
			return dma_devices[i];
	return NULL;
}

/* Of the named devices one is enough; the reason is that of the last. */
static int any_device(bool copies, char *why, size_t size)
{
	char list[sizeof(host_options.vfio)], *rest = list, *address;

	snprintf(list, sizeof(list), "%s", host_options.vfio);
	if (!*list)
		return unmet(why, size, "no device named (--vfio)");
	while ((address = strsep(&rest, ","))) {
		const struct dma_device *d = driver_of(address);

		if (!d)
			unmet(why, size, "no file in vfio/ drives %s", address);
		else if (!copies || !d->can_copy || d->can_copy(address, why, size))
			return 0;
	}
	return 1;
}

static int dma_probe(char *why, size_t size)
{
	return any_device(true, why, size);
}

static int dma_store_probe(char *why, size_t size)
{
	return any_device(false, why, size);
}

const struct need need_dma = {
	.name = "dma",
	.about = "a named device copies memory: QEMU's edu, or NVMe with a scratch namespace",
	.hint = "--vfio ADDRESS --nvme-scratch ADDRESS/NSID; or scripts/lab --kernel 6.18 -- check",
	.probe = dma_probe,
};

const struct need need_dma_store = {
	.name = "dma-store",
	.about = "a named device stores to memory: QEMU's edu, or NVMe",
	.hint = "--vfio ADDRESS of an NVMe controller that nothing uses",
	.probe = dma_store_probe,
};

static int iommufd_probe(char *why, size_t size)
{
	struct iommufd_ioas_alloc alloc = { .size = sizeof(alloc) };
	own_fd fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return unmet(why, size, "/dev/iommu: %s", errno_name(errno));
	if (ioctl(fd, IOMMUFD_IOAS_ALLOC, &alloc))
		return unmet(why, size, "IOMMU_IOAS_ALLOC: %s", errno_name(errno));
	if (access("/sys/class/vfio-dev", F_OK))
		return unmet(why, size, "VFIO has no device nodes (CONFIG_VFIO_DEVICE_CDEV)");
	return 0;
}

static int iommufd_provide(char *why, size_t size)
{
	(void)why;
	(void)size;
	load_module("iommufd");
	load_module("vfio-pci");
	return 0;
}

const struct need need_iommufd = {
	.name = "iommufd",
	.about = "iommufd, and VFIO devices that can be bound to it",
	.hint = "a kernel (6.6) with CONFIG_IOMMUFD and CONFIG_VFIO_DEVICE_CDEV: scripts/kernel",
	.probe = iommufd_probe,
	.provide = iommufd_provide,
};

static int iommufd_test_probe(char *why, size_t size)
{
	own_fd iommu = -1;
	own_fd mock = -1;
	uint32_t ioas;
	int err = iommufd_mock_open(&iommu, &mock, &ioas);

	return err ? unmet(why, size, "mock domain: %s", errno_name(-err)) : 0;
}

const struct need need_iommufd_test = {
	.name = "iommufd-test",
	.about = "the selftest calls of iommufd: its code without a device",
	/* Up to 6.12 at least a mock device is given to the IOMMU that registered first. */
	.hint = "a kernel with CONFIG_IOMMUFD_TEST (scripts/kernel), booted with intel_iommu=off "
		"(scripts/lab --append)",
	.probe = iommufd_test_probe,
};
