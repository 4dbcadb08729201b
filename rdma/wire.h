/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two hosts: the runner's mover asks a peer, `pinfold serve`, to move the bytes, so
 * that a READ or WRITE comes over the wire. Frames of fixed size go both ways over a
 * connection that librdmacm makes; one is answered before the next is sent.
 */
#ifndef RDMA_WIRE_H
#define RDMA_WIRE_H

#include <rdma/rdma_cma.h>

#include "rdma/rdma.h"

enum {
	WIRE_VERSION = 1,
	WIRE_PORT = 18515,
	WIRE_SETUP_MS = 3000,	/* to connect */
	WIRE_ANSWER_MS = 12000, /* more than a move may take */
};

/* Private data of connect and of reject. Numbers are in network order. */
struct wire_hello {
	char magic[8];
	uint32_t version;
	uint32_t frame; /* bytes of a frame */
};

enum wire_kind {
	WIRE_ENDS = 1, /* the sender's queue pair; the answer has the other one's */
	WIRE_READ,     /* the answer has the bytes */
	WIRE_WRITE,
};

struct wire_frame {
	uint32_t kind;
	uint32_t result; /* errno, in an answer */
	uint32_t rkey, len;
	uint64_t addr;
	uint32_t qp;
	uint16_t lid;
	uint8_t mtu, reserved;
	uint8_t gid[16];
	char data[MOVER_BOUNCE];
};

struct wire {
	struct rdma_event_channel *events;
	struct rdma_cm_id *id;
	struct ibv_cq *cq;
	struct ibv_mr *mr;
	struct wire_frame *frame; /* two: to send, to receive */
	bool lost;
	const volatile int *stop; /* ends a wait when it is not 0; or NULL */
};

void wire_hello(struct wire_hello *h);
/* 0, or -errno with why when the other side is no pinfold of this version. */
int wire_hello_check(const void *data, size_t len, char *why, size_t size);

/* ADDRESS[:PORT], [ADDRESS]:PORT for IPv6. 0 or -EINVAL with why. */
int wire_address(const char *text, struct sockaddr_storage *address, char *why, size_t size);

/* The next event of the kind; -ETIMEDOUT, -ECONNREFUSED, -EBUSY with why, or -errno. */
int wire_event(struct rdma_event_channel *events, enum rdma_cm_event_type wanted, unsigned ms,
	       struct rdma_cm_event **event, char *why, size_t size);

/* Refuses a client that asks to connect; says who refuses. */
void wire_reject(struct rdma_cm_id *id);

/* Queue pair and frames for w->id, with a receive posted. 0 or -errno. */
int wire_open(struct wire *w);
void wire_close(struct wire *w);

/* Sends w->frame[0]; 0, or -ENOLINK, after which the wire is lost. */
int wire_send(struct wire *w);
/* Waits for w->frame[1]; 0, or -ENOLINK. */
int wire_receive(struct wire *w, unsigned ms);

/* The device that a connection goes through, for ends beside it. */
int wire_device(const struct rdma_cm_id *id, struct rdma_device *d);
void wire_put_address(struct wire_frame *f, const struct rdma_address *a);
struct rdma_address wire_get_address(const struct wire_frame *f);

/*
 * Connects to a peer and keeps *w. The mover's side. 0 or -errno with why.
 * peer_ends: the peer makes a new end for one of ours, which is connected to it.
 * peer_move: 0, -EFAULT as rdma_end_move(), or -ENOLINK when the peer is gone.
 */
int peer_connect(struct wire *w, const char *address, char *why, size_t size);
int peer_ends(struct wire *w, const struct rdma_end *e, const struct rdma_device *d);
int peer_move(struct wire *w, const struct rdma_move *m);

/*
 * Serves one client after the other until *stop, which a signal may set at any time: what
 * the client has here is given back and it sees the connection end. 0 or -errno with why.
 */
int peer_serve(const char *address, const volatile int *stop, char *why, size_t size);

#endif
