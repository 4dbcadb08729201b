// SPDX-License-Identifier: GPL-2.0-only
/* Both sides of two-host mode, over a wire. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/util.h"
#include "rdma/wire.h"

enum { CLIENT_IDLE_MS = 600000, STOP_LOOK_MS = 500, BUSY_TIMES = 25 };

static int resolve(struct wire *w, struct sockaddr_storage *to, char *why, size_t size)
{
	struct rdma_cm_event *event;
	int err;

	if (rdma_resolve_addr(w->id, NULL, (struct sockaddr *)to, WIRE_SETUP_MS))
		return -errno;
	err = wire_event(w->events, RDMA_CM_EVENT_ADDR_RESOLVED, WIRE_SETUP_MS, &event, why, size);
	if (err)
		return err;
	rdma_ack_cm_event(event);
	if (rdma_resolve_route(w->id, WIRE_SETUP_MS))
		return -errno;
	err = wire_event(w->events, RDMA_CM_EVENT_ROUTE_RESOLVED, WIRE_SETUP_MS, &event, why, size);
	if (!err)
		rdma_ack_cm_event(event);
	return err;
}

static int shake_hands(struct wire *w, char *why, size_t size)
{
	struct rdma_cm_event *event;
	struct wire_hello hello;
	struct rdma_conn_param param = { .private_data = &hello,
					 .private_data_len = sizeof(hello),
					 .retry_count = 7,
					 .rnr_retry_count = 7 };
	int err;

	wire_hello(&hello);
	if (rdma_connect(w->id, &param))
		return -errno;
	err = wire_event(w->events, RDMA_CM_EVENT_ESTABLISHED, WIRE_SETUP_MS, &event, why, size);
	if (err)
		return err;
	err = wire_hello_check(event->param.conn.private_data, event->param.conn.private_data_len,
			       why, size);
	rdma_ack_cm_event(event);
	return err;
}

static int connect_once(struct wire *w, struct sockaddr_storage *to, char *why, size_t size)
{
	int err = 0;

	*w = (struct wire){ .lost = true };
	*why = '\0';
	w->events = rdma_create_event_channel();
	if (!w->events || rdma_create_id(w->events, &w->id, NULL, RDMA_PS_TCP))
		err = -errno;
	if (!err)
		err = resolve(w, to, why, size);
	if (!err)
		err = wire_open(w);
	if (!err)
		err = shake_hands(w, why, size);
	if (err) {
		if (!*why)
			snprintf(why, size, "%s", errno_name(-err));
		wire_close(w);
	}
	w->lost = err != 0;
	return err;
}

/* The peer may not have seen yet that the run before ended. */
int peer_connect(struct wire *w, const char *address, char *why, size_t size)
{
	const struct timespec nap = { .tv_nsec = 200000000 };
	struct sockaddr_storage to;
	int err = wire_address(address, &to, why, size);

	*w = (struct wire){ .lost = true };
	if (err)
		return err;
	err = connect_once(w, &to, why, size);
	for (int i = 0; err == -EBUSY && i < BUSY_TIMES; i++) {
		nanosleep(&nap, NULL);
		err = connect_once(w, &to, why, size);
	}
	return err;
}

static int ask(struct wire *w, enum wire_kind kind)
{
	int err;

	w->frame[0].kind = htonl(kind);
	err = wire_send(w);
	if (!err)
		err = wire_receive(w, WIRE_ANSWER_MS);
	if (err)
		return err;
	if (ntohl(w->frame[1].kind) == kind)
		return -(int)ntohl(w->frame[1].result);
	w->lost = true;
	return -ENOLINK;
}

int peer_ends(struct wire *w, const struct rdma_end *e, const struct rdma_device *d)
{
	struct rdma_address address = rdma_end_address(e, d);
	int err;

	if (w->lost)
		return -ENOLINK;
	wire_put_address(&w->frame[0], &address);
	err = ask(w, WIRE_ENDS);
	if (err)
		return err;
	address = wire_get_address(&w->frame[1]);
	return rdma_end_connect(e, d, &address);
}

/* What is no refusal by the region's device is trouble on the way. */
int peer_move(struct wire *w, const struct rdma_move *m)
{
	bool reads = m->opcode == IBV_WR_RDMA_READ;
	int err;

	if (w->lost)
		return -ENOLINK;
	w->frame[0].rkey = htonl(m->rkey);
	w->frame[0].len = htonl((uint32_t)m->len);
	w->frame[0].addr = htobe64(m->addr);
	if (!reads)
		memcpy(w->frame[0].data, m->local, m->len);
	err = ask(w, reads ? WIRE_READ : WIRE_WRITE);
	if (!err && reads)
		memcpy(m->local, w->frame[1].data, m->len);
	return err && err != -EFAULT ? -ENOLINK : err;
}

/* --- The side that serves --- */

struct client {
	struct wire wire;
	struct rdma_device device;
	struct rdma_end end;
	struct ibv_mr *bounced;
	char bounce[MOVER_BOUNCE];
};

static int new_end(struct client *c, const struct wire_frame *f)
{
	struct rdma_address address = wire_get_address(f);
	int err;

	rdma_end_destroy(&c->end);
	err = rdma_end_make(&c->end, &c->device);
	if (!err)
		err = rdma_end_connect(&c->end, &c->device, &address);
	if (err)
		return err;
	address = rdma_end_address(&c->end, &c->device);
	wire_put_address(&c->wire.frame[0], &address);
	return 0;
}

static int client_move(struct client *c, const struct wire_frame *f, bool reads)
{
	const struct rdma_move m = { .opcode = reads ? IBV_WR_RDMA_READ : IBV_WR_RDMA_WRITE,
				     .local = c->bounce,
				     .lkey = c->bounced->lkey,
				     .rkey = ntohl(f->rkey),
				     .addr = be64toh(f->addr),
				     .len = ntohl(f->len),
				     .stop = c->wire.stop };
	int err;

	if (!c->end.qp || m.len > MOVER_BOUNCE)
		return -EINVAL;
	memcpy(c->bounce, f->data, m.len);
	err = rdma_end_move(&c->end, &m);
	if (!err)
		memcpy(c->wire.frame[0].data, c->bounce, m.len);
	return err;
}

/* True when the client may go on. */
static bool answer(struct client *c)
{
	const struct wire_frame *f = &c->wire.frame[1];
	struct wire_frame *reply = &c->wire.frame[0];
	uint32_t kind = ntohl(f->kind);
	int err;

	reply->kind = f->kind;
	if (kind == WIRE_ENDS)
		err = new_end(c, f);
	else if (kind == WIRE_READ || kind == WIRE_WRITE)
		err = client_move(c, f, kind == WIRE_READ);
	else
		return false;
	reply->result = htonl((uint32_t)-err);
	return !wire_send(&c->wire);
}

static int welcome(struct client *c)
{
	struct wire_hello hello;
	struct rdma_conn_param param = { .private_data = &hello,
					 .private_data_len = sizeof(hello),
					 .rnr_retry_count = 7 };
	int err = wire_open(&c->wire);

	wire_hello(&hello);
	if (!err)
		err = wire_device(c->wire.id, &c->device);
	if (err)
		return err;
	c->bounced = ibv_reg_mr(c->device.pd, c->bounce, MOVER_BOUNCE, IBV_ACCESS_LOCAL_WRITE);
	if (!c->bounced)
		return -errno;
	return rdma_accept(c->wire.id, &param) ? -errno : 0;
}

static void serve_client(struct rdma_cm_id *id, const volatile int *stop)
{
	static struct client c;
	int err;

	c = (struct client){ .wire = { .id = id, .stop = stop } };
	err = welcome(&c);
	if (err)
		fprintf(stderr, "pinfold: serve: %s\n", errno_name(-err));
	while (!err && !*stop && !wire_receive(&c.wire, CLIENT_IDLE_MS) && answer(&c))
		;
	rdma_end_destroy(&c.end);
	if (c.bounced)
		ibv_dereg_mr(c.bounced);
	wire_close(&c.wire);
}

static void refuse(struct rdma_cm_id *id, const char *why)
{
	fprintf(stderr, "pinfold: serve: refused a client: %s\n", why);
	wire_reject(id);
}

/* Events of listener and clients come the same way; what is left of an old client is none. */
static void next_client(struct rdma_event_channel *events, const volatile int *stop)
{
	struct rdma_cm_event *event;
	struct rdma_cm_id *id;
	char why[128];
	int err;

	if (rdma_get_cm_event(events, &event))
		return;
	if (event->event != RDMA_CM_EVENT_CONNECT_REQUEST) {
		rdma_ack_cm_event(event);
		return;
	}
	id = event->id;
	err = wire_hello_check(event->param.conn.private_data, event->param.conn.private_data_len,
			       why, sizeof(why));
	rdma_ack_cm_event(event);
	if (err)
		refuse(id, why);
	else
		serve_client(id, stop);
}

int peer_serve(const char *address, const volatile int *stop, char *why, size_t size)
{
	struct rdma_event_channel *events;
	struct rdma_cm_id *listener = NULL;
	struct sockaddr_storage at;
	int err = wire_address(address, &at, why, size);

	if (err)
		return err;
	events = rdma_create_event_channel();
	if (!events) {
		err = -errno;
		snprintf(why, size, "connections through RDMA: %s", errno_name(-err));
		return err;
	}
	if (rdma_create_id(events, &listener, NULL, RDMA_PS_TCP) ||
	    rdma_bind_addr(listener, (struct sockaddr *)&at) || rdma_listen(listener, 4)) {
		err = -errno;
		snprintf(why, size, "%s: %s", address, errno_name(-err));
	}
	if (!err)
		printf("serving on %s, protocol %d\n", address, WIRE_VERSION);
	fflush(stdout);
	while (!err && !*stop) {
		struct pollfd fd = { .fd = events->fd, .events = POLLIN };

		if (poll(&fd, 1, STOP_LOOK_MS) > 0)
			next_client(events, stop);
	}
	if (listener)
		rdma_destroy_id(listener);
	rdma_destroy_event_channel(events);
	return err;
}
