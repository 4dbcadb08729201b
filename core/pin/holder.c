// SPDX-License-Identifier: GPL-2.0-only
#include "core/pin/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/base/futex.h"
#include "core/base/process.h"
#include "core/guard/guard.h"
#include "core/pin/holder_loop.h"
#include "core/pin/holder_serve.h"

enum { FILES = HOLDER_WAYS * PINS_MAX, LIMIT_MS = 10000, CHECK_MS = 100, LEAST_PAGES = 256 };

struct file {
	_Atomic uint32_t wanted, mode, reached; /* enum holder_mode; futexes but for wanted */
	_Atomic int submitter;
};

/* Shared with all processes. */
struct shared {
	struct file file[FILES];
	_Atomic uint32_t ready;
	int err;
	char why[128];
};

static struct {
	struct shared *shared;
	char *stage;
	int kick; /* eventfd: a mode is wanted */
	pid_t pid;
	int users[HOLDER_WAYS], fd[FILES];
} holder = { .kick = -1 };

static int number(enum holder_way way, int index)
{
	return (int)way * PINS_MAX + index;
}

static int futex_until(_Atomic uint32_t *word, uint32_t wanted, unsigned ms)
{
	uint64_t end = now_ns() + ms * 1000000ull;
	uint32_t seen;

	while ((seen = atomic_load(word)) != wanted) {
		if (now_ns() > end)
			return -ETIMEDOUT;
		futex_wait(word, seen, ms < CHECK_MS ? ms : CHECK_MS);
	}
	return 0;
}

/* --- The holder's own process --- */

/*
 * In exit_aio() a process waits for its transfers, and the runner for the process. By then its
 * memory is gone, or in execve() that of the next image: a stack alone. Other files of /proc wait
 * for execve() to be over.
 */
static bool leaves(pid_t pid)
{
	char path[48], text[128];

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	return file_read(path, text, sizeof(text)) < 0 || strtol(text, NULL, 10) < LEAST_PAGES;
}

/* Who keeps a transfer says so before its submitter goes: asked again, that one is here. */
static bool is_left(const struct file *f)
{
	pid_t pid = atomic_load(&f->submitter);

	return leaves(pid) && atomic_load(&f->submitter) == pid;
}

static void take_mode(struct file *f, int dev)
{
	uint32_t wanted = atomic_load(&f->wanted);

	if (atomic_load(&f->mode) == wanted)
		return;
	if (wanted == HOLDER_FAIL)
		fuse_serve(dev, HOLDER_FAIL, NULL);
	if (wanted == HOLDER_HOLD)
		atomic_store(&f->reached, 0);
	atomic_store(&f->mode, wanted);
	futex_wake(&f->mode);
}

static void see_arrival(struct file *f)
{
	if (atomic_exchange(&f->reached, 1))
		return;
	futex_wake(&f->reached);
}

static void turn(const int dev[], bool *held)
{
	struct pollfd poll_set[FILES + 1];
	uint64_t kicks;

	for (int i = 0; i < FILES; i++) {
		const struct file *f = &holder.shared->file[i];
		bool skip = atomic_load(&f->mode) == HOLDER_HOLD && atomic_load(&f->reached);

		poll_set[i] = (struct pollfd){ .fd = skip ? -1 : dev[i], .events = POLLIN };
	}
	poll_set[FILES] = (struct pollfd){ .fd = holder.kick, .events = POLLIN };
	poll(poll_set, FILES + 1, *held ? CHECK_MS : -1);
	if (poll_set[FILES].revents && read(holder.kick, &kicks, sizeof(kicks)) < 0)
		return;
	*held = false;
	for (int i = 0; i < FILES; i++) {
		struct file *f = &holder.shared->file[i];

		take_mode(f, dev[i]);
		if (atomic_load(&f->mode) != HOLDER_HOLD) {
			if (poll_set[i].revents)
				fuse_serve(dev[i], (enum holder_mode)atomic_load(&f->mode),
					   holder.stage + (size_t)i * HOLDER_MAX);
			continue;
		}
		if (poll_set[i].revents)
			see_arrival(f);
		*held = true;
		if (is_left(f))
			atomic_store(&f->wanted, HOLDER_FAIL);
		take_mode(f, dev[i]);
	}
}

static int own_namespace(void)
{
	if (unshare(CLONE_NEWNS) && (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWNS)))
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	return mount("pinfold", "/tmp", "tmpfs", 0, "size=64k") ? -errno : 0;
}

static int mount_file(int i, int *dev)
{
	char path[32], options[128];
	int fd;

	snprintf(path, sizeof(path), "/tmp/%d", i);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	*dev = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (*dev < 0)
		return -errno;
	snprintf(options, sizeof(options), "fd=%d,rootmode=100600,user_id=%d,group_id=%d", *dev,
		 (int)geteuid(), (int)getegid());
	return mount("pinfold", path, "fuse", MS_NODEV | MS_NOSUID, options) ? -errno : 0;
}

static _Noreturn void hold(void)
{
	struct shared *s = holder.shared;
	int dev[FILES];
	bool held = false;
	int err;

	guard_forget();
	close_linked("vfio");
	close_linked("/dev/iommu");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	err = own_namespace();
	if (err)
		snprintf(s->why, sizeof(s->why), "mount namespace: %s", errno_name(-err));
	for (int i = 0; i < FILES && !err; i++) {
		err = mount_file(i, &dev[i]);
		if (err)
			snprintf(s->why, sizeof(s->why), "mounting FUSE: %s", errno_name(-err));
	}
	s->err = err;
	atomic_store(&s->ready, 1);
	futex_wake(&s->ready);
	if (err)
		_exit(1);
	for (;;)
		turn(dev, &held);
}

/* --- The runner and the actors --- */

static void stop(void)
{
	if (holder.pid > 0) {
		kill(holder.pid, SIGKILL);
		waitpid(holder.pid, NULL, 0);
	}
	holder.pid = 0;
	close_fd(&holder.kick);
	holder.kick = -1;
	if (holder.shared)
		munmap(holder.shared, sizeof(*holder.shared));
	if (holder.stage)
		munmap(holder.stage, (size_t)FILES * HOLDER_MAX);
	holder.shared = NULL;
	holder.stage = NULL;
}

static void *shared_memory(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static int start(char *why, size_t size)
{
	int err;

	holder.shared = shared_memory(sizeof(*holder.shared));
	holder.stage = shared_memory((size_t)FILES * HOLDER_MAX);
	holder.kick = eventfd(0, EFD_CLOEXEC);
	if (!holder.shared || !holder.stage || holder.kick < 0) {
		snprintf(why, size, "no memory for the holder");
		stop();
		return -ENOMEM;
	}
	for (int i = 0; i < FILES; i++)
		holder.fd[i] = -1;
	fflush(NULL);
	holder.pid = fork();
	if (!holder.pid)
		hold();
	err = holder.pid < 0 ? -errno : futex_until(&holder.shared->ready, 1, LIMIT_MS);
	if (!err)
		err = holder.shared->err;
	if (err) {
		snprintf(why, size, "%.100s",
			 *holder.shared->why ? holder.shared->why : "the holder does not start");
		stop();
	}
	return err;
}

static int open_file(enum holder_way way, int i)
{
	struct stat st;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/root/tmp/%d", holder.pid, number(way, i));
	/* The size is not known before, and what extends a file is not asynchronous. */
	if (stat(path, &st))
		return -errno;
	if (way == HOLDER_LOOP)
		return loop_over(path);
	/*
	 * The first close asks the holder (FUSE_FLUSH), later ones don't. A fork that a
	 * signal ends closes files, too, and would wait while the holder holds.
	 */
	fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	close_fd(&fd);
	fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int holder_open(enum holder_way way, char *why, size_t size)
{
	int err = holder.pid > 0 ? 0 : start(why, size);

	if (err)
		return err;
	if (holder.users[way]++)
		return 0;
	for (int i = 0; i < PINS_MAX; i++) {
		int fd = open_file(way, i);

		if (fd < 0) {
			snprintf(why, size, "%s: %s",
				 way == HOLDER_LOOP ? "a loop device over a FUSE file" :
						      "opening a FUSE file",
				 errno_name(-fd));
			holder_close(way);
			return fd;
		}
		holder.fd[number(way, i)] = fd;
	}
	return 0;
}

void holder_close(enum holder_way way)
{
	if (!holder.users[way] || --holder.users[way])
		return;
	for (int i = 0; i < PINS_MAX; i++) {
		close_fd(&holder.fd[number(way, i)]);
		holder.fd[number(way, i)] = -1;
	}
	for (int i = 0; i < HOLDER_WAYS; i++)
		if (holder.users[i])
			return;
	stop();
}

int holder_fd(enum holder_way way, int index)
{
	return holder.fd[number(way, index)];
}

char *holder_stage(enum holder_way way, int index)
{
	return holder.stage + (size_t)number(way, index) * HOLDER_MAX;
}

static int want(struct file *f, enum holder_mode mode)
{
	const uint64_t one = 1;

	atomic_store(&f->wanted, mode);
	if (write(holder.kick, &one, sizeof(one)) < 0)
		return -errno;
	return futex_until(&f->mode, mode, LIMIT_MS);
}

int holder_mode(enum holder_way way, int index, enum holder_mode mode)
{
	struct file *f = &holder.shared->file[number(way, index)];
	int err = 0;

	/* What a process that is gone left here would stay, and that process with it. */
	if (mode == HOLDER_HOLD && atomic_load(&f->mode) == HOLDER_HOLD)
		err = want(f, HOLDER_FAIL);
	atomic_store(&f->submitter, getpid());
	return err ? err : want(f, mode);
}

void holder_submitter(enum holder_way way, int index)
{
	atomic_store(&holder.shared->file[number(way, index)].submitter, getpid());
}

int holder_reached(enum holder_way way, int index, unsigned ms)
{
	return futex_until(&holder.shared->file[number(way, index)].reached, 1, ms);
}
