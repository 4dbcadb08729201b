// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_uring: data read into a registered buffer is lost after MADV_FREE.
 *
 * MADV_FREE lets the kernel drop a page until it is written again. A read into a
 * registered (pinned) buffer writes it through the kernel's mapping, and the pin
 * is released without marking the page dirty, so reclaim drops it: the data that
 * a completed read delivered is gone. Documentation/core-api/pin_user_pages.rst
 * asks for unpin_user_pages_dirty_lock() after such a write.
 *
 * cc -Wall -Wextra -o t uring-unpin-not-dirty.c -luring
 * Exit 0: the data survived; 1: it was lost; 2: set-up failed.
 */
#define _GNU_SOURCE
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 4096

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(2);
}

int main(void)
{
	struct io_uring ring;
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	char source[SIZE];
	int fd = memfd_create("source", 0);
	char *buf = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov = { buf, SIZE };

	memset(source, 2, SIZE);
	need(fd >= 0 && pwrite(fd, source, SIZE, 0) == SIZE, "memfd");
	need(buf != MAP_FAILED, "mmap");
	need(!io_uring_queue_init(4, &ring, 0), "io_uring_queue_init");

	memset(buf, 1, SIZE);
	need(!io_uring_register_buffers(&ring, &iov, 1), "register");
	need(!madvise(buf, SIZE, MADV_FREE), "MADV_FREE");

	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read_fixed(sqe, fd, buf, SIZE, 0, 0);
	need(io_uring_submit_and_wait(&ring, 1) == 1, "submit");
	need(!io_uring_peek_cqe(&ring, &cqe) && cqe->res == SIZE, "read");
	io_uring_cqe_seen(&ring, cqe);
	need(!io_uring_unregister_buffers(&ring), "unregister");

	need(!madvise(buf, SIZE, MADV_PAGEOUT), "MADV_PAGEOUT");
	printf("read delivered 2, memory now holds %d\n", buf[0]);
	return buf[0] == 2 ? 0 : 1;
}
