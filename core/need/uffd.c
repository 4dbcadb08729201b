// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/uffd.h"
#include "core/base/util.h"
#include "core/need/kind.h"

/* Two pages, and a userfaultfd that has them registered in a mode. */
struct
try {
	int fd;
	char *at;
};

static int try_registered(struct try *t, int flags, __u64 mode, char *why, size_t size)
{
	__u64 features;
	int err;

	t->fd = uffd_open(&features);
	if (t->fd < 0)
		return unmet(why, size, "userfaultfd with UFFD_FEATURE_SIGBUS: %s",
			     errno_name(-t->fd));
	t->at = mmap(NULL, 2 * BASE_PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
	if (t->at == MAP_FAILED)
		return unmet(why, size, "mmap: %s", errno_name(errno));
	err = uffd_register(t->fd, t->at, 2 * BASE_PAGE, mode);
	return err ? unmet(why, size, "UFFDIO_REGISTER: %s", errno_name(-err)) : 0;
}

static int did(int err, const char *what, char *why, size_t size)
{
	return err ? unmet(why, size, "%s: %s", what, errno_name(-err)) : 0;
}

static int try_missing(char *why, size_t size)
{
	struct try t = { 0 };

	if (try_registered(&t, MAP_PRIVATE, UFFDIO_REGISTER_MODE_MISSING, why, size))
		return 1;
	return did(uffd_zero(t.fd, t.at, BASE_PAGE), "UFFDIO_ZEROPAGE", why, size);
}

static int try_protect(int flags, char *why, size_t size)
{
	struct try t = { 0 };

	if (try_registered(&t, flags, UFFDIO_REGISTER_MODE_WP, why, size))
		return 1;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) try_registered() mapped it */
	*(volatile char *)t.at = 1;
	return did(uffd_protect(t.fd, t.at, BASE_PAGE, true), "UFFDIO_WRITEPROTECT", why, size);
}

static int try_wp(char *why, size_t size)
{
	return try_protect(MAP_PRIVATE, why, size);
}

static int try_wp_shmem(char *why, size_t size)
{
	return try_protect(MAP_SHARED, why, size);
}

static int try_minor(char *why, size_t size)
{
	struct try t = { 0 };

	if (try_registered(&t, MAP_SHARED, UFFDIO_REGISTER_MODE_MINOR, why, size))
		return 1;
	uffd_unregister(t.fd, t.at, 2 * BASE_PAGE);
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) try_registered() mapped it */
	*(volatile char *)t.at = 1;
	if (madvise(t.at, BASE_PAGE, MADV_DONTNEED) ||
	    uffd_register(t.fd, t.at, BASE_PAGE, UFFDIO_REGISTER_MODE_MINOR))
		return unmet(why, size, "registering again: %s", errno_name(errno));
	return did(uffd_continue(t.fd, t.at, BASE_PAGE), "UFFDIO_CONTINUE", why, size);
}

static int try_move(char *why, size_t size)
{
	struct try t = { 0 };

	if (try_registered(&t, MAP_PRIVATE, UFFDIO_REGISTER_MODE_MISSING, why, size))
		return 1;
	return did(uffd_move(t.fd, t.at + BASE_PAGE, t.at, BASE_PAGE), "UFFDIO_MOVE", why, size);
}

static int try_poison(char *why, size_t size)
{
	struct try t = { 0 };

	if (try_registered(&t, MAP_PRIVATE, UFFDIO_REGISTER_MODE_MISSING, why, size))
		return 1;
	return did(uffd_poison(t.fd, t.at, BASE_PAGE), "UFFDIO_POISON", why, size);
}

const struct need need_uffd = {
	.name = "uffd",
	.about = "userfaultfd(2)",
	.hint = "a kernel with CONFIG_USERFAULTFD; sysctl vm.unprivileged_userfaultfd=1 or root",
	.probe = try_missing,
	.in_child = true,
};

const struct need need_uffd_wp = {
	.name = "uffd-wp",
	.about = "UFFDIO_WRITEPROTECT of anonymous memory",
	.hint = "Linux 5.7 or later with CONFIG_HAVE_ARCH_USERFAULTFD_WP",
	.probe = try_wp,
	.in_child = true,
};

const struct need need_uffd_wp_shmem = {
	.name = "uffd-wp-shmem",
	.about = "UFFDIO_WRITEPROTECT of shared memory",
	.hint = "Linux 5.19 or later with CONFIG_PTE_MARKER_UFFD_WP",
	.probe = try_wp_shmem,
	.in_child = true,
};

const struct need need_uffd_minor = {
	.name = "uffd-minor",
	.about = "UFFDIO_CONTINUE of shared memory",
	.hint = "Linux 5.14 or later with CONFIG_HAVE_ARCH_USERFAULTFD_MINOR",
	.probe = try_minor,
	.in_child = true,
};

const struct need need_uffd_move = {
	.name = "uffd-move",
	.about = "UFFDIO_MOVE",
	.hint = "Linux 6.8 or later",
	.probe = try_move,
	.in_child = true,
};

const struct need need_uffd_poison = {
	.name = "uffd-poison",
	.about = "UFFDIO_POISON",
	.hint = "Linux 6.6 or later",
	.probe = try_poison,
	.in_child = true,
};
