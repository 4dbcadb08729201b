// SPDX-License-Identifier: GPL-2.0-only
#include "core/guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "core/base/pci_use.h"
#include "core/base/util.h"
#include "core/guard/journal.h"

static struct {
	int dir, lock, line; /* line: socket to the other process */
	pid_t pid;	     /* of the guard process */
	char path[PATH_MAX];
} guard = { .dir = -1, .lock = -1, .line = -1 };

struct reply {
	int err;
	char why[256];
};

static void drop(int *fd)
{
	close_fd(fd);
	*fd = -1;
}

void guard_forget(void)
{
	drop(&guard.line);
	drop(&guard.lock);
	drop(&guard.dir);
}

static int open_state(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	guard.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (guard.dir < 0)
		return -errno;
	/* The journal is obeyed as the user who runs this: nobody else may write it. */
	if (fstat(guard.dir, &st) || st.st_uid != geteuid() || st.st_mode & 022) {
		drop(&guard.dir);
		return -EPERM;
	}
	guard.lock = openat(guard.dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (guard.lock < 0) {
		int err = -errno;

		drop(&guard.dir);
		return err;
	}
	snprintf(guard.path, sizeof(guard.path), "%s", path);
	return 0;
}

static int find_state(void)
{
	const char *dirs[] = { "/var/lib/pinfold", "/run/pinfold" };
	const char *own = getenv("PINFOLD_STATE_DIR");
	char private[64];
	int err = -EACCES;

	if (own && *own)
		return open_state(own);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		err = open_state(dirs[i]);
		if (!err)
			return 0;
	}
	/* An ordinary user can change no host setting, but leaves folders behind. */
	if (!geteuid())
		return err;
	snprintf(private, sizeof(private), "/tmp/pinfold-%u", (unsigned)geteuid());
	return open_state(private);
}

static bool holder_died(void)
{
	char pid[32] = "";

	if (pread(guard.lock, pid, sizeof(pid) - 1, 0) <= 0 || atoi(pid) <= 0)
		return false;
	return kill(atoi(pid), 0) && errno == ESRCH;
}

static int take_lock(void)
{
	const struct timespec nap = { .tv_nsec = 50000000 };
	char pid[32];

	/* A dead runner's guard still restores: that ends soon. */
	for (int i = 0; flock(guard.lock, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (i == 600 || !holder_died())
			return -EBUSY;
		nanosleep(&nap, NULL);
	}
	snprintf(pid, sizeof(pid), "%-12d\n", (int)getpid());
	return pwrite(guard.lock, pid, strlen(pid), 0) < 0 ? -errno : 0;
}

static void settle_in(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGCHLD)
			signal(sig, SIG_IGN);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	prctl(PR_SET_NAME, "pinfold-guard");
	file_write("/proc/self/oom_score_adj", "-1000");
	if (chdir("/"))
		return;
}

static _Noreturn void guard_main(int line, int runner)
{
	struct pollfd wait_for[] = { { .fd = line, .events = POLLIN },
				     { .fd = runner, .events = POLLIN } };
	struct reply reply = { 0 };
	bool asked = false;
	int done;
	char c;

	settle_in();
	/* An actor may keep the socket open; then the runner's pidfd tells. */
	while (poll(wait_for, ARRAY_SIZE(wait_for), -1) < 0)
		continue;
	if (wait_for[0].revents & POLLIN)
		asked = recv(line, &c, 1, MSG_DONTWAIT) == 1;
	done = journal_restore(guard.dir, reply.why, sizeof(reply.why));
	reply.err = done < 0 ? done : 0;
	if (asked)
		send(line, &reply, sizeof(reply), MSG_NOSIGNAL);
	else if (done < 0)
		fprintf(stderr, "pinfold: the run died and the host is not restored: %s\n",
			reply.why);
	else if (done)
		fprintf(stderr, "pinfold: the run died; undid %d changes of the host\n", done);
	_exit(0);
}

static int start_process(void)
{
	own_fd runner = (int)syscall(SYS_pidfd_open, getpid(), 0);
	int line[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line))
		return -errno;
	fflush(NULL);
	guard.pid = fork();
	if (!guard.pid) {
		close(line[0]);
		guard_main(line[1], runner);
	}
	close(line[1]);
	guard.line = line[0];
	return guard.pid < 0 ? -errno : 0;
}

int guard_start(char *why, size_t size)
{
	char undo[200] = "";
	int err = find_state();

	if (err) {
		snprintf(why, size, "no folder for the journal, /var/lib/pinfold: %s",
			 errno_name(-err));
		return err;
	}
	err = take_lock();
	if (err) {
		snprintf(why, size,
			 err == -EBUSY ? "another run holds %s/lock" : "cannot lock %s/lock",
			 guard.path);
		goto fail;
	}
	err = journal_restore(guard.dir, undo, sizeof(undo));
	if (err < 0) {
		snprintf(why, size,
			 "what an earlier run changed cannot be restored (%s); "
			 "undo what %s/journal lists and remove it",
			 undo, guard.path);
		goto fail;
	}
	if (err)
		fprintf(stderr, "pinfold: undid %d changes that an earlier run left\n", err);
	err = start_process();
	if (!err)
		return 0;
	snprintf(why, size, "no guard process: %s", errno_name(-err));
fail:
	guard_forget();
	return err;
}

int guard_end(char *why, size_t size)
{
	struct reply reply = { 0 };
	ssize_t n = -1;

	if (guard.line < 0)
		return -EBADF;
	if (send(guard.line, "r", 1, MSG_NOSIGNAL) == 1)
		do
			n = recv(guard.line, &reply, sizeof(reply), 0);
		while (n < 0 && errno == EINTR);
	/* The guard itself may have been killed. */
	if (n != sizeof(reply)) {
		reply.err = journal_restore(guard.dir, reply.why, sizeof(reply.why));
		reply.err = reply.err < 0 ? reply.err : 0;
	}
	while (waitpid(guard.pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	guard_forget();
	if (reply.err)
		snprintf(why, size, "%.255s", reply.why);
	return reply.err;
}

static int note(const char *verb, const char *arg, const char *old)
{
	return guard.dir < 0 ? -EBADF : journal_append(guard.dir, verb, arg, old);
}

static int note_path(const char *verb, const char *path)
{
	/* The guard has another working directory. */
	return *path == '/' ? note(verb, path, "") : -EINVAL;
}

int guard_setting(const char *path, const char *text)
{
	char buf[4096], *old, *end;
	int err = file_read(path, buf, sizeof(buf));

	if (err < 0)
		return err;
	old = strchr(buf, '[');
	end = old ? strchr(old, ']') : NULL;
	if (end)
		*end = '\0';
	old = end ? old + 1 : buf;
	err = *path == '/' ? note("set", path, old) : -EINVAL;
	return err ? err : file_write(path, text);
}

int guard_will_mkdir(const char *path)
{
	return access(path, F_OK) ? note_path("mkdir", path) : 0;
}

int guard_will_create(const char *path)
{
	return access(path, F_OK) ? note_path("create", path) : -EEXIST;
}

int guard_will_mount(const char *target)
{
	return note_path("mount", target);
}

int guard_will_swapon(const char *path)
{
	return note_path("swapon", path);
}

int guard_will_loop(const char *device)
{
	return note_path("loop", device);
}

int guard_will_module(const char *name)
{
	return note("module", name, "");
}

int guard_will_zram(int number)
{
	char path[64], arg[16];

	snprintf(path, sizeof(path), "/sys/block/zram%d", number);
	snprintf(arg, sizeof(arg), "%d", number);
	return note("zram", arg, access(path, F_OK) ? "added" : "");
}

int guard_will_cgroup(const char *path, bool enabled)
{
	return note("cgroup", path, enabled ? "enabled" : "");
}

int guard_bind_vfio(const char *address)
{
	char path[256], link[512], why[256];
	const char *old = "";
	ssize_t n;
	int err;

	if (strspn(address, "0123456789abcdefABCDEF:.") != strlen(address))
		return -EINVAL;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", address);
	n = readlink(path, link, sizeof(link) - 1);
	if (n > 0) {
		link[n] = '\0';
		old = strrchr(link, '/') ? strrchr(link, '/') + 1 : link;
	}
	if (!strcmp(old, "vfio-pci"))
		return 0;
	if (pci_in_use("/sys", "/dev", address, why, sizeof(why)))
		return -EBUSY;
	err = note("vfio", address, old);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", address);
	err = file_write(path, "vfio-pci");
	if (!err && *old) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver/unbind", address);
		err = file_write(path, address);
	}
	return err ? err : file_write("/sys/bus/pci/drivers_probe", address);
}
