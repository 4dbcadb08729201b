// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/host_count.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/util.h"

#define HUGE "/sys/kernel/mm/hugepages"

/*
 * How much a counter may grow. Each CPU keeps up to 128 swap slots for itself
 * (mm/swap_slots.c, until 6.13), and the kernel may swap what is not ours.
 */
enum { SWAP_SLACK_KB = 4096 };

static const struct {
	const char *name;
	long slack;
	bool shrinks; /* less than before is a fault as well: released twice */
} counters[HOST_COUNTERS] = {
	[COUNT_PINS] = { "pages pinned", 0, true },
	[COUNT_HUGE_USED] = { "kB of hugetlb pages in use", 0, false },
	[COUNT_HUGE_RESERVED] = { "kB of hugetlb pages reserved", 0, false },
	[COUNT_HUGE_SURPLUS] = { "kB of surplus hugetlb pages", 0, false },
	[COUNT_SWAP] = { "kB of swap in use", SWAP_SLACK_KB, false },
};

const char *host_counter_name(int counter)
{
	return counters[counter].name;
}

/* The number behind "name " or "name: " at the start of a line; -1 without it. */
static long field(const char *path, const char *name)
{
	size_t n = strlen(name);
	char line[256];
	FILE *f = fopen(path, "re");
	long value = -1;

	while (f && value < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, n) && (line[n] == ' ' || line[n] == ':'))
			value = strtol(line + n + 1, NULL, 10);
	if (f)
		fclose(f);
	return value;
}

/* The counters are kept for each CPU, and folded together when this is written. */
static long pins(void)
{
	long acquired, released;

	if (file_write("/proc/sys/vm/stat_refresh", "1"))
		return -1;
	acquired = field("/proc/vmstat", "nr_foll_pin_acquired");
	released = field("/proc/vmstat", "nr_foll_pin_released");
	return acquired < 0 || released < 0 ? -1 : acquired - released;
}

static long huge_file(const char *size, const char *file)
{
	char path[512];

	snprintf(path, sizeof(path), HUGE "/%s/%s", size, file);
	return file_number(path);
}

static void huge_pages(struct host_counts *c)
{
	DIR *d = opendir(HUGE);
	const struct dirent *e;
	long kb;

	c->value[COUNT_HUGE_USED] = d ? 0 : -1;
	c->value[COUNT_HUGE_RESERVED] = d ? 0 : -1;
	c->value[COUNT_HUGE_SURPLUS] = d ? 0 : -1;
	while (d && (e = readdir(d))) {
		if (sscanf(e->d_name, "hugepages-%ldkB", &kb) != 1)
			continue;
		c->value[COUNT_HUGE_USED] += kb * (huge_file(e->d_name, "nr_hugepages") -
						   huge_file(e->d_name, "free_hugepages"));
		c->value[COUNT_HUGE_RESERVED] += kb * huge_file(e->d_name, "resv_hugepages");
		c->value[COUNT_HUGE_SURPLUS] += kb * huge_file(e->d_name, "surplus_hugepages");
	}
	if (d)
		closedir(d);
}

void host_counts_read(struct host_counts *c)
{
	long total = field("/proc/meminfo", "SwapTotal"), left = field("/proc/meminfo", "SwapFree");

	c->value[COUNT_PINS] = pins();
	huge_pages(c);
	c->value[COUNT_SWAP] = total < 0 || left < 0 ? -1 : total - left;
}

int host_counts_differ(const struct host_counts *before, const struct host_counts *now)
{
	for (int i = 0; i < HOST_COUNTERS; i++) {
		long more = now->value[i] - before->value[i];

		if (before->value[i] < 0 || now->value[i] < 0)
			continue;
		if (more > counters[i].slack || (counters[i].shrinks && more < 0))
			return i;
	}
	return -1;
}

int host_counts_changed(const struct host_counts *before, struct host_counts *now,
			unsigned patience_ms)
{
	const struct timespec nap = { .tv_nsec = 5000000 };
	uint64_t end = now_ns() + (uint64_t)patience_ms * 1000000;

	for (;;) {
		host_counts_read(now);
		if (host_counts_differ(before, now) < 0 || now_ns() >= end)
			break;
		nanosleep(&nap, NULL);
	}
	return host_counts_differ(before, now);
}
