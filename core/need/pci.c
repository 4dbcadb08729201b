// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/base/pci_use.h"
#include "core/base/util.h"

#define DEVICES "/sys/bus/pci/devices/"

/*
 * Calls test for each device named on the command line. 0 when all of them, or
 * any of them, pass it; else the reason is that of the last one.
 */
static int each_device(bool any, int (*test)(const char *address, char *why, size_t size),
		       char *why, size_t size)
{
	char list[sizeof(host_options.vfio)];
	char *rest = list, *address;
	int err = 1;

	snprintf(list, sizeof(list), "%s", host_options.vfio);
	if (!*list)
		return unmet(why, size, "no device named (--vfio)");
	while ((address = strsep(&rest, ","))) {
		if (strchr(address, '/') || !*address)
			return unmet(why, size, "not a PCI address: '%s'", address);
		err = test(address, why, size);
		if (!err == any)
			break;
	}
	return err;
}

static int is_free(const char *address, char *why, size_t size)
{
	char path[300];

	snprintf(path, sizeof(path), DEVICES "%s", address);
	if (access(path, F_OK))
		return unmet(why, size, "no PCI device %s", address);
	snprintf(path, sizeof(path), DEVICES "%s/iommu_group", address);
	if (access(path, F_OK))
		return unmet(why, size, "no IOMMU group for %s", address);
	return pci_in_use("/sys", "/dev", address, why, size);
}

static int vfio_probe(char *why, size_t size)
{
	own_fd fd = -1;

	if (each_device(false, is_free, why, size))
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
	if (each_device(false, is_free, why, size))
		return -ENODEV;
	load_module("vfio-pci");
	load_module("vfio_iommu_type1");
	return 0;
}

static bool vfio_can_provide(void)
{
	char why[200];

	return !each_device(false, is_free, why, sizeof(why));
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

static bool id_is(const char *address, const char *file, const char *wanted)
{
	char path[300], text[16];

	snprintf(path, sizeof(path), DEVICES "%s/%s", address, file);
	return file_read(path, text, sizeof(text)) > 0 && !strcmp(text, wanted);
}

static int is_edu(const char *address, char *why, size_t size)
{
	if (id_is(address, "vendor", "0x1234") && id_is(address, "device", "0x11e8"))
		return 0;
	return unmet(why, size, "%s is not an edu device (1234:11e8)", address);
}

static int edu_probe(char *why, size_t size)
{
	return each_device(true, is_edu, why, size);
}

const struct need need_edu = {
	.name = "edu",
	.about = "a named device is QEMU's edu, whose DMA pinfold can drive",
	.hint = "scripts/lab --kernel 6.18 -- check; or --vfio in a QEMU guest with -device edu",
	.probe = edu_probe,
};
