/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a PCI device may be taken from its driver. */
#ifndef CORE_BASE_PCI_USE_H
#define CORE_BASE_PCI_USE_H

#include <stddef.h>

/*
 * 1 with a one-line reason in why when the device's driver has users: a network
 * interface that is up, a block device that is mounted, swapped to or otherwise
 * held, the boot display. 0 when it has none, no driver, or vfio-pci. sys and dev
 * are "/sys" and "/dev".
 */
int pci_in_use(const char *sys, const char *dev, const char *address, char *why, size_t size);

/*
 * 1 with the reason when another device of the IOMMU group has a driver that would
 * share the group: VFIO would not open it. Devices of the comma list named don't
 * count, they are bound as well.
 */
int pci_group_in_use(const char *sys, const char *address, const char *named, char *why,
		     size_t size);

#endif
