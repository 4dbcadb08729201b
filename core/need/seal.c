// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/need/kind.h"

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

static int seal_exec_probe(char *why, size_t size)
{
	own_fd fd = memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return unmet(why, size, "memfd_create: %s", errno_name(errno));
	if (!(st.st_mode & 0111))
		return unmet(why, size, "vm.memfd_noexec makes files without execute permission");
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC))
		return unmet(why, size, "F_SEAL_EXEC: %s", errno_name(errno));
	return 0;
}

const struct need need_seal_exec = {
	.name = "seal-exec",
	.about = "F_SEAL_EXEC of an executable memfd",
	.hint = "Linux 6.3 or later; sysctl vm.memfd_noexec=0",
	.probe = seal_exec_probe,
};
