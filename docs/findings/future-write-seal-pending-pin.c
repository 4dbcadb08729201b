// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd: a pin that is pending when F_SEAL_FUTURE_WRITE succeeds still writes.
 *
 * fcntl(2): after F_SEAL_FUTURE_WRITE the contents of the file "can still be
 * modified via shared writable mappings that were created prior to the seal
 * being set". Here no mapping is left, only a registered (pinned) buffer of a
 * ring. F_SEAL_WRITE answers EBUSY to that; F_SEAL_FUTURE_WRITE succeeds at
 * once, and a read into the buffer then changes the file.
 *
 * cc -Wall -Wextra -o t future-write-seal-pending-pin.c -luring
 * Exit 0: the file did not change, or the seal was refused; 1: it changed under
 * its seal; 2: set-up failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 4096

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(2);
}

int main(void)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING), source = memfd_create("source", 0);
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	struct iovec iov;
	char data[SIZE];
	int sealed;
	char *at;

	need(fd >= 0 && !ftruncate(fd, SIZE), "memfd");
	memset(data, 2, SIZE);
	need(source >= 0 && pwrite(source, data, SIZE, 0) == SIZE, "source");
	at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	need(at != MAP_FAILED, "mmap");
	memset(at, 1, SIZE);
	need(!io_uring_queue_init(4, &ring, 0), "io_uring_queue_init");
	iov = (struct iovec){ at, SIZE };
	need(!io_uring_register_buffers(&ring, &iov, 1), "register");
	need(!munmap(at, SIZE), "munmap");

	printf("F_SEAL_WRITE with the pin: %s\n",
	       fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) ? strerror(errno) : "ok");
	sealed = !fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
	printf("F_SEAL_FUTURE_WRITE with the pin: %s\n", sealed ? "ok" : strerror(errno));

	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read_fixed(sqe, source, at, SIZE, 0, 0);
	need(io_uring_submit_and_wait(&ring, 1) == 1, "submit");
	need(!io_uring_peek_cqe(&ring, &cqe) && cqe->res == SIZE, "read");
	io_uring_cqe_seen(&ring, cqe);

	need(pread(fd, data, SIZE, 0) == SIZE, "pread");
	printf("the file held 1, now it holds %d\n", data[0]);
	return sealed && data[0] != 1;
}
