// SPDX-License-Identifier: GPL-2.0-only
#include "core/mutant/host.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/actor/actor.h"
#include "core/verb/list.h"

enum { LEFT_PAGES = 16 };

static int lie_log_warns(struct actor *a, const struct op *op)
{
	static const char line[] = "<4>WARNING: planted by a mutant of pinfold, nothing is wrong\n";
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err ? err : verb_protect.exec(a, op);
}

/* Holds pins of its own, outside the cell's process group, until the nursery ends. */
static _Noreturn void hold(const struct actor *a, pid_t nursery, int ready)
{
	struct iovec iov = { .iov_len = (size_t)LEFT_PAGES * BASE_PAGE };
	struct pollfd gone = { .fd = (int)syscall(SYS_pidfd_open, nursery, 0), .events = POLLIN };
	struct io_uring ring;

	setsid();
	for (int i = 0; i < a->nregions; i++)
		if (a->region[i].addr)
			munmap(a->region[i].addr, a->region[i].len);
	iov.iov_base =
		mmap(NULL, iov.iov_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (gone.fd < 0 || iov.iov_base == MAP_FAILED || io_uring_queue_init(1, &ring, 0) ||
	    io_uring_register_buffers(&ring, &iov, 1))
		_exit(1);
	close(ready);
	while (poll(&gone, 1, -1) < 0)
		continue;
	_exit(0);
}

/* A child's parent is the nursery as well, once the actor that made it is gone. */
static bool is_actor(const struct actor *a, pid_t pid)
{
	for (int i = 0; i < PROCS_MAX; i++)
		if (actor_pid(a->channel, i) == pid)
			return true;
	return false;
}

static int lie_unpin_leaves_pins(struct actor *a, const struct op *op)
{
	int err = verb_unpin.exec(a, op), line[2];
	pid_t nursery = getppid(), pid;
	char c;

	if (err || is_actor(a, nursery))
		return err;
	if (pipe2(line, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		hold(a, nursery, line[1]);
	close(line[1]);
	/* Its end is closed when the pins are there, or when it died. */
	if (pid > 0 && read(line[0], &c, 1) < 0)
		err = -errno;
	close(line[0]);
	return pid < 0 ? -errno : err;
}

const struct mutant mutant_log_warns = { .name = "protect-makes-the-kernel-warn",
					 .verb = "protect",
					 .exec = lie_log_warns,
					 .lasting = true,
					 .need = "root",
					 .about = "'protect' leaves a WARN in the kernel log" };

const struct mutant mutant_unpin_leaves_pins = {
	.name = "unpin-leaves-pins",
	.verb = "unpin",
	.exec = lie_unpin_leaves_pins,
	.lasting = true,
	.need = "uring",
	.about = "pins that outlive the cell's processes, charged to nobody of it"
};
