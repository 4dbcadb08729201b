// SPDX-License-Identifier: GPL-2.0-only
/*
 * tmpfs: a pin that is pending when the file system becomes read-only still
 * changes a file.
 *
 * A remount to read-only fails with EBUSY while a file is open for writing. A
 * registered (pinned) buffer over a shared mapping is not counted: with mapping
 * and descriptor gone the remount succeeds, and a read into the buffer then
 * changes the file of a read-only file system. The seals of a memfd were made
 * to wait for such a writer; no document promises it for a remount.
 *
 * cc -Wall -Wextra -o t remount-ro-pending-pin.c -luring; as root. It mounts a
 * tmpfs in a mount namespace of its own.
 * Exit 0: the file did not change, or the remount was refused; 1: it changed;
 * 2: set-up failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#define SIZE 4096
#define DIR "/mnt"
#define PATH DIR "/file"

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(2);
}

int main(void)
{
	int source = memfd_create("source", 0), fd, remounted;
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	struct iovec iov;
	char data[SIZE];
	char *at;

	memset(data, 2, SIZE);
	need(source >= 0 && pwrite(source, data, SIZE, 0) == SIZE, "source");
	need(!unshare(CLONE_NEWNS), "unshare");
	need(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	need(!mount("test", DIR, "tmpfs", 0, "size=1m"), "tmpfs");

	fd = open(PATH, O_RDWR | O_CREAT, 0600);
	need(fd >= 0 && !ftruncate(fd, SIZE), PATH);
	at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	need(at != MAP_FAILED, "mmap");
	memset(at, 1, SIZE);
	need(!io_uring_queue_init(4, &ring, 0), "io_uring_queue_init");
	iov = (struct iovec){ at, SIZE };
	need(!io_uring_register_buffers(&ring, &iov, 1), "register");
	printf("remount with the file open: %s\n",
	       mount(NULL, DIR, NULL, MS_REMOUNT | MS_RDONLY, NULL) ? strerror(errno) : "ok");
	need(!munmap(at, SIZE) && !close(fd), "munmap");
	remounted = !mount(NULL, DIR, NULL, MS_REMOUNT | MS_RDONLY, NULL);
	printf("remount with the pin alone: %s\n", remounted ? "ok" : strerror(errno));

	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read_fixed(sqe, source, at, SIZE, 0, 0);
	need(io_uring_submit_and_wait(&ring, 1) == 1, "submit");
	need(!io_uring_peek_cqe(&ring, &cqe) && cqe->res == SIZE, "read");
	io_uring_cqe_seen(&ring, cqe);

	fd = open(PATH, O_RDONLY);
	need(fd >= 0 && read(fd, data, SIZE) == SIZE, "read of the file");
	printf("the file held 1, now it holds %d; opening it for writing: %s\n", data[0],
	       open(PATH, O_RDWR) < 0 ? strerror(errno) : "ok");
	return remounted && data[0] != 1;
}
