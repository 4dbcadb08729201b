// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/pci_use.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

struct look {
	const char *sys, *dev, *address;
	char *why;
	size_t size;
};

static int say(const struct look *l, const char *what, const char *name)
{
	snprintf(l->why, l->size, "%s is in use: %s%s", l->address, name, what);
	return 1;
}

/* The name of a device's driver; "" for none. */
static const char *driver(const char *sys, const char *address, char name[64])
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/driver", sys, address);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	slash = strrchr(target, '/');
	snprintf(name, 64, "%s", slash ? slash + 1 : target);
	return name;
}

static bool has_driver(const struct look *l)
{
	char name[64];

	return *driver(l->sys, l->address, name) && strcmp(name, "vfio-pci") != 0;
}

static long number(const char *path)
{
	char text[32];

	return file_read(path, text, sizeof(text)) > 0 ? strtol(text, NULL, 0) : 0;
}

/* Calls each for the entries of sys/class/CLASS that hang below the device. */
static int each_below(const struct look *l, const char *class,
		      int (*each)(const struct look *l, const char *name))
{
	char path[PATH_MAX + 512], real[PATH_MAX], below[32];
	struct dirent *e;
	int used = 0;
	DIR *d;

	snprintf(below, sizeof(below), "/%s/", l->address);
	snprintf(path, sizeof(path), "%s/class/%s", l->sys, class);
	d = opendir(path);
	while (d && !used && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/class/%s/%s", l->sys, class, e->d_name);
		if (e->d_name[0] != '.' && realpath(path, real) && strstr(real, below))
			used = each(l, e->d_name);
	}
	if (d)
		closedir(d);
	return used;
}

static int net_up(const struct look *l, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/class/net/%s/flags", l->sys, name);
	return number(path) & IFF_UP ? say(l, " is up", name) : 0;
}

/* Whoever mounts, swaps to or stacks upon a block device holds it exclusively. */
static int block_held(const struct look *l, const char *name)
{
	unsigned subsystem, controller, namespace;
	char path[PATH_MAX], head[64];
	own_fd fd = -1;

	snprintf(path, sizeof(path), "%s/class/block/%s/hidden", l->sys, name);
	/* One path of a multipath NVMe disk; the disk itself hangs elsewhere. */
	if (number(path) &&
	    sscanf(name, "nvme%uc%un%u", &subsystem, &controller, &namespace) == 3) {
		snprintf(head, sizeof(head), "nvme%un%u", subsystem, namespace);
		name = head;
	}
	snprintf(path, sizeof(path), "%s/%s", l->dev, name);
	fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 || errno == ENOMEDIUM || errno == ENXIO)
		return 0;
	if (errno == EBUSY)
		return say(l, " is mounted or held", name);
	snprintf(path, sizeof(path), " may be (opening it: %s)", errno_name(errno));
	return say(l, path, name);
}

int pci_in_use(const char *sys, const char *dev, const char *address, char *why, size_t size)
{
	const struct look l = { sys, dev, address, why, size };
	char path[PATH_MAX];

	if (!has_driver(&l))
		return 0;
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/boot_vga", sys, address);
	if (number(path))
		return say(&l, "it is the display", "");
	return each_below(&l, "net", net_up) || each_below(&l, "block", block_held);
}

/* Drivers that VFIO lets share a group: they start no transfers for others. */
static bool may_share(const char *name)
{
	static const char *const fine[] = { "", "vfio-pci", "pci-stub", "pcieport" };

	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		if (!strcmp(name, fine[i]))
			return true;
	return false;
}

int pci_group_in_use(const char *sys, const char *address, const char *named, char *why,
		     size_t size)
{
	char path[PATH_MAX], name[64];
	struct dirent *e;
	int used = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/iommu_group/devices", sys, address);
	d = opendir(path);
	while (d && !used && (e = readdir(d))) {
		if (e->d_name[0] == '.' || strstr(named, e->d_name))
			continue;
		used = !may_share(driver(sys, e->d_name, name));
		if (used)
			snprintf(why, size, "%s shares its IOMMU group with %s, which %s drives",
				 address, e->d_name, name);
	}
	if (d)
		closedir(d);
	return used;
}
