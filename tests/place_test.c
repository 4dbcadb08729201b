// SPDX-License-Identifier: GPL-2.0-only
/* A machine of two nodes as hwloc describes it, with an adapter at the second one. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rdma/place.h"

#define SETS(set)                                                       \
	"cpuset=\"" set "\" complete_cpuset=\"" set "\" nodeset=\"" set \
	"\" complete_nodeset=\"" set "\""
#define LEAF(type, number, set) "<object type=\"" type "\" os_index=\"" number "\" " SETS(set) "/>"
#define PACKAGE(number, set, rest)                    \
	"<object type=\"Package\" os_index=\"" number \
	"\" " SETS(set) ">" LEAF("NUMANode", number, set) LEAF("PU", number, set) rest "</object>"

static const char machine[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
	"<topology version=\"2.0\">\n<object type=\"Machine\" os_index=\"0\" " SETS(
		"0x3") " allowed_cpuset=\"0x3\" allowed_nodeset=\"0x3\">" PACKAGE("0", "0x1", "")
		PACKAGE("1", "0x2",
			"<object type=\"Bridge\" bridge_type=\"0-1\" depth=\"0\" "
			"bridge_pci=\"0000:[00-01]\">\n<object type=\"PCIDev\" "
			"pci_busid=\"0000:01:00.0\" pci_type=\"0207 [15b3:1017] [15b3:0020] 00\" "
			"pci_link_speed=\"0.0\">\n<object type=\"OSDev\" name=\"mlx5_0\" "
			"osdev_type=\"3\"/>\n</object>\n</object>") "</object>\n</topology>";

static unsigned long nodes;

static int place(const char *name, unsigned cpus, char text[128])
{
	char path[] = "/tmp/pinfold-place.XXXXXX";
	int fd = mkstemp(path), cpu;
	cpu_set_t allowed;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, machine, strlen(machine)), strlen(machine));
	close(fd);
	setenv("HWLOC_XMLFILE", path, 1);
	CPU_ZERO(&allowed);
	for (unsigned i = 0; i < 8; i++)
		if (cpus >> i & 1)
			CPU_SET(i, &allowed);
	cpu = rdma_place(name, &allowed, &nodes, text, 128);
	unlink(path);
	return cpu;
}

static void cpu_near_the_adapter(void **state)
{
	char text[128];

	(void)state;
	assert_int_equal(place("mlx5_0:1:3", 3, text), 1);
	assert_string_equal(text, "CPU 1, memory of NUMA node 1: near mlx5_0 (hwloc)");
	assert_int_equal(nodes, 2);
}

static void falls_back_with_a_line(void **state)
{
	char text[128];

	(void)state;
	assert_int_equal(place("rxe0", 3, text), -1);
	assert_string_equal(text, "hwloc does not know where rxe0 is: any CPU");
	assert_int_equal(nodes, 0);
	assert_int_equal(place("mlx5", 3, text), -1);
	assert_int_equal(place("mlx5_0", 1, text), -1);
	assert_string_equal(text, "no CPU of NUMA node 1, near mlx5_0, is allowed: any CPU");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_near_the_adapter),
		cmocka_unit_test(falls_back_with_a_line),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
