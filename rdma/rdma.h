/* SPDX-License-Identifier: GPL-2.0-only */
/* The RDMA device that --rdma named, and the process that moves bytes through it. */
#ifndef RDMA_RDMA_H
#define RDMA_RDMA_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rdma_device {
	struct ibv_context *context;
	struct ibv_pd *pd;
	uint8_t port;
	bool global; /* RoCE, or a GID was named: packets carry it */
	uint8_t gid_index;
	union ibv_gid gid;
	uint16_t lid;
	enum ibv_mtu mtu;
};

/*
 * Opens DEV[:PORT[:GID]] and makes a protection domain. Without PORT it is 1;
 * without GID a RoCE port takes its first RoCE v2 address, IPv4 before IPv6.
 * Returns 0 or -errno with what was being done in *what.
 */
int rdma_open(struct rdma_device *d, const char *name, const char **what);
void rdma_close(struct rdma_device *d);

/* Where a queue pair is: what its partner must know. */
struct rdma_address {
	uint32_t qp;
	uint16_t lid;
	enum ibv_mtu mtu;
	union ibv_gid gid;
};

/* A queue pair and its completion queue. */
struct rdma_end {
	struct ibv_cq *cq;
	struct ibv_qp *qp;
};

/* 0 or -errno; destroy it in either case. Accepts a zeroed one. */
int rdma_end_make(struct rdma_end *e, const struct rdma_device *d);
void rdma_end_destroy(struct rdma_end *e);
struct rdma_address rdma_end_address(const struct rdma_end *e, const struct rdma_device *d);
/* Brings a new end to ready-to-send with its partner. */
int rdma_end_connect(const struct rdma_end *e, const struct rdma_device *d,
		     const struct rdma_address *partner);

/*
 * Gives a region other access flags (ibv_rereg_mr); only for the process that opened
 * the context. 0 or -errno.
 */
int rdma_change_access(const struct rdma_device *d, struct ibv_mr *mr, unsigned access);

struct rdma_move {
	enum ibv_wr_opcode opcode; /* IBV_WR_RDMA_READ or IBV_WR_RDMA_WRITE */
	void *local;
	uint32_t lkey, rkey;
	uint64_t addr;
	size_t len;
	const volatile int *stop; /* ends the wait when it is not 0; or NULL */
};

/*
 * Posts a move and waits for its completion. 0; -EFAULT refused by the other side;
 * -ETIMEDOUT; or -errno. After an error the end is of no use any more.
 */
int rdma_end_move(const struct rdma_end *e, const struct rdma_move *m);

/*
 * Destroys a memory region of any process by its handle in the context; only for
 * the process that opened it.
 */
int rdma_drop_region(const struct rdma_device *d, uint32_t handle);

/* How regions are registered. */
enum {
	RDMA_READABLE = IBV_ACCESS_REMOTE_READ,
	RDMA_WRITABLE = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE,
	RDMA_ON_DEMAND = RDMA_WRITABLE | IBV_ACCESS_ON_DEMAND,
};

/* Mappings that a process has of the device's file. */
int rdma_mappings(void);

enum { MOVER_BOUNCE = 32 * 1024 /* bytes of one move at most; half of 5.10's RLIMIT_MEMLOCK */ };

/*
 * The mover is a process that posts and polls, on a queue pair and a bounce region
 * of its own: no queue and no pin but the one under test is in an actor, which only
 * registers regions in the context d that it inherits. name: as for rdma_open(d).
 * One mover at a time. 0 or -errno.
 */
int mover_start(const struct rdma_device *d, const char *name);
void mover_stop(void);

/* RDMA READ: len bytes at addr of region rkey arrive in dst. From any process. */
int mover_read(uint32_t rkey, uint64_t addr, void *dst, size_t len);
/* RDMA WRITE; what was written is in memory on return. */
int mover_write(uint32_t rkey, uint64_t addr, const void *src, size_t len);
/* Whether what the mover writes to a region that it may write arrives: 0 or -errno. */
int mover_arrives(void);
/*
 * After a region was deregistered: soft-RoCE before 6.1 holds the region of its last
 * READ, with its pages, until the next one.
 */
int mover_forget(void);

struct pin;
struct pin_data;
/* For mechanisms that register in their own way, in an actor: where, and what came of it. */
struct ibv_pd *rdma_region_domain(void);
int rdma_region_took(struct pin *p, struct ibv_mr *mr);

/* pin_rdma.c: calls of struct pin_kind, for all that pin by a region of the runner's context. */
int rdma_region_open(void);
void rdma_region_close(void);
int rdma_region_prepare(struct pin *p);
/* By ibv_reg_mr(), writable. */
int rdma_region_register(struct pin *p);
int rdma_region_read(struct pin *p, const struct pin_data *data);
int rdma_region_write(struct pin *p, size_t off, size_t len, const void *src);
int rdma_region_unpin(struct pin *p);
void rdma_region_release(struct pin *p);

#define RDMA_REGION                                                                              \
	.close = rdma_region_close, .device_read = rdma_region_read, .unpin = rdma_region_unpin, \
	.release = rdma_region_release
#define RDMA_REGION_RW                                                                         \
	.class = PIN_RW, .promise = PROMISE_SAME_OBJECT, .dirs = DEVICE_READS | DEVICE_WRITES, \
	.open = rdma_region_open, .device_write = rdma_region_write, RDMA_REGION

/*
 * Whether a store through an on-demand region copies a page that fork shares, tried
 * with a page of its own. Where it does not, a store would also change the zero page
 * of the whole system. The mover must run.
 */
bool odp_breaks_cow(const struct rdma_device *d);

/*
 * For probes of needs: in a child, and only with a device named; with the mover
 * started on that device.
 */
int rdma_probe_with(int (*test)(char *why, size_t size), char *why, size_t size);
int rdma_with_device(int (*test)(const struct rdma_device *d, char *why, size_t size), char *why,
		     size_t size);
/* Without the mover. */
int rdma_with_context(int (*test)(const struct rdma_device *d, char *why, size_t size), char *why,
		      size_t size);
/* Reads a sector through a region: 0 when its first byte is the one, else unmet() with why. */
int rdma_probe_read(uint32_t rkey, const void *at, char byte, char *why, size_t size);

/* Whether this process can tell a zero page from another: root can. */
bool odp_knows_zero_page(void);

/* Whether a zero page is mapped there, or may be. */
bool odp_meets_zero_page(const char *addr, size_t len);

#endif
