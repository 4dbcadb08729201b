// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "core/base/util.h"
#include "core/need/need.h"

static int open_unlinked(struct region *r, const char *dir)
{
	if (!*dir)
		return -ENOENT;
	r->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (r->fd < 0)
		return -errno;
	return ftruncate(r->fd, (off_t)r->len) ? -errno : 0;
}

static int tmpfs_prepare(struct region *r)
{
	return open_unlinked(r, host_provided.tmpfs_dir);
}

static int ext4_prepare(struct region *r)
{
	return open_unlinked(r, host_provided.ext4_dir);
}

static int xfs_prepare(struct region *r)
{
	return open_unlinked(r, host_provided.xfs_dir);
}

static int memfd_prepare(struct region *r)
{
	r->fd = memfd_create("pinfold", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (r->fd < 0)
		return -errno;
	return ftruncate(r->fd, (off_t)r->len) ? -errno : 0;
}

static int private_map(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_PRIVATE);
}

static int shared_map(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_SHARED);
}

int region_check_file(const struct region *r, char *why, size_t size)
{
	unsigned long dev, inode;
	struct statfs fs = { 0 };
	struct stat st = { 0 };
	int err = smaps_file(r->addr, &dev, &inode);

	if (!err && (fstat(r->fd, &st) || fstatfs(r->fd, &fs)))
		err = -errno;
	if (err)
		return err;
	if (dev != st.st_dev || inode != st.st_ino)
		snprintf(why, size, "inode %lu is mapped, not %lu", inode,
			 (unsigned long)st.st_ino);
	else if ((unsigned long)fs.f_type != r->kind->fs)
		snprintf(why, size, "its file system is %#lx, not %#lx", (unsigned long)fs.f_type,
			 r->kind->fs);
	else
		return 0;
	return 1;
}

static int private_check(struct region *r, char *why, size_t size)
{
	int err = region_check_file(r, why, size);

	return err ? err : region_check_present(r, false, why, size);
}

static int shared_check(struct region *r, char *why, size_t size)
{
	int err = region_check_file(r, why, size);

	return err ? err : region_check_present(r, true, why, size);
}

const struct mem_kind mem_private_tmpfs = {
	.name = "private-tmpfs",
	.about = "MAP_PRIVATE of a file on tmpfs",
	.needs = { "tmpfs" },
	.share = SHARE_PRIVATE_FILE,
	.unit = BASE_PAGE,
	.units = 2,
	.fs = TMPFS_MAGIC,
	.prepare = tmpfs_prepare,
	.map = private_map,
	.check = private_check,
};

const struct mem_kind mem_private_ext4 = {
	.name = "private-ext4",
	.about = "MAP_PRIVATE of a file on ext4",
	.needs = { "ext4" },
	.share = SHARE_PRIVATE_FILE,
	.unit = BASE_PAGE,
	.units = 2,
	.fs = EXT4_SUPER_MAGIC,
	.prepare = ext4_prepare,
	.map = private_map,
	.check = private_check,
};

const struct mem_kind mem_shared_tmpfs = {
	.name = "shared-tmpfs",
	.about = "MAP_SHARED of a file on tmpfs",
	.needs = { "tmpfs" },
	.share = SHARE_SHARED,
	.unit = BASE_PAGE,
	.units = 2,
	.fs = TMPFS_MAGIC,
	.prepare = tmpfs_prepare,
	.map = shared_map,
	.check = shared_check,
};

const struct mem_kind mem_private_memfd = {
	.name = "private-memfd",
	.about = "MAP_PRIVATE of a memfd that takes seals",
	.share = SHARE_PRIVATE_FILE,
	.unit = BASE_PAGE,
	.units = 2,
	.fs = TMPFS_MAGIC,
	.prepare = memfd_prepare,
	.map = private_map,
	.check = private_check,
};

const struct mem_kind mem_shared_memfd = {
	.name = "shared-memfd",
	.about = "MAP_SHARED of a memfd that takes seals",
	.share = SHARE_SHARED,
	.unit = BASE_PAGE,
	.units = 2,
	.fs = TMPFS_MAGIC,
	.prepare = memfd_prepare,
	.map = shared_map,
	.check = shared_check,
};

const struct mem_kind mem_shared_ext4 = {
	.name = "shared-ext4",
	.about = "MAP_SHARED of a file on ext4",
	.needs = { "ext4" },
	.share = SHARE_SHARED_TRACKED,
	.unit = BASE_PAGE,
	.units = 2,
	.fs = EXT4_SUPER_MAGIC,
	.prepare = ext4_prepare,
	.map = shared_map,
	.check = shared_check,
};

const struct mem_kind mem_private_xfs = {
	.name = "private-xfs",
	.about = "MAP_PRIVATE of a file on xfs",
	.needs = { "xfs" },
	.share = SHARE_PRIVATE_FILE,
	.unit = BASE_PAGE,
	.units = 2,
	.fs = XFS_SUPER_MAGIC,
	.prepare = xfs_prepare,
	.map = private_map,
	.check = private_check,
};

const struct mem_kind mem_shared_xfs = {
	.name = "shared-xfs",
	.about = "MAP_SHARED of a file on xfs",
	.needs = { "xfs" },
	.share = SHARE_SHARED_TRACKED,
	.unit = BASE_PAGE,
	.units = 2,
	.fs = XFS_SUPER_MAGIC,
	.prepare = xfs_prepare,
	.map = shared_map,
	.check = shared_check,
};
