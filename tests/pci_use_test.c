// SPDX-License-Identifier: GPL-2.0-only
// Devices that must not be taken from their driver, in a made-up sysfs.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/pci_use.h"
#include "core/base/util.h"
#include "tests/shell.h"

#define ADDRESS "0000:03:00.0"
#define DEVICE "devices/pci0000:00/" ADDRESS

static char why[200];

static void do_sh(const char *command)
{
	if (sh(command))
		fail_msg("%s: %s", command, text);
}

static int look(const char *dev)
{
	strcpy(why, "");
	return pci_in_use(folder, dev, ADDRESS, why, sizeof(why));
}

static void without_users(void **state)
{
	(void)state;
	assert_false(look("/dev"));
	do_sh("ln -s ../../../bus/pci/drivers/nvme " DEVICE "/driver");
	assert_false(look("/dev"));
}

static void interface_that_is_up(void **state)
{
	(void)state;
	do_sh("ln -s drivers/mlx5_core " DEVICE "/driver; mkdir -p class/net " DEVICE "/net/eth9;"
	      "ln -s ../../" DEVICE "/net/eth9 class/net/eth9; echo 0x1002 >" DEVICE
	      "/net/eth9/flags");
	assert_false(look("/dev"));
	do_sh("echo 0x1003 >" DEVICE "/net/eth9/flags");
	assert_true(look("/dev"));
	assert_string_equal(why, ADDRESS " is in use: eth9 is up");
	do_sh("rm " DEVICE "/driver; ln -s drivers/vfio-pci " DEVICE "/driver");
	assert_false(look("/dev"));
}

static void add_disk(const char *name)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "ln -sfn drivers/nvme " DEVICE "/driver; mkdir -p class/block dev " DEVICE
		 "/nvme/nvme0/%s; ln -s ../../" DEVICE "/nvme/nvme0/%s class/block/%s",
		 name, name, name);
	do_sh(command);
}

static void disk_that_cannot_be_opened(void **state)
{
	char dev[80];

	(void)state;
	snprintf(dev, sizeof(dev), "%s/dev", folder);
	add_disk("nvme0n1");
	assert_true(look(dev));
	do_sh("touch dev/nvme0n1");
	assert_false(look(dev));
	add_disk("nvme1c2n3");
	do_sh("echo 1 >class/block/nvme1c2n3/hidden");
	assert_true(look(dev));
	do_sh("touch dev/nvme1n3");
	assert_false(look(dev));
}

/* The disk under the root of this host, if it has one, must be held. */
static void disk_that_is_mounted(void **state)
{
	char name[64] = "", source[128], line[512];
	FILE *f = fopen("/proc/self/mounts", "re");

	(void)state;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "/dev/%127s", source) == 1 && !strchr(source, '/') &&
		    strncmp(source, "loop", 4) != 0)
			snprintf(name, sizeof(name), "%.60s", source);
	if (f)
		fclose(f);
	snprintf(line, sizeof(line), "/dev/%s", name);
	if (!*name || access(line, R_OK))
		skip();
	add_disk(name);
	assert_true(look("/dev"));
	/* In a container nobody may open it. */
	if (!strstr(why, "is mounted or held"))
		assert_non_null(strstr(why, "EPERM"));
}

/* Two more functions in the device's group: one is named as well, one is a bridge. */
static void group_with_others(void **state)
{
#define GROUP(named) pci_group_in_use(folder, ADDRESS, named, why, sizeof(why))
	(void)state;
	assert_false(GROUP(ADDRESS));
	sh("mkdir -p " DEVICE "/iommu_group/devices; for d in " ADDRESS
	   " 0000:03:00.1 0000:02:00.0; do mkdir -p bus/pci/devices/$d; : >" DEVICE
	   "/iommu_group/devices/$d; done");
	assert_false(GROUP(ADDRESS));
	sh("ln -s drivers/pcieport bus/pci/devices/0000:02:00.0/driver");
	assert_false(GROUP(ADDRESS));
	sh("ln -s drivers/mlx5_core bus/pci/devices/0000:03:00.1/driver");
	assert_true(GROUP(ADDRESS));
	assert_string_equal(why, ADDRESS
			    " shares its IOMMU group with 0000:03:00.1, which mlx5_core drives");
	assert_false(GROUP(ADDRESS ",0000:03:00.1"));
}

static int set_up(void **state)
{
	if (folder_make(state))
		return -1;
	do_sh("mkdir -p bus/pci/devices class " DEVICE "; ln -s ../../../" DEVICE
	      " bus/pci/devices/" ADDRESS);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, folder_remove)
	const struct CMUnitTest tests[] = {
		TEST(without_users),
		TEST(interface_that_is_up),
		TEST(disk_that_cannot_be_opened),
		TEST(disk_that_is_mounted),
		TEST(group_with_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
