// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/need/kind.h"
#include "core/need/ring.h"
#include "core/pin/kinds.h"
#include "rdma/rdma.h"

enum { CQ_ENTRIES = 255, POLL_MS = 5000 };

/* Device, queues and region of one process, all made by it. */
struct own {
	pid_t owner;
	struct rdma_device device;
	struct rdma_end asking, answering;
	struct ibv_mr *bounced, *mr;
	uint64_t base;
	char bounce[MOVER_BOUNCE] __attribute__((aligned(BASE_PAGE)));
};

static int make_queues(struct own *o)
{
	struct rdma_address here, there;
	int err = rdma_end_make(&o->asking, &o->device);

	if (!err)
		err = rdma_end_make(&o->answering, &o->device);
	if (err)
		return err;
	here = rdma_end_address(&o->asking, &o->device);
	there = rdma_end_address(&o->answering, &o->device);
	err = rdma_end_connect(&o->answering, &o->device, &here);
	return err ? err : rdma_end_connect(&o->asking, &o->device, &there);
}

static void own_release(struct pin *p)
{
	struct own *o = p->priv;

	if (!o)
		return;
	if (o->owner == getpid()) {
		if (o->mr)
			ibv_dereg_mr(o->mr);
		rdma_end_destroy(&o->asking);
		rdma_end_destroy(&o->answering);
		if (o->bounced)
			ibv_dereg_mr(o->bounced);
		rdma_close(&o->device);
	}
	pin_free(o, sizeof(*o));
	p->priv = NULL;
}

static int own_prepare(struct pin *p)
{
	struct own *o = pin_alloc(sizeof(*o));
	const char *what;
	int err;

	if (!o)
		return -ENOMEM;
	p->priv = o;
	o->owner = getpid();
	err = rdma_open(&o->device, host_options.rdma, &what);
	if (!err) {
		o->bounced = ibv_reg_mr(o->device.pd, o->bounce, MOVER_BOUNCE, RDMA_WRITABLE);
		err = o->bounced ? make_queues(o) : -errno;
	}
	if (err)
		own_release(p);
	return err;
}

static int take(struct pin *p, int access)
{
	struct own *o = p->priv;

	if (o->mr)
		return -EBUSY;
	errno = 0;
	o->mr = ibv_reg_mr(o->device.pd, p->addr, p->len, access);
	if (!o->mr)
		return errno ? -errno : -EIO;
	o->base = (uintptr_t)p->addr;
	return 0;
}

static int own_pin(struct pin *p)
{
	return take(p, RDMA_WRITABLE);
}

static int own_pin_readable(struct pin *p)
{
	return take(p, RDMA_READABLE);
}

static int own_upgrade(struct pin *p)
{
	struct own *o = p->priv;

	return o->mr ? rdma_change_access(&o->device, o->mr, RDMA_WRITABLE) : -EBADF;
}

static int own_move(struct own *o, enum ibv_wr_opcode opcode, const struct ibv_mr *mr,
		    uint64_t addr, size_t len)
{
	const struct rdma_move m = { .opcode = opcode,
				     .local = o->bounce,
				     .lkey = o->bounced->lkey,
				     .rkey = mr->rkey,
				     .addr = addr,
				     .len = len };

	return rdma_end_move(&o->asking, &m);
}

static int fetch(struct pin *p, size_t off, void *dst, size_t len)
{
	struct own *o = p->priv;
	int err;

	memset(o->bounce, PIN_NO_BYTES, len);
	err = own_move(o, IBV_WR_RDMA_READ, o->mr, o->base + off, len);
	if (!err)
		memcpy(dst, o->bounce, len);
	return err;
}

static int store(struct pin *p, size_t off, const void *src, size_t len)
{
	struct own *o = p->priv;

	memcpy(o->bounce, src, len);
	return own_move(o, IBV_WR_RDMA_WRITE, o->mr, o->base + off, len);
}

static int own_device_read(struct pin *p, const struct pin_data *data)
{
	const struct own *o = p->priv;

	return o->mr ? pin_read_pieces(p, data, MOVER_BOUNCE, fetch) : -EBADF;
}

static int own_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	const struct own *o = p->priv;

	return o->mr ? pin_write_pieces(p, off, len, src, MOVER_BOUNCE, store) : -EBADF;
}

static int own_unpin(struct pin *p)
{
	struct own *o = p->priv;
	int err;

	if (!o->mr)
		return -EINVAL;
	err = ibv_dereg_mr(o->mr);
	if (err)
		return -err;
	o->mr = NULL;
	/* Soft-RoCE before 6.1 holds the region of its last READ until the next one. */
	return own_move(o, IBV_WR_RDMA_READ, o->bounced, (uintptr_t)o->bounce, SECTOR);
}

static bool is_ring(const char *line, uintptr_t *from, uintptr_t *to)
{
	char access[5];

	return strstr(line, "/dev/infiniband/uverbs") &&
	       sscanf(line, "%lx-%lx %4s", from, to, access) == 3 && !strncmp(access, "rw", 2);
}

/* A transfer that begins when the child is there shows in the child. */
static int begin_transfer(const struct ring *r)
{
	const struct own *o = r->of;
	struct ibv_sge sge = { (uintptr_t)o->bounce, SECTOR, o->bounced->lkey };
	struct ibv_send_wr *bad, wr = {
		.opcode = IBV_WR_RDMA_READ,
		.sg_list = &sge,
		.num_sge = 1,
		.wr.rdma = { .remote_addr = (uintptr_t)o->bounce, .rkey = o->bounced->rkey },
	};

	return -ibv_post_send(o->asking.qp, &wr, &bad);
}

static int poll_transfer(const struct ring *r)
{
	const struct own *o = r->of;
	const struct timespec nap = { .tv_nsec = 100000 };
	uint64_t end = now_ns() + POLL_MS * 1000000ull;
	struct ibv_wc wc;
	int n;

	while (!(n = ibv_poll_cq(o->asking.cq, 1, &wc)) && now_ns() < end)
		nanosleep(&nap, NULL);
	return n == 1 && wc.status == IBV_WC_SUCCESS ? 0 : -ENXIO;
}

/* Some providers keep beside the queue how far it was polled. */
static int poll_rest(const struct ring *r)
{
	const struct own *o = r->of;
	struct ibv_wc wc;
	int n;

	while ((n = ibv_poll_cq(o->asking.cq, 1, &wc)) > 0)
		;
	return n ? -EIO : 0;
}

/* Mappings of the device's file that a completion queue adds, or -errno. */
static int queue_mappings(const struct rdma_device *d)
{
	int before = rdma_mappings(), after;
	struct ibv_cq *cq = ibv_create_cq(d->context, CQ_ENTRIES, NULL, NULL, 0);

	if (!cq)
		return -errno;
	after = rdma_mappings();
	ibv_destroy_cq(cq);
	return before < 0 ? before : after < 0 ? after : after - before;
}

static int own_device_memory(struct pin *p, struct ring *r, int max)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	struct own *o = p->priv;
	uintptr_t from, to;
	char line[512], access[5];
	int n = 0, added;

	if (!maps)
		return -errno;
	while (n < max && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/dev/infiniband/uverbs") ||
		    sscanf(line, "%lx-%lx %4s", &from, &to, access) != 3)
			continue;
		r[n] = (struct ring){ .addr = (char *)from,
				      .len = to - from,
				      .fd = -1,
				      .lent = true,
				      .silent = !is_ring(line, &from, &to) };
		n++;
	}
	fclose(maps);
	added = queue_mappings(&o->device);
	if (added < 0 || !n)
		return n ? added : -ENOLINK;
	/* Else it is private memory, which fork copies. */
	if (added) {
		r[0].of = o;
		r[0].begin = begin_transfer;
		r[0].use = poll_transfer;
		r[0].end = poll_rest;
	}
	return n;
}

#define OWN_KIND                                                                       \
	.rule = "ibv_fork_init(3); 70e806e4e645 (5.9) early copy of pinned pages",     \
	.needs = { "rdma", "memlock" }, .locks = true, .promise = PROMISE_SAME_OBJECT, \
	.by_name = true, .first_only = true, .prepare = own_prepare,                   \
	.device_read = own_device_read, .unpin = own_unpin, .release = own_release,    \
	.device_memory = own_device_memory

#define OWN_WRITES \
	.class = PIN_RW, .dirs = DEVICE_READS | DEVICE_WRITES, .device_write = own_device_write

const struct pin_kind pin_rdma_own = {
	.name = "rdma-own",
	.about = "RDMA memory region of a process that posts and polls by itself",
	.pin = own_pin,
	OWN_WRITES,
	OWN_KIND,
};

const struct pin_kind pin_rdma_own_ro = {
	.name = "rdma-own-ro",
	.about = "the same, that remote peers may only read, in a context of its own",
	.class = PIN_RO,
	.dirs = DEVICE_READS,
	.pin = own_pin_readable,
	.upgrade = own_upgrade,
	OWN_KIND,
};

/*
 * What copy-on-write would do to a ring in user memory that nobody pinned: the process
 * goes on with a copy, the device with the page from before.
 */
static int part(uintptr_t from, uintptr_t to)
{
	size_t len = to - from;
	char *copy = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return -errno;
	memcpy(copy, (void *)from, len);
	return mremap(copy, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, from) == MAP_FAILED ? -errno :
											   0;
}

static int parted_pin(struct pin *p)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uintptr_t from[16], to[16];
	char line[512];
	int n = 0, err = maps ? own_pin(p) : -errno;

	while (!err && n < 16 && fgets(line, sizeof(line), maps))
		n += is_ring(line, &from[n], &to[n]);
	if (maps)
		fclose(maps);
	for (int i = 0; !err && i < n; i++)
		err = part(from[i], to[i]);
	return err;
}

const struct pin_kind mutant_rings = {
	.name = "mutant-parted-rings",
	.about = "posts to copies of its rings, as if copy-on-write had parted them",
	.mutant = true,
	.pin = parted_pin,
	OWN_WRITES,
	OWN_KIND,
};

/* What a queue adds to the mappings of the device's file is kernel memory. */
static int user_rings(char *why, size_t size)
{
	struct rdma_device d;
	const char *what;
	int added, err = rdma_open(&d, host_options.rdma, &what);

	if (err)
		return unmet(why, size, "%s: %s: %s", host_options.rdma, what, errno_name(-err));
	added = queue_mappings(&d);
	rdma_close(&d);
	if (added < 0)
		return unmet(why, size, "completion queue: %s", errno_name(-added));
	if (added)
		return unmet(why, size,
			     "the rings are kernel memory that the process maps shared: "
			     "fork parts nothing");
	return 0;
}

static int user_rings_probe(char *why, size_t size)
{
	return rdma_probe_with(user_rings, why, size);
}

const struct need need_rdma_rings = {
	.name = "rdma-user-rings",
	.about = "an RDMA device whose queues lie in memory of the process, named for this run",
	.hint = "--rdma DEV of an adapter such as mlx5; not soft-RoCE",
	.probe = user_rings_probe,
};
