// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/self.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

static const char *const path[SELF_FILES] = {
	[SELF_PAGEMAP] = "/proc/self/pagemap",
	[SELF_SMAPS] = "/proc/self/smaps",
	[SELF_MAPS] = "/proc/self/maps",
	[SELF_STATUS] = "/proc/self/status",
};

/*
 * A child inherits the descriptors, and they show the process that opened them. Its threads
 * would share their offset.
 */
static struct {
	pid_t pid;
	int fd[SELF_FILES];
} kept;

void self_keep(void)
{
	for (int i = 0; i < SELF_FILES; i++) {
		kept.fd[i] = open(path[i], O_RDONLY | O_CLOEXEC);
		if (kept.fd[i] < 0)
			return;
	}
	kept.pid = getpid();
}

int self_open(enum self_file file)
{
	int fd;

	if (kept.pid != gettid())
		return open(path[file], O_RDONLY | O_CLOEXEC);
	fd = fcntl(kept.fd[file], F_DUPFD_CLOEXEC, 0);
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}
