// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/base/util.h"
#include "core/pin/kinds.h"
#include "core/pin/net.h"

enum {
	LIMIT_MS = 10000,
	WINDOW = 4096,		  /* of the receiver, the kernel doubles it */
	FILLER = 64 * 1024,	  /* one send; */
	FILLER_MAX = 64 * FILLER, /* far more than a window holds */
	SEND_BUFFER = 64 * 1024 * 1024,
};

/*
 * A connection whose window is shut by bytes that nobody reads: what is sent then
 * stays in the sender's queue, as references to the sender's pages.
 */
struct zc {
	int sender, receiver;
	bool held;
	size_t filler;	/* bytes before the pin's */
	uint32_t sends; /* with MSG_ZEROCOPY, each is notified when it is done with */
	uint32_t done;
};

static int net = -1;

static int zc_open(void)
{
	net = net_open();
	return net < 0 ? net : 0;
}

static void zc_close(void)
{
	close_fd(&net);
	net = -1;
}

static int connect_pair(void *arg)
{
	struct zc *z = arg;
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	const int window = WINDOW, buffer = SEND_BUFFER, one = 1;
	own_fd listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	z->sender = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || z->sender < 0 ||
	    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window)) ||
	    bind(listener, (struct sockaddr *)&at, size) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&at, &size) ||
	    setsockopt(z->sender, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer)) ||
	    setsockopt(z->sender, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) ||
	    setsockopt(z->sender, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    connect(z->sender, (struct sockaddr *)&at, size))
		return -errno;
	z->receiver = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return z->receiver < 0 ? -errno : 0;
}

static void zc_release(struct pin *p)
{
	struct zc *z = p->priv;

	if (!z)
		return;
	close_fd(&z->sender);
	close_fd(&z->receiver);
	pin_free(z, sizeof(*z));
	p->priv = NULL;
}

static int zc_prepare(struct pin *p)
{
	struct zc *z = pin_alloc(sizeof(*z));
	int err;

	if (!z)
		return -ENOMEM;
	p->priv = z;
	z->sender = z->receiver = -1;
	err = net_do(net, connect_pair, z);
	if (err)
		zc_release(p);
	return err;
}

/* Bytes in the sender's queue that no packet carried yet, or -errno. */
static long unsent(const struct zc *z)
{
	int n;

	return ioctl(z->sender, SIOCOUTQNSD, &n) ? -errno : n;
}

static int shut_window(struct zc *z)
{
	static const char filler[FILLER];
	long waiting = 0;

	for (z->filler = 0; !waiting && z->filler < FILLER_MAX;) {
		ssize_t n = send(z->sender, filler, FILLER, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return -errno;
		z->filler += (size_t)n;
		waiting = unsent(z);
	}
	return waiting > 0 ? 0 : waiting ? (int)waiting : -EIO;
}

/* Receives len bytes, into dst or nowhere. */
static int take(const struct zc *z, char *dst, size_t len)
{
	static char waste[FILLER];

	while (len) {
		struct pollfd wait = { .fd = z->receiver, .events = POLLIN };
		size_t room = dst || len < FILLER ? len : FILLER;
		ssize_t n;

		if (poll(&wait, 1, LIMIT_MS) != 1)
			return -ETIMEDOUT;
		n = recv(z->receiver, dst ? dst : waste, room, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		dst = dst ? dst + n : NULL;
		len -= (size_t)n;
	}
	return 0;
}

static int take_notice(struct zc *z)
{
	char control[128];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err e;
	struct cmsghdr *c;

	if (recvmsg(z->sender, &msg, MSG_ERRQUEUE) < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&msg);
	if (!c)
		return -EIO;
	memcpy(&e, CMSG_DATA(c), sizeof(e));
	if (e.ee_origin != SO_EE_ORIGIN_ZEROCOPY || e.ee_errno)
		return -EIO;
	z->done += e.ee_data - e.ee_info + 1;
	return 0;
}

/* The pages are given back when the last notice has come. */
static int wait_done(struct zc *z)
{
	int err = 0;

	while (!err && z->done != z->sends) {
		struct pollfd wait = { .fd = z->sender };

		if (poll(&wait, 1, LIMIT_MS) != 1)
			return -ETIMEDOUT;
		err = take_notice(z);
		if (err == -EINTR || err == -EAGAIN)
			err = 0;
	}
	return err;
}

static int finish(struct zc *z, char *dst, size_t len)
{
	int err = take(z, NULL, z->filler);

	z->filler = 0;
	if (!err)
		err = take(z, dst, len);
	if (!err)
		err = wait_done(z);
	z->held = z->held && err;
	return err;
}

static int zc_pin(struct pin *p)
{
	struct zc *z = p->priv;
	size_t queued = 0;
	long before;
	int err;

	if (z->held)
		return -EBUSY;
	err = shut_window(z);
	before = unsent(z);
	while (!err && queued < p->len) {
		ssize_t n = send(z->sender, p->addr + queued, p->len - queued,
				 MSG_ZEROCOPY | MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			err = -errno;
			break;
		}
		z->sends++;
		queued += (size_t)n;
	}
	/* Held is what is in the queue and in no packet yet. */
	if (!err && unsent(z) != before + (long)p->len)
		err = -EIO;
	if (err)
		finish(z, NULL, queued);
	else
		z->held = true;
	return err;
}

static int zc_device_read(struct pin *p, const struct pin_data *data)
{
	struct zc *z = p->priv;
	int err;

	if (!z->held)
		return -EINVAL;
	err = finish(z, data->dst + p->start, p->len);
	if (!err)
		pin_mark(p, data, 0, p->len);
	return err;
}

static int zc_unpin(struct pin *p)
{
	struct zc *z = p->priv;

	return z->held ? finish(z, NULL, p->len) : 0;
}

static const struct pin_text text = { .prefix = "zc", .open = "zc_open(#)" };

const struct pin_kind pin_zc = {
	.name = "zc",
	.about = "MSG_ZEROCOPY on a TCP connection with a shut window, sent when the device reads",
	.rule = "Documentation/networking/msg_zerocopy.rst; net/core/datagram.c: FOLL_GET",
	.needs = { "zc" },
	.class = PIN_GET,
	.promise = PROMISE_PINNER_VALUES,
	.dirs = DEVICE_READS,
	.oneshot = true,
	.open = zc_open,
	.close = zc_close,
	.prepare = zc_prepare,
	.pin = zc_pin,
	.device_read = zc_device_read,
	.unpin = zc_unpin,
	.release = zc_release,
	.text = &text,
};
