// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "core/need/need.h"
#include "core/pin/kinds.h"
#include "rdma/rdma.h"

enum {
	HEAP_ROOM = 16 * 1024, /* bytes; libibverbs keeps a struct for each region */
	FAULT_LIMIT_MS = 1000, /* HMM_RANGE_DEFAULT_TIMEOUT */
};

/* Regions by number of the pin: a killed actor leaves its own in the context. */
static struct left {
	bool live;
	uint32_t handle;
} * left;

static struct rdma_device device;
static int users;

struct region_pin {
	struct ibv_mr *mr; /* where the process that pinned, or its fork, has it */
	uint32_t rkey;
	uint64_t base;
};

static int complain(const char *what, int err)
{
	fprintf(stderr, "pinfold: rdma: %s: %s: %s\n", host_options.rdma, what, errno_name(-err));
	return err;
}

/*
 * Here, in the runner: actors inherit the context, and the kernel pins the memory
 * of the process that registers, not of the one that opened.
 */
int rdma_region_open(void)
{
	const char *what;
	int err;

	if (users) {
		users++;
		return 0;
	}
	err = rdma_open(&device, host_options.rdma, &what);
	if (err)
		return complain(what, err);
	left = pin_alloc(PINS_MAX * sizeof(*left));
	err = left ? mover_start(&device, host_options.rdma) : -ENOMEM;
	if (err) {
		pin_free(left, PINS_MAX * sizeof(*left));
		rdma_close(&device);
		return complain("queue pairs", err);
	}
	users = 1;
	return 0;
}

void rdma_region_close(void)
{
	if (!users || --users)
		return;
	mover_stop();
	rdma_close(&device);
	pin_free(left, PINS_MAX * sizeof(*left));
}

static void drop_left(int index)
{
	struct left *l = &left[index];

	if (!l->live || rdma_drop_region(&device, l->handle))
		return;
	l->live = false;
	mover_forget();
}

int rdma_region_prepare(struct pin *p)
{
	struct region_pin *r;

	if (left[p->index].live)
		return -EBUSY;
	r = pin_alloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	free(malloc(HEAP_ROOM));
	p->priv = r;
	return 0;
}

struct ibv_pd *rdma_region_domain(void)
{
	return device.pd;
}

int rdma_region_took(struct pin *p, struct ibv_mr *mr)
{
	struct region_pin *r = p->priv;

	if (r->mr)
		return -EBUSY;
	r->mr = mr;
	r->base = (uintptr_t)p->addr;
	r->rkey = mr->rkey;
	left[p->index] = (struct left){ true, mr->handle };
	return 0;
}

static int register_region(struct pin *p, unsigned access)
{
	const struct region_pin *r = p->priv;
	struct ibv_mr *mr;

	if (r->mr)
		return -EBUSY;
	errno = 0;
	mr = ibv_reg_mr(device.pd, p->addr, p->len, (int)access);
	if (!mr)
		return errno ? -errno : -EIO;
	return rdma_region_took(p, mr);
}

int rdma_region_register(struct pin *p)
{
	return register_region(p, RDMA_WRITABLE);
}

static int rdma_pin_readable(struct pin *p)
{
	return register_region(p, RDMA_READABLE);
}

static int rdma_pin_on_demand(struct pin *p)
{
	return register_region(p, RDMA_ON_DEMAND);
}

int rdma_region_unpin(struct pin *p)
{
	struct region_pin *r = p->priv;
	int err;

	if (!r->mr)
		return -EINVAL;
	err = ibv_dereg_mr(r->mr);
	if (err)
		return -err;
	r->mr = NULL;
	left[p->index].live = false;
	return mover_forget();
}

void rdma_region_release(struct pin *p)
{
	if (users)
		drop_left(p->index);
	pin_free(p->priv, sizeof(struct region_pin));
	p->priv = NULL;
}

/*
 * ib_umem_odp_map_dma_and_lock() breaks COW and tries again for HMM_RANGE_DEFAULT_TIMEOUT,
 * then it fails with EBUSY, which soft-RoCE answers as a refusal of the access.
 */
static int refusal(const struct pin *p, int err, uint64_t start)
{
	bool late = now_ns() - start >= FAULT_LIMIT_MS * 1000000ull;

	return err == -EFAULT && late && p->kind->promise == PROMISE_FOLLOWS ? -ENOLINK : err;
}

static int fetch(struct pin *p, size_t off, void *dst, size_t len)
{
	const struct region_pin *r = p->priv;
	uint64_t start = now_ns();

	return refusal(p, mover_read(r->rkey, r->base + off, dst, len), start);
}

static int store(struct pin *p, size_t off, const void *src, size_t len)
{
	const struct region_pin *r = p->priv;
	uint64_t start = now_ns();

	return refusal(p, mover_write(r->rkey, r->base + off, src, len), start);
}

int rdma_region_read(struct pin *p, const struct pin_data *data)
{
	const struct region_pin *r = p->priv;

	return r->mr ? pin_read_pieces(p, data, MOVER_BOUNCE, fetch) : -EBADF;
}

int rdma_region_write(struct pin *p, size_t off, size_t len, const void *src)
{
	const struct region_pin *r = p->priv;

	return r->mr ? pin_write_pieces(p, off, len, src, MOVER_BOUNCE, store) : -EBADF;
}

static int try_at(const struct pin *p, size_t off, const void *src, size_t len)
{
	const struct region_pin *r = p->priv;
	int err = mover_arrives();

	if (!err)
		err = mover_write(r->rkey, r->base + off, (const char *)src + off, len);
	if (err && err != -EFAULT)
		return err;
	return mover_arrives() ? -EIO : -err;
}

/* The first bytes and the last ones. A store that the adapter calls done was not refused. */
static int region_try(struct pin *p, const void *src)
{
	const struct region_pin *r = p->priv;
	size_t n = p->len < MOVER_BOUNCE ? p->len : MOVER_BOUNCE;
	int first;

	if (!r->mr)
		return -EBADF;
	first = try_at(p, 0, src, n);
	return first == EFAULT ? try_at(p, p->len - n, src, n) : first;
}

static bool spoils; /* stores of on-demand regions do not break COW */

static int on_demand_open(void)
{
	int err = rdma_region_open();

	if (err)
		return err;
	spoils = !odp_breaks_cow(&device);
	if (spoils)
		fprintf(stderr,
			"pinfold: rdma: %s: stores through on-demand paging do not break COW here; "
			"those that would change a zero page are withheld (EUCLEAN)\n",
			host_options.rdma);
	return 0;
}

static int on_demand_write(struct pin *p, size_t off, size_t len, const void *src)
{
	const struct region_pin *r = p->priv;
	size_t page_off = off / BASE_PAGE * BASE_PAGE;

	if (spoils && r->mr &&
	    odp_meets_zero_page((const char *)r->base + page_off, off + len - page_off))
		return -EUCLEAN;
	return rdma_region_write(p, off, len, src);
}

#define OPEN .prefix = "rdma", .open = "rdma_open(argv[1])", .main = true, .keep = ""

static const struct pin_text rw_text = {
	OPEN,
	.args = ", IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE",
};
static const struct pin_text ro_text = { OPEN, .args = ", IBV_ACCESS_REMOTE_READ" };

#define READABLE                                                                                \
	.charges = true, .class = PIN_RO, .promise = PROMISE_SAME_OBJECT, .dirs = DEVICE_READS, \
	.handle = HANDLE_PINNED, .open = rdma_region_open, .prepare = rdma_region_prepare,      \
	.device_try = region_try, .refusal = EFAULT, RDMA_REGION

const struct pin_kind pin_rdma_rw = {
	.name = "rdma-rw",
	.about = "RDMA memory region that remote peers may write",
	.rule = "drivers/infiniband/core/umem.c: ib_umem_get() takes FOLL_LONGTERM pins",
	.needs = { "rdma", "memlock" },
	.charges = true,
	.handle = HANDLE_PINNED,
	.prepare = rdma_region_prepare,
	.pin = rdma_region_register,
	RDMA_REGION_RW,
	.text = &rw_text,
};

const struct pin_kind pin_rdma_ro = {
	.name = "rdma-ro",
	.about = "RDMA memory region that remote peers may only read",
	.rule = "drivers/infiniband/core/umem.c: FOLL_WRITE only for a writable region (6.2)",
	.needs = { "rdma", "memlock" },
	.pin = rdma_pin_readable,
	READABLE,
	.text = &ro_text,
};

const struct pin_kind mutant_rdma_ro_writable = {
	.name = "mutant-rdma-ro-writable",
	.about = "registers for writing what it should register for reading",
	.needs = { "rdma", "memlock" },
	.mutant = true,
	.pin = rdma_region_register,
	READABLE,
};

const struct pin_kind pin_rdma_odp = {
	.name = "rdma-odp",
	.about = "RDMA memory region with on-demand paging: no pin, it follows the address",
	.rule = "Documentation/mm/hmm.rst; drivers/infiniband/core/umem_odp.c",
	.needs = { "rdma", "rdma-odp" },
	.class = PIN_RW,
	.promise = PROMISE_FOLLOWS,
	.dirs = DEVICE_READS | DEVICE_WRITES,
	.open = on_demand_open,
	.prepare = rdma_region_prepare,
	.pin = rdma_pin_on_demand,
	.device_write = on_demand_write,
	RDMA_REGION,
};
