// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/mem/kind.h"

/* include/uapi/linux/mount.h, which a libc's sys/mount.h may contradict. */
enum {
	OPEN_CLOEXEC = 1,
	MOUNT_CLOEXEC = 1,
	PICK_CLOEXEC = 1,
	PICK_EMPTY_PATH = 8,
	CONFIG_SET_FLAG = 0,
	CONFIG_CREATE = 6,
	CONFIG_RECONFIGURE = 7,
};

static int configure(int context, int command, const char *key)
{
	return syscall(SYS_fsconfig, context, command, key, NULL, 0) ? -errno : 0;
}

int mount_new(void)
{
	own_fd context = (int)syscall(SYS_fsopen, "tmpfs", OPEN_CLOEXEC);
	int err = context < 0 ? -errno : configure(context, CONFIG_CREATE, NULL), root;

	if (err)
		return err;
	root = (int)syscall(SYS_fsmount, context, MOUNT_CLOEXEC, 0);
	return root < 0 ? -errno : root;
}

int mount_set(int root, bool read_only)
{
	own_fd context = (int)syscall(SYS_fspick, root, "", PICK_CLOEXEC | PICK_EMPTY_PATH);
	int err = context < 0 ? -errno :
				configure(context, CONFIG_SET_FLAG, read_only ? "ro" : "rw");

	return err ? err : configure(context, CONFIG_RECONFIGURE, NULL);
}

int region_open(const struct region *r, int flags)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->fd);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int region_fd_loads_only(struct region *r)
{
	int fd = region_open(r, O_RDONLY);

	if (fd < 0)
		return fd;
	close(r->fd);
	r->fd = fd;
	return 0;
}

/* With a name: a file without one that is open keeps a file system from read-only, too. */
static int prepare(struct region *r)
{
	r->root = mount_new();
	if (r->root < 0)
		return r->root;
	r->fd = openat(r->root, "file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return r->fd < 0 || ftruncate(r->fd, (off_t)r->len) ? -errno : 0;
}

/* Through a descriptor of its own, which the mapping alone keeps open. */
static int shared_map(struct region *r, char *at)
{
	own_fd fd = region_open(r, O_RDWR);
	struct region own = *r;
	int err = fd;

	own.fd = fd;
	if (fd >= 0)
		err = region_map_small(&own, at, MAP_SHARED);
	if (!err)
		r->addr = own.addr;
	return err;
}

static int private_map(struct region *r, char *at)
{
	return region_map_small(r, at, MAP_PRIVATE);
}

static int check(struct region *r, char *why, size_t size)
{
	struct stat st;
	int err = region_check_file(r, why, size);

	if (err)
		return err;
	if (fstat(r->fd, &st))
		return -errno;
	if (st.st_nlink == 1)
		return region_check_present(r, r->kind->share == SHARE_SHARED, why, size);
	snprintf(why, size, "its file has %lu names", (unsigned long)st.st_nlink);
	return 1;
}

const struct mem_kind mem_shared_mount = {
	.name = "shared-mount",
	.about = "MAP_SHARED of a file on a tmpfs of its own, which no one but who maps it has "
		 "open for stores",
	.needs = { "remount" },
	.share = SHARE_SHARED,
	.unit = BASE_PAGE,
	.units = 2,
	.remounts = true,
	.fs = TMPFS_MAGIC,
	.prepare = prepare,
	.map = shared_map,
	.check = check,
};

const struct mem_kind mem_private_mount = {
	.name = "private-mount",
	.about = "MAP_PRIVATE of a file on a tmpfs of its own, which no one has open for stores",
	.needs = { "remount" },
	.share = SHARE_PRIVATE_FILE,
	.unit = BASE_PAGE,
	.units = 2,
	.remounts = true,
	.fs = TMPFS_MAGIC,
	.prepare = prepare,
	.map = private_map,
	.check = check,
};
