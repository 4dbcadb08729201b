// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/uffd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"

enum { BUSY_TRIES = 1000 };

int uffd_open(__u64 *features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_SIGBUS };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	/* What the kernel touches is SIGBUS with that feature anyway. */
	if (fd < 0 && errno == EPERM)
		fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, UFFDIO_API, &api)) {
		int err = -errno;

		close(fd);
		return err;
	}
	*features = api.features;
	return fd;
}

static struct uffdio_range range_of(const void *at, size_t len)
{
	return (struct uffdio_range){ .start = (__u64)(uintptr_t)at, .len = len };
}

int uffd_register(int fd, const void *at, size_t len, __u64 mode)
{
	struct uffdio_register r = { .range = range_of(at, len), .mode = mode };

	return ioctl(fd, UFFDIO_REGISTER, &r) ? -errno : 0;
}

int uffd_unregister(int fd, const void *at, size_t len)
{
	struct uffdio_range r = range_of(at, len);

	return ioctl(fd, UFFDIO_UNREGISTER, &r) ? -errno : 0;
}

/* EAGAIN: a page was locked, or the memory map changed; ask again. */
static int retried(int fd, unsigned long request, void *arg)
{
	for (int i = 0; i < BUSY_TRIES; i++) {
		if (!ioctl(fd, request, arg))
			return 0;
		if (errno != EAGAIN)
			return -errno;
		usleep(100);
	}
	return -EAGAIN;
}

int uffd_protect(int fd, const void *at, size_t len, bool on)
{
	struct uffdio_writeprotect w = { .range = range_of(at, len),
					 .mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0 };

	return retried(fd, UFFDIO_WRITEPROTECT, &w);
}

int uffd_copy(int fd, void *to, const void *from, size_t len)
{
	struct uffdio_copy c = { .dst = (__u64)(uintptr_t)to,
				 .src = (__u64)(uintptr_t)from,
				 .len = len };

	return retried(fd, UFFDIO_COPY, &c);
}

int uffd_zero(int fd, void *at, size_t len)
{
	struct uffdio_zeropage z = { .range = range_of(at, len) };

	return retried(fd, UFFDIO_ZEROPAGE, &z);
}

int uffd_poison(int fd, void *at, size_t len)
{
	struct uffdio_poison p = { .range = range_of(at, len) };

	return retried(fd, UFFDIO_POISON, &p);
}

int uffd_continue(int fd, void *at, size_t len)
{
	struct uffdio_continue c = { .range = range_of(at, len) };

	return retried(fd, UFFDIO_CONTINUE, &c);
}

int uffd_move(int fd, void *to, const void *from, size_t len)
{
	struct uffdio_move m = { .dst = (__u64)(uintptr_t)to,
				 .src = (__u64)(uintptr_t)from,
				 .len = len,
				 .mode = UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES };

	return retried(fd, UFFDIO_MOVE, &m);
}
