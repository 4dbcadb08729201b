// SPDX-License-Identifier: GPL-2.0-only
#include "core/guard/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/base/util.h"

static int fine_if(int rc, int err1, int err2)
{
	if (!rc || errno == err1 || errno == err2)
		return 0;
	return -errno;
}

static int undo_set(const struct journal *j, const char *path, const char *old)
{
	int err = file_write(path, *old ? old : "\n");

	(void)j;
	return err == -ENOENT || err == -ENODEV ? 0 : err;
}

static int undo_mkdir(const struct journal *j, const char *path, const char *old)
{
	(void)j;
	(void)old;
	/* What somebody else put there is not ours to remove. */
	return fine_if(rmdir(path), ENOENT, ENOTEMPTY);
}

static int undo_create(const struct journal *j, const char *path, const char *old)
{
	(void)j;
	(void)old;
	return fine_if(unlink(path), ENOENT, ENOTDIR);
}

static int undo_mount(const struct journal *j, const char *target, const char *old)
{
	(void)j;
	(void)old;
	return fine_if(umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW), ENOENT, EINVAL);
}

static int undo_swapon(const struct journal *j, const char *path, const char *old)
{
	(void)j;
	(void)old;
	return fine_if(swapoff(path), ENOENT, EINVAL);
}

/* A run that died early never took the device, and another program may have it. */
static bool loop_is_ours(const struct journal *j, const char *device)
{
	char path[128], file[4096];
	char *deleted;

	snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", strrchr(device, '/') + 1);
	if (file_read(path, file, sizeof(file)) < 0)
		return false;
	deleted = strstr(file, " (deleted)");
	if (deleted)
		*deleted = '\0';
	for (size_t i = 0; i < j->count; i++)
		if (!strcmp(j->line[i].verb, "create") && !strcmp(j->line[i].arg, file))
			return true;
	return false;
}

static int undo_loop(const struct journal *j, const char *device, const char *old)
{
	own_fd fd = -1;

	(void)old;
	if (!loop_is_ours(j, device))
		return 0;
	fd = open(device, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fine_if(fd, ENOENT, ENXIO);
	return fine_if(ioctl(fd, LOOP_CLR_FD, 0), ENXIO, ENXIO);
}

/* udev may look into the device just now: EBUSY for a moment. */
static int write_patiently(const char *path, const char *text)
{
	const struct timespec nap = { .tv_nsec = 20000000 };
	int err;

	for (int i = 0; i < 100; i++) {
		err = file_write(path, text);
		if (err != -EBUSY)
			break;
		nanosleep(&nap, NULL);
	}
	return err == -ENOENT || err == -ENODEV ? 0 : err;
}

static int undo_zram(const struct journal *j, const char *number, const char *old)
{
	char path[128];
	int err;

	(void)j;
	snprintf(path, sizeof(path), "/dev/zram%s", number);
	err = fine_if(swapoff(path), ENOENT, EINVAL);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/sys/block/zram%s/reset", number);
	err = write_patiently(path, "1");
	if (err || strcmp(old, "added"))
		return err;
	return write_patiently("/sys/class/zram-control/hot_remove", number);
}

static int undo_vfio(const struct journal *j, const char *address, const char *old)
{
	char path[256];
	int err;

	(void)j;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", address);
	err = file_write(path, "\n");
	if (err == -ENOENT)
		return 0;
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/vfio-pci/unbind");
	if (strcmp(old, "vfio-pci"))
		file_write(path, address);
	if (!*old)
		return err;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", address);
	if (!access(path, F_OK))
		return err;
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", old);
	return file_write(path, address);
}

/* Somebody else may use it by now, or it can't go: then it stays, which harms nobody. */
static int undo_module(const struct journal *j, const char *name, const char *old)
{
	(void)j;
	(void)old;
	syscall(SYS_delete_module, name, O_NONBLOCK);
	return 0;
}

/* The runner may be in it still, and so may what it has started. */
static int undo_cgroup(const struct journal *j, const char *path, const char *old)
{
	char file[600], parent[512], text[4096], *rest = text, *pid;

	(void)j;
	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	if (file_read(file, text, sizeof(text)) > 0) {
		snprintf(file, sizeof(file), "%s/cgroup.procs", parent);
		while ((pid = strsep(&rest, "\n")))
			file_write(file, pid);
	}
	if (rmdir(path) && errno != ENOENT)
		return -errno;
	snprintf(file, sizeof(file), "%s/cgroup.subtree_control", parent);
	return *old ? file_write(file, "-memory") : 0;
}

static const struct undo {
	const char *verb;
	bool outlives_boot;
	int (*undo)(const struct journal *j, const char *arg, const char *old);
} undos[] = {
	{ "set", false, undo_set },	  { "mkdir", true, undo_mkdir },
	{ "create", true, undo_create },  { "mount", false, undo_mount },
	{ "swapon", false, undo_swapon }, { "loop", false, undo_loop },
	{ "zram", false, undo_zram },	  { "vfio", false, undo_vfio },
	{ "module", false, undo_module }, { "cgroup", false, undo_cgroup },
};

int journal_undo(const struct journal *j, const struct journal_line *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(undos); i++) {
		if (strcmp(undos[i].verb, line->verb))
			continue;
		if (!j->same_boot && !undos[i].outlives_boot)
			return 0;
		return undos[i].undo(j, line->arg, line->old);
	}
	return -ENOTSUP;
}
