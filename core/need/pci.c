// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/base/pci_use.h"
#include "core/base/util.h"

#define DEVICES "/sys/bus/pci/devices/"

static int is_free(const char *address, char *why, size_t size)
{
	char path[300];

	snprintf(path, sizeof(path), DEVICES "%s", address);
	if (access(path, F_OK))
		return unmet(why, size, "no PCI device %s", address);
	snprintf(path, sizeof(path), DEVICES "%s/iommu_group", address);
	if (access(path, F_OK))
		return unmet(why, size, "no IOMMU group for %s", address);
	return pci_in_use("/sys", "/dev", address, why, size) ||
	       pci_group_in_use("/sys", address, host_options.vfio, why, size);
}

/* 0 when all devices that the command line names are free; the reason is of one that isn't. */
static int all_free(char *why, size_t size)
{
	char list[sizeof(host_options.vfio)];
	char *rest = list, *address;

	snprintf(list, sizeof(list), "%s", host_options.vfio);
	if (!*list)
		return unmet(why, size, "no device named (--vfio)");
	while ((address = strsep(&rest, ","))) {
		if (strchr(address, '/') || !*address)
			return unmet(why, size, "not a PCI address: '%s'", address);
		if (is_free(address, why, size))
			return 1;
	}
	return 0;
}

static int vfio_probe(char *why, size_t size)
{
	own_fd fd = -1;

	if (all_free(why, size))
		return 1;
	fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return unmet(why, size, "/dev/vfio/vfio: %s", errno_name(errno));
	if (access("/sys/bus/pci/drivers/vfio-pci", F_OK))
		return unmet(why, size, "the driver vfio-pci is not loaded");
	return 0;
}

static int vfio_provide(char *why, size_t size)
{
	if (all_free(why, size))
		return -ENODEV;
	load_module("vfio-pci");
	load_module("vfio_iommu_type1");
	return 0;
}

static bool vfio_can_provide(void)
{
	char why[200];

	return !all_free(why, sizeof(why));
}

const struct need need_vfio = {
	.name = "vfio",
	.about = "a PCI device behind an IOMMU, named for this run",
	.hint = "--vfio 0000:BB:DD.F, on a kernel booted with intel_iommu=on or amd_iommu=on; "
		"or scripts/lab --kernel 6.18 -- check",
	.probe = vfio_probe,
	.provide = vfio_provide,
	.can_provide = vfio_can_provide,
};
