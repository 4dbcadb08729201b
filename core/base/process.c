// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/process.h"

#include <dirent.h>
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/util.h"

void close_linked(const char *word)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char path[300], link[300];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%s", e->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		if (strstr(link, word))
			close((int)strtol(e->d_name, NULL, 10));
	}
	if (dir)
		closedir(dir);
}

int fork_in_vain(void)
{
	pid_t self = getpid();
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (uintptr_t)&self,
				   .set_tid_size = 1 };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(0);
	if (pid < 0)
		return errno == EEXIST ? 0 : -errno;
	waitpid((pid_t)pid, NULL, 0);
	return -ECHILD;
}

char task_state(pid_t pid, pid_t tid)
{
	char path[64], text[512];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	if (file_read(path, text, sizeof(text)) < 0)
		return 0;
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : 0;
}

/* Not by /proc, which waits for an execve() that hangs. A descriptor is readable at the end. */
bool process_died(pid_t pid)
{
	own_fd fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd end = { .fd = fd, .events = POLLIN };

	return fd < 0 ? errno == ESRCH : poll(&end, 1, 0) == 1;
}
