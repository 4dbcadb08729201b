// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "core/base/util.h"
#include "core/guard/guard.h"

int unmet(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return 1;
}

/* 0 and *status, or -ETIME after killing and reaping it. */
static int wait_for(pid_t pid, int seconds, int *status)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	uint64_t end = now_ns() + (uint64_t)seconds * 1000000000u;
	pid_t got;

	while (!(got = waitpid(pid, status, WNOHANG)) || (got < 0 && errno == EINTR)) {
		if (now_ns() > end) {
			kill(pid, SIGKILL);
			waitpid(pid, status, 0);
			return -ETIME;
		}
		nanosleep(&nap, NULL);
	}
	return got < 0 ? -errno : 0;
}

int probe_in_child(int (*probe)(char *why, size_t size), char *why, size_t size)
{
	char *text =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0, err;
	pid_t pid;

	if (text == MAP_FAILED)
		return unmet(why, size, "no memory for the probe");
	fflush(NULL);
	pid = fork();
	if (!pid) {
		guard_forget();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(probe(text, BASE_PAGE) ? 1 : 0);
	}
	err = pid < 0 ? -errno : wait_for(pid, 10, &status);
	if (err)
		unmet(text, BASE_PAGE, "the probe %s", err == -ETIME ? "hung" : errno_name(-err));
	else if (WIFSIGNALED(status))
		unmet(text, BASE_PAGE, "the probe died of signal %d", WTERMSIG(status));
	err = err || status;
	if (err)
		snprintf(why, size, "%s", text);
	munmap(text, BASE_PAGE);
	return err;
}

static _Noreturn void exec_quietly(const char *const argv[])
{
	const char *path = getenv("PATH");
	int null = open("/dev/null", O_RDWR);
	char all[4096];

	guard_forget();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	snprintf(all, sizeof(all), "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
	setenv("PATH", all, 1);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

int run_quietly(const char *const argv[])
{
	int status = 0, err;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		exec_quietly(argv);
	err = pid < 0 ? -errno : wait_for(pid, 20, &status);
	if (err)
		return err;
	if (!WIFEXITED(status))
		return -EINTR;
	return WEXITSTATUS(status) == 127 ? -ENOENT : WEXITSTATUS(status);
}

static bool module_loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

/* "insmod /lib/modules/.../vfio-pci.ko.xz options": its name is vfio_pci. */
static int journal_module(char *line)
{
	char *path = strncmp(line, "insmod ", strlen("insmod ")) ? NULL : line + strlen("insmod ");
	char *name;

	if (!path)
		return 0;
	path[strcspn(path, " \n")] = '\0';
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	name[strcspn(name, ".")] = '\0';
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	return module_loaded(name) ? 0 : guard_will_module(name);
}

void load_module(const char *name)
{
	const char *const load[] = { "modprobe", "-q", name, NULL };
	char line[4096];
	int err = 0;
	FILE *f;

	snprintf(line, sizeof(line),
		 "PATH=$PATH:/usr/sbin:/sbin modprobe -q --show-depends '%s' 2>/dev/null", name);
	f = popen(line, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		err = err ? err : journal_module(line);
	if (!pclose(f) && !err)
		run_quietly(load);
}
