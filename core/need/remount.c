// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>

#include "core/base/util.h"
#include "core/mem/mount.h"
#include "core/need/kind.h"

static int read_only_while_open(int root)
{
	own_fd file = openat(root, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return file < 0 ? -errno : mount_set(root, true);
}

static int remount_probe(char *why, size_t size)
{
	own_fd root = mount_new(), file = -1;
	int err;

	if (root < 0)
		return unmet(why, size, "a tmpfs without a path: %s", errno_name(-root));
	err = read_only_while_open(root);
	if (err != -EBUSY)
		return unmet(why, size, "read-only with a file open for stores: %s",
			     err ? errno_name(-err) : "allowed");
	err = mount_set(root, true);
	if (err)
		return unmet(why, size, "read-only: %s", errno_name(-err));
	file = openat(root, "file", O_RDWR | O_CLOEXEC);
	if (file >= 0 || errno != EROFS)
		return unmet(why, size, "read-only, and its file can be opened for stores");
	err = mount_set(root, false);
	return err ? unmet(why, size, "writable again: %s", errno_name(-err)) : 0;
}

const struct need need_remount = {
	.name = "remount",
	.about = "a tmpfs that is mounted nowhere, which fspick(2) makes read-only",
	.hint = "sudo pinfold COMMAND, on a kernel from 5.2 on",
	.probe = remount_probe,
};
