// SPDX-License-Identifier: GPL-2.0-only
#include "rdma/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/util.h"

enum { REJECTED_BY_CONSUMER = 28 /* InfiniBand Architecture, reasons of REJ */ };

static const char magic[8] = "pinfold";

void wire_hello(struct wire_hello *h)
{
	*h = (struct wire_hello){ .version = htonl(WIRE_VERSION),
				  .frame = htonl(sizeof(struct wire_frame)) };
	memcpy(h->magic, magic, sizeof(magic));
}

int wire_hello_check(const void *data, size_t len, char *why, size_t size)
{
	struct wire_hello h;

	if (!data || len < sizeof(h) || memcmp(data, magic, sizeof(magic))) {
		snprintf(why, size, "the other side is no pinfold");
		return -EPROTO;
	}
	memcpy(&h, data, sizeof(h));
	if (ntohl(h.version) == WIRE_VERSION && ntohl(h.frame) == sizeof(struct wire_frame))
		return 0;
	snprintf(why, size, "the other side speaks version %u, this one %d", ntohl(h.version),
		 WIRE_VERSION);
	return -EPROTO;
}

int wire_address(const char *text, struct sockaddr_storage *address, char *why, size_t size)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	char host[128], port[16];
	const char *colon = strrchr(text, ':'), *open = *text == '[' ? text + 1 : text;
	size_t len;
	int err;

	snprintf(port, sizeof(port), "%d", WIRE_PORT);
	if (colon && (*text == '[' ? colon[-1] != ']' : strchr(text, ':') != colon))
		colon = NULL;
	len = strcspn(open, *text == '[' ? "]" : colon ? ":" : "");
	if (colon)
		snprintf(port, sizeof(port), "%s", colon + 1);
	if (!len || len >= sizeof(host) || !*port || strspn(port, "0123456789") != strlen(port)) {
		snprintf(why, size, "expected ADDRESS[:PORT], got '%s'", text);
		return -EINVAL;
	}
	snprintf(host, sizeof(host), "%.*s", (int)len, open);
	err = getaddrinfo(host, port, &hints, &found);
	if (err) {
		snprintf(why, size, "%s: %s", text, gai_strerror(err));
		return -EINVAL;
	}
	memcpy(address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return 0;
}

static unsigned left_ms(uint64_t end)
{
	uint64_t now = now_ns();

	return now < end ? (unsigned)((end - now) / 1000000) + 1 : 0;
}

/* A peer rejects a run of its own protocol only while it serves another one. */
static int event_error(const struct rdma_cm_event *event, char *why, size_t size)
{
	const struct rdma_conn_param *param = &event->param.conn;

	if (event->event == RDMA_CM_EVENT_ADDR_ERROR && event->status == -ETIMEDOUT) {
		snprintf(why, size, "no answer from its address");
		return -ETIMEDOUT;
	}
	if (event->event != RDMA_CM_EVENT_REJECTED) {
		snprintf(why, size, "%s (%d)", rdma_event_str(event->event), event->status);
		return -ECONNREFUSED;
	}
	/* Without a listener the answer comes from the kernel, and its data says nothing. */
	if (event->status != REJECTED_BY_CONSUMER)
		snprintf(why, size, "nobody serves there");
	else if (!wire_hello_check(param->private_data, param->private_data_len, why, size)) {
		snprintf(why, size, "it serves another run");
		return -EBUSY;
	}
	return -ECONNREFUSED;
}

int wire_event(struct rdma_event_channel *events, enum rdma_cm_event_type wanted, unsigned ms,
	       struct rdma_cm_event **event, char *why, size_t size)
{
	struct pollfd fd = { .fd = events->fd, .events = POLLIN };
	int err;

	if (poll(&fd, 1, (int)ms) <= 0) {
		snprintf(why, size, "no answer in %u ms", ms);
		return -ETIMEDOUT;
	}
	if (rdma_get_cm_event(events, event))
		return -errno;
	if ((*event)->event == wanted)
		return 0;
	err = event_error(*event, why, size);
	rdma_ack_cm_event(*event);
	*event = NULL;
	return err;
}

static int post_receive(struct wire *w)
{
	struct ibv_sge sge = { (uintptr_t)&w->frame[1], sizeof(w->frame[1]), w->mr->lkey };
	struct ibv_recv_wr wr = { .wr_id = 1, .sg_list = &sge, .num_sge = 1 }, *bad;

	return -ibv_post_recv(w->id->qp, &wr, &bad);
}

int wire_open(struct wire *w)
{
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC,
		.sq_sig_all = 1,
		.cap = { .max_send_wr = 2, .max_recv_wr = 2, .max_send_sge = 1, .max_recv_sge = 1 },
	};

	w->frame = calloc(2, sizeof(*w->frame));
	if (!w->frame)
		return -ENOMEM;
	w->cq = ibv_create_cq(w->id->verbs, 8, NULL, NULL, 0);
	if (!w->cq)
		return -errno;
	attr.send_cq = attr.recv_cq = w->cq;
	if (rdma_create_qp(w->id, NULL, &attr))
		return -errno;
	w->mr = ibv_reg_mr(w->id->pd, w->frame, 2 * sizeof(*w->frame), IBV_ACCESS_LOCAL_WRITE);
	return w->mr ? post_receive(w) : -errno;
}

void wire_close(struct wire *w)
{
	if (w->id && w->id->qp) {
		rdma_disconnect(w->id);
		rdma_destroy_qp(w->id);
	}
	if (w->mr)
		ibv_dereg_mr(w->mr);
	if (w->cq)
		ibv_destroy_cq(w->cq);
	if (w->id)
		rdma_destroy_id(w->id);
	if (w->events)
		rdma_destroy_event_channel(w->events);
	free(w->frame);
	*w = (struct wire){ .lost = true };
}

void wire_reject(struct rdma_cm_id *id)
{
	struct wire_hello hello;

	wire_hello(&hello);
	rdma_reject(id, &hello, sizeof(hello));
	rdma_destroy_id(id);
}

/* A connection that ends is an event, or a completion with an error. */
static bool is_over(struct wire *w)
{
	struct pollfd fd = { .fd = w->id->channel->fd, .events = POLLIN };
	struct rdma_cm_event *event;
	struct rdma_cm_id *other = NULL;
	bool over;

	if (poll(&fd, 1, 0) <= 0 || rdma_get_cm_event(w->id->channel, &event))
		return false;
	over = event->event == RDMA_CM_EVENT_DISCONNECTED ||
	       event->event == RDMA_CM_EVENT_DEVICE_REMOVAL;
	if (event->event == RDMA_CM_EVENT_CONNECT_REQUEST)
		other = event->id;
	rdma_ack_cm_event(event);
	if (other)
		wire_reject(other);
	return over;
}

static int wait_for(struct wire *w, uint64_t number, unsigned ms)
{
	const struct timespec nap = { .tv_nsec = 100000 };
	uint64_t end = now_ns() + ms * 1000000ull;
	struct ibv_wc wc;
	int n;

	while (!w->lost && left_ms(end) && !(w->stop && *w->stop)) {
		n = ibv_poll_cq(w->cq, 1, &wc);
		if (n < 0 || (n && wc.status != IBV_WC_SUCCESS) || (!n && is_over(w)))
			w->lost = true;
		else if (n && wc.wr_id == number)
			return number && wc.byte_len != sizeof(w->frame[1]) ? -EPROTO : 0;
		else if (!n)
			nanosleep(&nap, NULL);
	}
	w->lost = true;
	return -ENOLINK;
}

int wire_send(struct wire *w)
{
	struct ibv_sge sge = { (uintptr_t)&w->frame[0], sizeof(w->frame[0]), w->mr->lkey };
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND,
				  .send_flags = IBV_SEND_SIGNALED,
				  .sg_list = &sge,
				  .num_sge = 1 };
	struct ibv_send_wr *bad;

	if (w->lost || ibv_post_send(w->id->qp, &wr, &bad)) {
		w->lost = true;
		return -ENOLINK;
	}
	return 0;
}

int wire_receive(struct wire *w, unsigned ms)
{
	int err = wait_for(w, 1, ms);

	if (!err)
		err = post_receive(w);
	if (err)
		w->lost = true;
	return err ? -ENOLINK : 0;
}

static int find_gid(struct rdma_device *d, const union ibv_gid *gid, int entries)
{
	struct ibv_gid_entry entry;

	for (int i = 0; i < entries && i <= UINT8_MAX; i++) {
		if (ibv_query_gid_ex(d->context, d->port, (uint32_t)i, &entry, 0) ||
		    memcmp(&entry.gid, gid, sizeof(*gid)) ||
		    (entry.gid_type == IBV_GID_TYPE_ROCE_V1))
			continue;
		d->gid = entry.gid;
		d->gid_index = (uint8_t)i;
		return 0;
	}
	return -EADDRNOTAVAIL;
}

int wire_device(const struct rdma_cm_id *id, struct rdma_device *d)
{
	struct ibv_port_attr attr;
	int err;

	*d = (struct rdma_device){ .context = id->verbs, .pd = id->pd, .port = id->port_num };
	err = ibv_query_port(d->context, d->port, &attr);
	if (err)
		return -err;
	d->lid = attr.lid;
	d->mtu = attr.active_mtu;
	d->global = attr.link_layer == IBV_LINK_LAYER_ETHERNET;
	return d->global ? find_gid(d, &id->route.addr.addr.ibaddr.sgid, attr.gid_tbl_len) : 0;
}

void wire_put_address(struct wire_frame *f, const struct rdma_address *a)
{
	f->qp = htonl(a->qp);
	f->lid = htons(a->lid);
	f->mtu = (uint8_t)a->mtu;
	memcpy(f->gid, &a->gid, sizeof(f->gid));
}

struct rdma_address wire_get_address(const struct wire_frame *f)
{
	struct rdma_address a = { .qp = ntohl(f->qp), .lid = ntohs(f->lid), .mtu = f->mtu };

	memcpy(&a.gid, f->gid, sizeof(a.gid));
	return a;
}
