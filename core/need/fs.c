// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "core/base/util.h"
#include "core/guard/guard.h"

/* mkfs.xfs refuses less; the image is sparse. */
enum { EXT4_BYTES = 64 << 20, XFS_BYTES = 304 << 20 };

static int loop_probe(char *why, size_t size)
{
	own_fd fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return unmet(why, size, "/dev/loop-control: %s", errno_name(errno));
	if (ioctl(fd, LOOP_CTL_GET_FREE) < 0)
		return unmet(why, size, "no free loop device: %s", errno_name(errno));
	return 0;
}

static int loop_provide(char *why, size_t size)
{
	(void)why;
	(void)size;
	load_module("loop");
	return 0;
}

const struct need need_loop = {
	.name = "loop",
	.about = "loop devices",
	.hint = "sudo modprobe loop",
	.probe = loop_probe,
	.provide = loop_provide,
};

static bool filesystem_known(const char *type)
{
	char line[128], name[64];
	FILE *f = fopen("/proc/filesystems", "re");
	bool known = false;

	while (f && !known && fgets(line, sizeof(line), f))
		known = (sscanf(line, "nodev %63s", name) == 1 ||
			 sscanf(line, "%63s", name) == 1) &&
			!strcmp(name, type);
	if (f)
		fclose(f);
	return known;
}

/* Journals and mounts at scratch/name; dir gets the path when it stands. */
static int mount_scratch(const char *device, const char *type, const char *options,
			 const char *name, char *dir, size_t size)
{
	unsigned long flags = MS_NOATIME | MS_NODEV | MS_NOSUID;
	char path[400];
	int err;

	snprintf(path, sizeof(path), "%s/%s", host_options.scratch, name);
	err = guard_will_mkdir(path);
	if (!err && mkdir(path, 0700) && errno != EEXIST)
		err = -errno;
	if (!err)
		err = guard_will_mount(path);
	if (err)
		return err;
	/* mount(2) would load it as well, and nobody would unload it. */
	if (!filesystem_known(type))
		load_module(type);
	if (mount(device, path, type, flags, options))
		return -errno;
	snprintf(dir, size, "%s", path);
	return 0;
}

static int make_image(const char *path, size_t bytes, const char *const mkfs[])
{
	int err = guard_will_create(path);
	own_fd fd = err ? -1 : open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (err)
		return err;
	if (fd < 0 || ftruncate(fd, (off_t)bytes))
		return -errno;
	err = run_quietly(mkfs);
	return err > 0 ? -EIO : err;
}

static int attach_free_loop(int control, int image, const char *path, char *device, size_t size)
{
	/* AUTOCLEAR: also gone when a dying actor held the mount at the undo. */
	struct loop_config config = { .fd = (uint32_t)image, .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int n = ioctl(control, LOOP_CTL_GET_FREE), loop, err;

	if (n < 0)
		return -errno;
	snprintf(device, size, "/dev/loop%d", n);
	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", path);
	err = guard_will_loop(device);
	if (err)
		return err;
	loop = open(device, O_RDWR | O_CLOEXEC);
	if (loop < 0)
		return -errno;
	if (!ioctl(loop, LOOP_CONFIGURE, &config))
		return loop;
	err = -errno;
	close(loop);
	return err;
}

/* An open loop device over the image at path, or -errno. */
static int attach_loop(const char *path, char *device, size_t size)
{
	own_fd control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	own_fd image = open(path, O_RDWR | O_CLOEXEC);
	int loop = -EBUSY;

	if (control < 0 || image < 0)
		return -errno;
	/* Somebody else may take the free one first. */
	for (int i = 0; i < 8 && loop == -EBUSY; i++)
		loop = attach_free_loop(control, image, path, device, size);
	return loop;
}

/* Makes a file system of `type` in the image at path and mounts it. */
static int mount_image(const char *path, size_t bytes, const char *type, const char *const mkfs[],
		       char *dir, size_t dir_size, char *why, size_t size)
{
	char device[32];
	own_fd loop = -1;
	int err;

	if (!*host_options.scratch)
		return unmet(why, size, "no scratch folder"), -ENOENT;
	if (need_check("loop", true, why, size))
		return -ENODEV;
	err = make_image(path, bytes, mkfs);
	if (err) {
		unmet(why, size, "%s on %s: %s", mkfs[0], path, errno_name(-err));
		return err;
	}
	loop = attach_loop(path, device, sizeof(device));
	if (loop < 0) {
		unmet(why, size, "no loop device: %s", errno_name(-loop));
		return loop;
	}
	err = mount_scratch(device, type, NULL, type, dir, dir_size);
	if (err)
		unmet(why, size, "mounting %s: %s", device, errno_name(-err));
	return err;
}

static int ext4_probe(char *why, size_t size)
{
	if (*host_provided.ext4_dir)
		return 0;
	return unmet(why, size, "no ext4 image is mounted for this run");
}

static int ext4_provide(char *why, size_t size)
{
	char image[400];
	const char *const mkfs[] = {
		"mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0",
		image,	     NULL,
	};

	snprintf(image, sizeof(image), "%s/ext4.img", host_options.scratch);
	return mount_image(image, EXT4_BYTES, "ext4", mkfs, host_provided.ext4_dir,
			   sizeof(host_provided.ext4_dir), why, size);
}

static bool ext4_can_provide(void)
{
	static const char *const version[] = { "mkfs.ext4", "-V", NULL };

	return !run_quietly(version);
}

const struct need need_ext4 = {
	.name = "ext4",
	.about = "an ext4 file system of this run, on a loop device",
	.hint = "sudo pinfold COMMAND, with mkfs.ext4 (apt-get install e2fsprogs)",
	.probe = ext4_probe,
	.provide = ext4_provide,
	.can_provide = ext4_can_provide,
};

static int xfs_probe(char *why, size_t size)
{
	if (*host_provided.xfs_dir)
		return 0;
	return unmet(why, size, "no xfs image is mounted for this run");
}

static int xfs_provide(char *why, size_t size)
{
	char image[400];
	const char *const mkfs[] = { "mkfs.xfs", "-q", "-f", image, NULL };

	snprintf(image, sizeof(image), "%s/xfs.img", host_options.scratch);
	return mount_image(image, XFS_BYTES, "xfs", mkfs, host_provided.xfs_dir,
			   sizeof(host_provided.xfs_dir), why, size);
}

const struct need need_xfs = {
	.name = "xfs",
	.about = "an xfs file system of this run, on a loop device",
	.hint = "sudo pinfold COMMAND, with mkfs.xfs (apt-get install xfsprogs)",
	.probe = xfs_probe,
	.provide = xfs_provide,
};

static int tmpfs_probe(char *why, size_t size)
{
	if (*host_provided.tmpfs_dir)
		return 0;
	return unmet(why, size, "no tmpfs is mounted for this run");
}

static int tmpfs_provide(char *why, size_t size)
{
	int err = -ENOENT;

	if (*host_options.scratch)
		err = mount_scratch("pinfold", "tmpfs", "size=256m,mode=0700,huge=never", "tmpfs",
				    host_provided.tmpfs_dir, sizeof(host_provided.tmpfs_dir));
	if (err)
		unmet(why, size, "mounting tmpfs in %s: %s",
		      *host_options.scratch ? host_options.scratch : "no scratch folder",
		      errno_name(-err));
	return err;
}

const struct need need_tmpfs = {
	.name = "tmpfs",
	.about = "a tmpfs of this run",
	.hint = "sudo pinfold COMMAND",
	.probe = tmpfs_probe,
	.provide = tmpfs_provide,
};
