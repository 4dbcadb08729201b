// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/numa_scan.h"
#include "core/base/util.h"
#include "core/guard/guard.h"

#define BALANCING "/proc/sys/kernel/numa_balancing"

enum { PROBE_MS = 8000 };

static int balancing_try(char *why, size_t size)
{
	int err;

	if (need_check("nodes", false, why, size))
		return 1;
	if (file_number(BALANCING) != 1)
		return unmet(why, size, "%s is not 1", BALANCING);
	err = numa_scan(PROBE_MS);
	if (err < 0)
		return unmet(why, size, "/proc/self/sched: %s", errno_name(-err));
	if (err == NUMA_NO_PASS)
		return unmet(why, size, "no pass over a process in %d seconds", PROBE_MS / 1000);
	return err ? unmet(why, size, "a page was passed over and did not fault") : 0;
}

/* Where the knobs are depends on the kernel; until 5.13 they are sysctls. */
static int balancing_set(const char *name, const char *value)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/sched/numa_balancing/%s", host_provided.debugfs_dir, name);
	if (access(path, W_OK))
		snprintf(path, sizeof(path), BALANCING "_%s", name);
	return access(path, W_OK) ? 0 : guard_setting(path, value);
}

static int balancing_provide(char *why, size_t size)
{
	int err;

	if (need_check("nodes", false, why, size))
		return -ENODEV;
	need_check("debugfs", true, why, size);
	err = guard_setting(BALANCING, "1");
	if (!err)
		err = balancing_set("scan_delay_ms", "1");
	if (!err)
		err = balancing_set("scan_period_min_ms", "1");
	return err ? err : balancing_set("scan_period_max_ms", "100");
}

const struct need need_balancing = {
	.name = "numa-balancing",
	.about = "NUMA balancing passes over a process often",
	.hint = "two nodes and root: scripts/lab --kernel 6.18 -- check numa/",
	.probe = balancing_try,
	.in_child = true,
	.provide = balancing_provide,
};
