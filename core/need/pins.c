// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "core/base/trace.h"
#include "core/base/util.h"

static char *fresh_page(void)
{
	char *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	memset(page, 1, BASE_PAGE);
	return page;
}

static int uring_try(char *why, size_t size)
{
	struct io_uring_params params = { 0 };
	struct iovec buffer = { .iov_base = fresh_page(), .iov_len = BASE_PAGE };
	own_fd ring = (int)syscall(SYS_io_uring_setup, 1, &params);

	if (ring < 0 && errno == EPERM)
		return unmet(why, size,
			     "io_uring_setup: EPERM "
			     "(see kernel.io_uring_disabled, or a seccomp filter)");
	if (ring < 0)
		return unmet(why, size, "io_uring_setup: %s", errno_name(errno));
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1))
		return unmet(why, size, "registering a buffer: %s%s", errno_name(errno),
			     errno == ENOMEM ? " (see ulimit -l)" : "");
	if (syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, NULL, 0))
		return unmet(why, size, "unregistering a buffer: %s", errno_name(errno));
	return 0;
}

const struct need need_uring = {
	.name = "uring",
	.about = "io_uring with registered buffers",
	.hint = "sysctl -w kernel.io_uring_disabled=0; ulimit -l unlimited",
	.probe = uring_try,
	.in_child = true,
};

static int vmsplice_try(char *why, size_t size)
{
	struct iovec io = { .iov_base = fresh_page(), .iov_len = BASE_PAGE };
	int held[2], copy[2];
	char seen;

	if (!io.iov_base || pipe2(held, O_CLOEXEC) || pipe2(copy, O_CLOEXEC))
		return unmet(why, size, "no page or pipe: %s", errno_name(errno));
	if (vmsplice(held[1], &io, 1, SPLICE_F_NONBLOCK) != BASE_PAGE)
		return unmet(why, size, "vmsplice: %s", errno_name(errno));
	*(volatile char *)io.iov_base = 2;
	if (tee(held[0], copy[1], BASE_PAGE, SPLICE_F_NONBLOCK) != BASE_PAGE)
		return unmet(why, size, "tee: %s", errno_name(errno));
	if (read(copy[0], &seen, 1) != 1)
		return unmet(why, size, "reading the pipe: %s", errno_name(errno));
	if (seen != 2)
		return unmet(why, size, "vmsplice copies on this kernel");
	return 0;
}

const struct need need_vmsplice = {
	.name = "vmsplice",
	.about = "vmsplice that refers to the pages instead of copying them",
	.hint = "another kernel: scripts/lab --kernel 6.18 -- check",
	.probe = vmsplice_try,
	.in_child = true,
};

static int splice_try(char *why, size_t size)
{
	int file = memfd_create("pinfold-splice", MFD_CLOEXEC), held[2], copy[2];
	loff_t at = 0;
	char seen = 0;

	if (file < 0 || ftruncate(file, BASE_PAGE) || pwrite(file, "1", 1, 0) != 1 ||
	    pipe2(held, O_CLOEXEC) || pipe2(copy, O_CLOEXEC))
		return unmet(why, size, "no file or pipe: %s", errno_name(errno));
	if (splice(file, &at, held[1], NULL, BASE_PAGE, SPLICE_F_NONBLOCK) != BASE_PAGE)
		return unmet(why, size, "splice: %s", errno_name(errno));
	if (pwrite(file, "2", 1, 0) != 1 ||
	    tee(held[0], copy[1], BASE_PAGE, SPLICE_F_NONBLOCK) != BASE_PAGE ||
	    read(copy[0], &seen, 1) != 1)
		return unmet(why, size, "reading the pipe: %s", errno_name(errno));
	return seen == '2' ? 0 : unmet(why, size, "splice copies on this kernel");
}

const struct need need_splice = {
	.name = "splice",
	.about = "splice from a file that refers to its pages instead of copying them",
	.hint = "use a kernel whose splice does not copy",
	.probe = splice_try,
	.in_child = true,
};

static int proc_mem_try(char *why, size_t size)
{
	char *page = fresh_page();
	own_fd fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	if (!page || fd < 0 || mprotect(page, BASE_PAGE, PROT_READ))
		return unmet(why, size, "/proc/self/mem: %s", errno_name(errno));
	if (pwrite(fd, "2", 1, (off_t)(uintptr_t)page) != 1)
		return unmet(why, size, "a forced write: %s", errno_name(errno));
	return 0;
}

const struct need need_proc_mem = {
	.name = "proc-mem",
	.about = "/proc/PID/mem that overrides protection",
	.hint = "boot with proc_mem.force_override=always",
	.probe = proc_mem_try,
	.in_child = true,
};

static int ptrace_try(char *why, size_t size)
{
	char *page = fresh_page();
	long word = 2;
	int err;

	if (!page || mprotect(page, BASE_PAGE, PROT_READ))
		return unmet(why, size, "no page: %s", errno_name(errno));
	err = trace_self(&word, page, sizeof(word), true);
	if (err)
		return unmet(why, size, "PTRACE_POKEDATA: %s", errno_name(-err));
	return *(volatile char *)page == 2 ? 0 : unmet(why, size, "a store by ptrace is not seen");
}

const struct need need_ptrace = {
	.name = "ptrace",
	.about = "ptrace of a process by its child",
	.hint = "a container that allows ptrace; sysctl -w kernel.yama.ptrace_scope=1 at most",
	.probe = ptrace_try,
	.in_child = true,
};

static int lanes_probe(char *why, size_t size)
{
	return unmet(why, size, "they are parsed but not run yet");
}

const struct need need_lanes = {
	.name = "lanes",
	.about = "lanes, steps that run at the same time",
	.hint = "none: this version reads such programs and does not run them",
	.probe = lanes_probe,
};
