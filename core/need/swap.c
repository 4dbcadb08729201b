// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>

#include "core/base/util.h"
#include "core/guard/guard.h"

enum { SWAP_MIN_KB = 4096, ZRAM_MAX = 64 };

#define ZRAM_BYTES (256ul << 20)
#define HOT_ADD "/sys/class/zram-control/hot_add"

static int swap_probe(char *why, size_t size)
{
	FILE *f = fopen("/proc/swaps", "re");
	long total, used, left = 0;
	char line[512];
	bool any = false;

	if (!f)
		return unmet(why, size, "/proc/swaps: %s", errno_name(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*s %ld %ld", &total, &used) != 2)
			continue;
		any = true;
		left += total - used;
	}
	fclose(f);
	if (left >= SWAP_MIN_KB)
		return 0;
	return unmet(why, size, any ? "swap is full" : "no swap area");
}

static bool zram_exists(int n)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/zram%d", n);
	return !access(path, F_OK);
}

static bool zram_unused(int n)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/sys/block/zram%d/disksize", n);
	return file_read(path, text, sizeof(text)) > 0 && !strcmp(text, "0");
}

/* Journals and returns the number of an unused zram device, or -errno. */
static int zram_take(void)
{
	char text[32];
	int n, err;

	for (n = 0; n < ZRAM_MAX; n++) {
		if (!zram_unused(n))
			continue;
		err = guard_will_zram(n);
		return err ? err : n;
	}
	/* The kernel hands out the lowest free number; name it before it exists. */
	for (n = 0; zram_exists(n); n++)
		continue;
	err = guard_will_zram(n);
	if (!err)
		err = file_read(HOT_ADD, text, sizeof(text));
	if (err < 0)
		return err;
	return atoi(text) == n ? n : -EBUSY;
}

/* The header of a swap area as mkswap writes it (include/linux/swap.h). */
static int write_swap_header(const char *device)
{
	/* Not a string: it has no end. */
	const char magic[10] = { 'S', 'W', 'A', 'P', 'S', 'P', 'A', 'C', 'E', '2' };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	own_fd fd = open(device, O_RDWR | O_CLOEXEC | O_EXCL);
	char *header = calloc(1, page);
	uint32_t info[] = { 1, (uint32_t)(ZRAM_BYTES / page - 1), 0 };
	int err = 0;

	if (fd < 0 || !header) {
		err = fd < 0 ? -errno : -ENOMEM;
		free(header);
		return err;
	}
	memcpy(header + 1024, info, sizeof(info));
	memcpy(header + 1024 + sizeof(info) + 16, "pinfold", sizeof("pinfold"));
	for (size_t i = 0; i < sizeof(magic); i++)
		header[page - sizeof(magic) + i] = magic[i];
	if (pwrite(fd, header, page, 0) != (ssize_t)page || fsync(fd))
		err = errno ? -errno : -EIO;
	free(header);
	return err;
}

static int zram_swapon(int n)
{
	char path[64], bytes[32];
	int err;

	snprintf(path, sizeof(path), "/sys/block/zram%d/disksize", n);
	snprintf(bytes, sizeof(bytes), "%lu", ZRAM_BYTES);
	err = file_write(path, bytes);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/dev/zram%d", n);
	err = write_swap_header(path);
	if (!err)
		err = guard_will_swapon(path);
	if (!err && swapon(path, SWAP_FLAG_DISCARD))
		err = -errno;
	return err;
}

static int swap_provide(char *why, size_t size)
{
	int n, err;

	if (access("/sys/class/zram-control", F_OK)) {
		load_module("zram");
		if (access("/sys/class/zram-control", F_OK)) {
			unmet(why, size, "no swap area and no zram");
			return -ENODEV;
		}
	}
	n = zram_take();
	if (n < 0) {
		unmet(why, size, "no zram device: %s", errno_name(-n));
		return n;
	}
	err = zram_swapon(n);
	if (err)
		unmet(why, size, "swap on zram%d: %s", n, errno_name(-err));
	return err;
}

const struct need need_swap = {
	.name = "swap",
	.about = "a swap area with room",
	.hint = "modprobe zram; echo 256M > /sys/block/zram0/disksize; "
		"mkswap /dev/zram0; swapon /dev/zram0",
	.probe = swap_probe,
	.provide = swap_provide,
};
