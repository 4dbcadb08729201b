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

#endif
