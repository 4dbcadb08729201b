// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/need/kind.h"

static int map_ring(struct ring *r, size_t len, off_t offset)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, offset);
	int err = at == MAP_FAILED ? -errno : 0;

	if (err) {
		close_fd(&r->fd);
		return err;
	}
	r->addr = at;
	r->len = len;
	return 0;
}

int ring_open_perf(struct ring *r)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_DUMMY,
					.exclude_kernel = 1,
					.exclude_hv = 1 };

	*r = (struct ring){ .fd = -1 };
	r->fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return r->fd < 0 ? -errno : map_ring(r, (size_t)2 * BASE_PAGE, 0);
}

int ring_open_uring(struct ring *r)
{
	struct io_uring_params params = { 0 };

	*r = (struct ring){ .fd = -1 };
	r->fd = (int)syscall(SYS_io_uring_setup, 1, &params);
	return r->fd < 0 ? -errno : map_ring(r, BASE_PAGE, IORING_OFF_SQ_RING);
}

/* The number of a context is the address of its ring. */
int ring_open_aio(struct ring *r)
{
	*r = (struct ring){ .fd = -1 };
	if (syscall(SYS_io_setup, 1, &r->context))
		return -errno;
	r->addr = (char *)r->context;
	r->len = BASE_PAGE;
	return 0;
}

int ring_open_packet(struct ring *r)
{
	const struct tpacket_req req = { .tp_block_size = BASE_PAGE,
					 .tp_block_nr = 1,
					 .tp_frame_size = BASE_PAGE / 2,
					 .tp_frame_nr = 2 };

	*r = (struct ring){ .fd = -1 };
	/* Of no protocol: no packet arrives. */
	r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (r->fd < 0)
		return -errno;
	if (setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req))) {
		int err = -errno;

		close_fd(&r->fd);
		return err;
	}
	return map_ring(r, BASE_PAGE, 0);
}

void ring_close(struct ring *r)
{
	if (r->context)
		syscall(SYS_io_destroy, r->context);
	else if (r->addr && !r->lent)
		munmap(r->addr, r->len);
	close_fd(&r->fd);
}

static int try_ring(int (*ring_open)(struct ring *r), const char *what, char *why, size_t size)
{
	struct ring r;
	int err = ring_open(&r);

	if (err)
		return unmet(why, size, "%s: %s", what, errno_name(-err));
	ring_close(&r);
	return 0;
}

static int perf_probe(char *why, size_t size)
{
	return try_ring(ring_open_perf, "mapping the ring of a perf event", why, size);
}

static int aio_probe(char *why, size_t size)
{
	return try_ring(ring_open_aio, "io_setup", why, size);
}

static int packet_probe(char *why, size_t size)
{
	return try_ring(ring_open_packet, "mapping the ring of a packet socket", why, size);
}

const struct need need_perf_ring = {
	.name = "perf-ring",
	.about = "the ring buffer of a perf event",
	.hint = "sysctl -w kernel.perf_event_paranoid=1",
	.probe = perf_probe,
	.in_child = true,
};

const struct need need_aio_ring = {
	.name = "aio-ring",
	.about = "the ring of an AIO context",
	.hint = "a kernel with CONFIG_AIO",
	.probe = aio_probe,
	.in_child = true,
};

const struct need need_packet_ring = {
	.name = "packet-ring",
	.about = "the receive ring of a packet socket",
	.hint = "run as root, on a kernel with CONFIG_PACKET",
	.probe = packet_probe,
	.in_child = true,
};
