/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userfaultfd without a handler: with UFFD_FEATURE_SIGBUS what it stops is a
 * SIGBUS (EFAULT for a pin), so nobody else has to enter the address space.
 */
#ifndef CORE_BASE_UFFD_H
#define CORE_BASE_UFFD_H

#include <linux/userfaultfd.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>

#ifndef UFFD_FEATURE_MINOR_SHMEM
#define UFFD_FEATURE_MINOR_SHMEM (1 << 10)
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#ifndef UFFDIO_MOVE
struct uffdio_move {
	__u64 dst, src, len, mode;
	__s64 move;
};
#define UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES ((__u64)1 << 1)
#define UFFDIO_MOVE _IOWR(UFFDIO, 0x05, struct uffdio_move)
#endif

#ifndef UFFDIO_POISON
struct uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};
#define UFFDIO_POISON _IOWR(UFFDIO, 0x08, struct uffdio_poison)
#endif

/* A userfaultfd of the calling process, *features what the kernel has. fd or -errno. */
int uffd_open(__u64 *features);

/* All return 0 or -errno; mode is UFFDIO_REGISTER_MODE_*. */
int uffd_register(int fd, const void *at, size_t len, __u64 mode);
int uffd_unregister(int fd, const void *at, size_t len);
int uffd_protect(int fd, const void *at, size_t len, bool on);
int uffd_copy(int fd, void *to, const void *from, size_t len);
int uffd_zero(int fd, void *at, size_t len);
int uffd_poison(int fd, void *at, size_t len);
int uffd_continue(int fd, void *at, size_t len);
/* Holes are moved too. */
int uffd_move(int fd, void *to, const void *from, size_t len);

#endif
