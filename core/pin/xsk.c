// SPDX-License-Identifier: GPL-2.0-only
/*
 * The umem of an AF_XDP socket on the lo of a network namespace of our own, in copy mode:
 * what the socket sends the kernel copies out of the pinned pages, and a packet socket
 * receives it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "core/base/pinned_pages.h"
#include "core/base/util.h"
#include "core/pin/kinds.h"
#include "core/pin/net.h"

enum {
	LO = 1, /* its number in any namespace */
	ENTRIES = 2,
	LIMIT_MS = 3000,
	RELEASE_MS = 1000,
	SETTLED_MS = 60,
	TAG_AT = 12, /* behind the addresses of a frame */
	VMSTAT_SIZE = 64 * 1024,
};

struct xsk {
	/*
	 * The socket travels between these two and is nobody's descriptor but during a
	 * call: a child would inherit it, and the umem lives as long as its last one.
	 */
	int stash[2];
	int packets;
	bool held;
	char text[VMSTAT_SIZE];
};

static const struct timespec nap = { .tv_nsec = 500000 };

/* One for each pin of a program: a queue of a device has one umem. */
static int nets[PINS_MAX];
static bool opened;

static void xsk_close(void)
{
	for (int i = 0; opened && i < PINS_MAX; i++)
		close_fd(&nets[i]);
	opened = false;
}

static int xsk_open(void)
{
	int err = 0;

	for (int i = 0; i < PINS_MAX; i++) {
		nets[i] = err ? -1 : net_open();
		if (nets[i] < 0 && !err)
			err = nets[i];
	}
	opened = true;
	if (err)
		xsk_close();
	return err;
}

static int open_packets(void *arg)
{
	struct xsk *x = arg;
	const struct sockaddr_ll at = { .sll_family = AF_PACKET,
					.sll_protocol = htons(ETH_P_ALL),
					.sll_ifindex = LO };
	const int one = 1;

	x->packets = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (x->packets < 0 || bind(x->packets, (const struct sockaddr *)&at, sizeof(at)) ||
	    setsockopt(x->packets, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)))
		return -errno;
	return 0;
}

static int open_socket(void *arg)
{
	int *fd = arg;

	*fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	return *fd < 0 ? -errno : 0;
}

static void xsk_release(struct pin *p)
{
	struct xsk *x = p->priv;

	if (!x)
		return;
	close_fd(&x->stash[0]);
	close_fd(&x->stash[1]);
	close_fd(&x->packets);
	pin_free(x, sizeof(*x));
	p->priv = NULL;
}

static int xsk_prepare(struct pin *p)
{
	struct xsk *x = pin_alloc(sizeof(*x));
	int err;

	if (!x)
		return -ENOMEM;
	p->priv = x;
	x->packets = x->stash[0] = x->stash[1] = -1;
	err = socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, x->stash) ? -errno : 0;
	if (!err)
		err = net_do(nets[p->index], open_packets, x);
	if (err)
		xsk_release(p);
	return err;
}

/* A message of one byte that carries a descriptor. */
struct parcel {
	char byte;
	struct iovec io;
	struct msghdr msg;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
};

static void wrap(struct parcel *c)
{
	memset(c, 0, sizeof(*c));
	c->io = (struct iovec){ &c->byte, 1 };
	c->msg = (struct msghdr){ .msg_iov = &c->io,
				  .msg_iovlen = 1,
				  .msg_control = &c->control,
				  .msg_controllen = sizeof(c->control) };
}

static int put_away(const struct xsk *x, int fd)
{
	struct parcel c;

	wrap(&c);
	c.control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(fd)),
					   .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&c.control.head), &fd, sizeof(fd));
	return sendmsg(x->stash[0], &c.msg, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static int take_out(const struct xsk *x)
{
	struct parcel c;
	int fd;

	wrap(&c);
	if (recvmsg(x->stash[1], &c.msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return -errno;
	if (c.msg.msg_controllen < CMSG_LEN(sizeof(fd)))
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(&c.control.head), sizeof(fd));
	return fd;
}

static int set_up(int fd, const struct pin *p)
{
	const struct xdp_umem_reg umem = { .addr = (uintptr_t)p->addr,
					   .len = p->len,
					   .chunk_size = BASE_PAGE };
	const struct sockaddr_xdp at = { .sxdp_family = AF_XDP,
					 .sxdp_flags = XDP_COPY,
					 .sxdp_ifindex = LO };
	const uint64_t end = now_ns() + (uint64_t)RELEASE_MS * 1000000;
	const int entries = ENTRIES;

	if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &entries, sizeof(entries)) ||
	    setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &entries, sizeof(entries)) ||
	    setsockopt(fd, SOL_XDP, XDP_TX_RING, &entries, sizeof(entries)))
		return -errno;
	/* The socket before may still be on its way out. */
	while (bind(fd, (const struct sockaddr *)&at, sizeof(at))) {
		if (errno != EBUSY || now_ns() > end)
			return -errno;
		nanosleep(&nap, NULL);
	}
	return 0;
}

static int xsk_pin(struct pin *p)
{
	struct xsk *x = p->priv;
	own_fd fd = -1;
	int err;

	if (x->held)
		return -EBUSY;
	err = net_do(nets[p->index], open_socket, &fd);
	if (!err)
		err = set_up(fd, p);
	if (!err)
		err = put_away(x, fd);
	x->held = !err;
	return err;
}

/*
 * The kernel releases an umem from a work queue, some 20 ms later; nothing but its counters
 * tells when it did. What earlier cells had pinned may go meanwhile and looks the same, so
 * only a host without any pin is certain, else that nothing has moved for a while.
 */
static int wait_for_release(struct xsk *x, long aim)
{
	const uint64_t end = now_ns() + (uint64_t)RELEASE_MS * 1000000;
	uint64_t moved = 0;

	for (long last = -1; now_ns() < end;) {
		long now = pinned_pages(x->text, sizeof(x->text));

		if (now <= 0)
			return now ? -EINPROGRESS : 0;
		if (now != last)
			moved = now_ns();
		else if (now <= aim && now_ns() > moved + (uint64_t)SETTLED_MS * 1000000)
			return 0;
		last = now;
		nanosleep(&nap, NULL);
	}
	return -EINPROGRESS;
}

static int xsk_unpin(struct pin *p)
{
	struct xsk *x = p->priv;
	long before = pinned_pages(x->text, sizeof(x->text));
	int fd = take_out(x);

	if (fd < 0)
		return fd;
	close(fd);
	x->held = false;
	return before < 0 ? -EINPROGRESS : wait_for_release(x, before - (long)(p->len / BASE_PAGE));
}

/* The two rings that sending takes, mapped for one call. */
struct rings {
	int fd;
	struct xdp_mmap_offsets at;
	char *tx, *done;
	size_t tx_len, done_len;
};

static int map_rings(struct rings *r, int fd)
{
	socklen_t size = sizeof(r->at);

	*r = (struct rings){ .fd = fd };
	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &r->at, &size))
		return -errno;
	r->tx_len = r->at.tx.desc + ENTRIES * sizeof(struct xdp_desc);
	r->done_len = r->at.cr.desc + ENTRIES * sizeof(uint64_t);
	r->tx = mmap(NULL, r->tx_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		     XDP_PGOFF_TX_RING);
	if (r->tx == MAP_FAILED)
		return -errno;
	r->done = mmap(NULL, r->done_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		       XDP_UMEM_PGOFF_COMPLETION_RING);
	if (r->done == MAP_FAILED) {
		int err = -errno;

		munmap(r->tx, r->tx_len);
		return err;
	}
	return 0;
}

static void unmap_rings(const struct rings *r)
{
	munmap(r->tx, r->tx_len);
	munmap(r->done, r->done_len);
}

static uint32_t *word(char *ring, uint64_t at)
{
	return (uint32_t *)(ring + at);
}

/* Where the bytes look like a tag of a VLAN, it is taken out and handed over beside them. */
static ssize_t put_tag_back(char *frame, ssize_t n, const struct msghdr *msg)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct tpacket_auxdata aux;
	uint16_t tag[2];

	if (!c || c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
		return n;
	memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	if (!(aux.tp_status & TP_STATUS_VLAN_VALID) || n > BASE_PAGE - (ssize_t)sizeof(tag))
		return n;
	tag[0] = htons(aux.tp_vlan_tpid);
	tag[1] = htons(aux.tp_vlan_tci);
	memmove(frame + TAG_AT + sizeof(tag), frame + TAG_AT, (size_t)n - TAG_AT);
	memcpy(frame + TAG_AT, tag, sizeof(tag));
	return n + (ssize_t)sizeof(tag);
}

static int receive(int packets, char *dst)
{
	for (;;) {
		struct pollfd wait = { .fd = packets, .events = POLLIN };
		struct iovec io = { dst, BASE_PAGE };
		char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct msghdr msg = { .msg_iov = &io,
				      .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof(control) };
		ssize_t n;

		if (poll(&wait, 1, LIMIT_MS) != 1)
			return -ETIMEDOUT;
		n = recvmsg(packets, &msg, MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		/* All else is what a kernel sends on its lo by itself. */
		if (n > 0 && put_tag_back(dst, n, &msg) == BASE_PAGE)
			return 0;
	}
}

static int send_page(const struct xsk *x, struct rings *r, size_t off, char *dst)
{
	uint32_t *producer = word(r->tx, r->at.tx.producer);
	struct xdp_desc *desc = (struct xdp_desc *)(r->tx + r->at.tx.desc);
	int err;

	desc[*producer % ENTRIES] = (struct xdp_desc){ .addr = off, .len = BASE_PAGE };
	__atomic_store_n(producer, *producer + 1, __ATOMIC_RELEASE);
	while (sendto(r->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0)
		if (errno != EAGAIN && errno != EBUSY && errno != EINTR)
			return -errno;
	err = receive(x->packets, dst);
	/* What has been sent may be used again: nothing waits for it. */
	*word(r->done, r->at.cr.consumer) =
		__atomic_load_n(word(r->done, r->at.cr.producer), __ATOMIC_ACQUIRE);
	return err;
}

static int xsk_device_read(struct pin *p, const struct pin_data *data)
{
	const struct xsk *x = p->priv;
	own_fd fd = take_out(x);
	struct rings r;
	int err, kept;

	if (fd < 0)
		return fd;
	err = map_rings(&r, fd);
	if (!err) {
		for (size_t off = 0; !err && off < p->len; off += BASE_PAGE)
			err = send_page(x, &r, off, data->dst + p->start + off);
		unmap_rings(&r);
	}
	kept = put_away(x, fd);
	if (err || kept)
		return err ? err : kept;
	pin_mark(p, data, 0, p->len);
	return 0;
}

const struct pin_kind pin_xsk = {
	.name = "xsk",
	.about = "umem of an AF_XDP socket in copy mode, which sends it to a packet socket",
	.rule = "Documentation/networking/af_xdp.rst; net/xdp/xdp_umem.c: xdp_umem_pin_pages() "
		"takes FOLL_WRITE | FOLL_LONGTERM pins",
	.needs = { "xsk" },
	.class = PIN_RW,
	.promise = PROMISE_SAME_OBJECT,
	.dirs = DEVICE_READS,
	.by_name = true,
	.handle = HANDLE_PREPARED,
	.open = xsk_open,
	.close = xsk_close,
	.prepare = xsk_prepare,
	.pin = xsk_pin,
	.device_read = xsk_device_read,
	.unpin = xsk_unpin,
	.release = xsk_release,
};
