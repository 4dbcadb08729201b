// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/base/pattern.h"
#include "core/base/util.h"
#include "core/pin/holder.h"
#include "core/pin/kinds.h"
#include "core/pin/probe.h"

static int try_way(enum holder_way way, char *why, size_t size)
{
	if (holder_open(way, why, size))
		return 1;
	holder_close(way);
	return 0;
}

static int fuse_try(char *why, size_t size)
{
	return try_way(HOLDER_FILE, why, size);
}

static int fuse_provide(char *why, size_t size)
{
	(void)why;
	(void)size;
	load_module("fuse");
	return 0;
}

const struct need need_fuse = {
	.name = "fuse",
	.about = "FUSE files of a server of our own, direct I/O",
	.hint = "modprobe fuse; /dev/fuse for this user, and mount namespaces",
	.probe = fuse_try,
	.in_child = true,
	.provide = fuse_provide,
};

static int loop_fuse_try(char *why, size_t size)
{
	return try_way(HOLDER_LOOP, why, size);
}

static int loop_fuse_provide(char *why, size_t size)
{
	(void)why;
	(void)size;
	load_module("loop");
	return 0;
}

const struct need need_loop_fuse = {
	.name = "loop-fuse",
	.about = "loop devices over FUSE files, direct I/O",
	.hint = "run as root, with four free loop devices (modprobe loop) and FUSE",
	.probe = loop_fuse_try,
	.in_child = true,
	.provide = loop_fuse_provide,
};

static int try_kind(const struct pin_kind *k, char *why, size_t size)
{
	struct pin_probe seen;
	int err = pin_probe(k, &seen);

	if (err)
		return unmet(why, size, "%s: %s", seen.failed, errno_name(-err));
	return seen.shows_stores ? 0 : unmet(why, size, "%s copies on this kernel", k->name);
}

static int zc_try(char *why, size_t size)
{
	return try_kind(&pin_zc, why, size);
}

const struct need need_zc = {
	.name = "zc",
	.about = "MSG_ZEROCOPY that refers to the pages, in a network namespace of our own",
	.hint = "run as root; net.core.optmem_max and ulimit -l bound what may be sent",
	.probe = zc_try,
	.in_child = true,
};

static int user_rings_try(char *why, size_t size)
{
	/* Its rings are gone some time after it: lest the host's counters move in a cell. */
	const struct timespec nap = { .tv_nsec = 50000000 };
	int missing = try_kind(&pin_sqes, why, size);

	nanosleep(&nap, NULL);
	return missing;
}

const struct need need_user_rings = {
	.name = "user-rings",
	.about = "io_uring queues in memory of ours that can be moved (6.13)",
	.hint = "a kernel from 6.13 on; sysctl -w kernel.io_uring_disabled=0",
	.probe = user_rings_try,
	.in_child = true,
};

/* Up to 6.4 or so the kernel took 16 bytes more than a ring has: the next page is not there. */
static int buffer_rings_try(char *why, size_t size)
{
	char *area = mmap(NULL, 2ul * BASE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pin p = { .kind = &pin_pbuf,
			 .len = BASE_PAGE,
			 .max_len = BASE_PAGE,
			 .addr = area,
			 .nonce = PATTERN_NONCE };
	struct pattern_site site = { .nonce = PATTERN_NONCE };
	static uint64_t image[BASE_PAGE / sizeof(uint64_t)];
	uint8_t sectors = 0;
	const struct pin_data data = { (char *)image, &sectors };
	int err;

	if (area == MAP_FAILED || munmap(area + BASE_PAGE, BASE_PAGE))
		return unmet(why, size, "mmap: %s", errno_name(errno));
	pattern_fill(area, 0, BASE_PAGE, value_make(0, 1), &site);
	err = pin_pbuf.prepare(&p);
	if (!err)
		err = pin_pbuf.pin(&p);
	if (err)
		return unmet(why, size, "a ring of one page: %s", errno_name(-err));
	pattern_fill(area, 0, BASE_PAGE, value_make(0, 2), &site);
	err = pin_pbuf.device_read(&p, &data);
	if (err)
		return unmet(why, size, "reading it: %s", errno_name(-err));
	if (memcmp(image, area, BASE_PAGE))
		return unmet(why, size, "it does not show the stores");
	err = pin_pbuf.unpin(&p);
	return err ? unmet(why, size, "ending it: %s", errno_name(-err)) : 0;
}

const struct need need_buffer_rings = {
	.name = "buffer-rings",
	.about = "rings of provided buffers of an io_uring in memory of ours",
	.hint = "a kernel from 6.5 on that names buffers of any address (not 7.3); "
		"sysctl -w kernel.io_uring_disabled=0",
	.probe = buffer_rings_try,
	.in_child = true,
};

static int xsk_try(char *why, size_t size)
{
	return try_kind(&pin_xsk, why, size);
}

const struct need need_xsk = {
	.name = "xsk",
	.about = "AF_XDP sockets, in network namespaces of our own",
	.hint = "run as root, on a kernel from 6.4 on with CONFIG_XDP_SOCKETS",
	.probe = xsk_try,
	.in_child = true,
};

static int kvm_try(char *why, size_t size)
{
	return try_kind(&pin_kvm, why, size);
}

static int kvm_provide(char *why, size_t size)
{
	(void)why;
	(void)size;
	load_module("kvm-intel");
	load_module("kvm-amd");
	return 0;
}

const struct need need_kvm = {
	.name = "kvm",
	.about = "virtual machines (/dev/kvm)",
	.hint = "run as root or in the group kvm, on a CPU with virtualization that the firmware "
		"leaves on",
	.probe = kvm_try,
	.in_child = true,
	.provide = kvm_provide,
};

static int gup_test_try(char *why, size_t size)
{
	return try_kind(&pin_gup_rw, why, size);
}

const struct need need_gup_test = {
	.name = "gup-test",
	.about = "the kernel's gup_test driver, with pins that it holds (6.2)",
	.hint = "a kernel with CONFIG_GUP_TEST, debugfs mounted, as root",
	.probe = gup_test_try,
	.in_child = true,
};

static int udmabuf_try(char *why, size_t size)
{
	own_fd device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	own_fd file = memfd_create("pinfold-udmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	own_fd buffer = -1;
	char *view;

	if (device < 0)
		return unmet(why, size, "/dev/udmabuf: %s", errno_name(errno));
	if (file < 0 || ftruncate(file, BASE_PAGE))
		return unmet(why, size, "a memfd: %s", errno_name(errno));
	buffer = udmabuf_of(device, file, 0, BASE_PAGE);
	if (buffer < 0)
		return unmet(why, size, "UDMABUF_CREATE: %s", errno_name(-buffer));
	view = mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, buffer, 0);
	if (view == MAP_FAILED || pwrite(file, "2", 1, 0) != 1)
		return unmet(why, size, "mapping the dma-buf: %s", errno_name(errno));
	return *view == '2' ? 0 : unmet(why, size, "the dma-buf does not show the file");
}

static int udmabuf_provide(char *why, size_t size)
{
	(void)why;
	(void)size;
	load_module("udmabuf");
	return 0;
}

const struct need need_udmabuf = {
	.name = "udmabuf",
	.about = "dma-bufs of memfd pages",
	.hint = "a kernel with CONFIG_UDMABUF; modprobe udmabuf, as root",
	.probe = udmabuf_try,
	.in_child = true,
	.provide = udmabuf_provide,
};
