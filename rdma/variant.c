// SPDX-License-Identifier: GPL-2.0-only
/* Regions that come about in another way than by ibv_reg_mr() of the memory. */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/need/kind.h"
#include "core/pin/kinds.h"
#include "core/base/util.h"
#include "rdma/rdma.h"

static int open_rdma(void)
{
	return pin_rdma_rw.open();
}

static void close_rdma(void)
{
	pin_rdma_rw.close();
}

static int prepare(struct pin *p)
{
	return pin_rdma_rw.prepare(p);
}

static int device_read(struct pin *p, const struct pin_data *data)
{
	return pin_rdma_rw.device_read(p, data);
}

static int device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	return pin_rdma_rw.device_write(p, off, len, src);
}

static int unpin(struct pin *p)
{
	return pin_rdma_rw.unpin(p);
}

static void release(struct pin *p)
{
	pin_rdma_rw.release(p);
}

/* errno of a call that failed; never 0. */
static int failure(void)
{
	return errno ? -errno : -EIO;
}

/* Of memory elsewhere, shared so that fork parts nothing of it, then moved to the place. */
static struct ibv_mr *register_moved(struct ibv_pd *pd, void *addr, size_t len)
{
	void *other =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct ibv_mr *mr;
	int err;

	if (other == MAP_FAILED)
		return NULL;
	errno = 0;
	mr = ibv_reg_mr(pd, other, BASE_PAGE, RDMA_WRITABLE);
	if (mr && ibv_rereg_mr(mr, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, addr, len, 0)) {
		err = errno;
		ibv_dereg_mr(mr);
		errno = err;
		mr = NULL;
	}
	err = errno;
	munmap(other, BASE_PAGE);
	errno = err;
	return mr;
}

static int pin_moved(struct pin *p)
{
	struct ibv_mr *mr = register_moved(rdma_region_domain(), p->addr, p->len);

	return mr ? rdma_region_took(p, mr) : failure();
}

/* Of folios of a memfd, through a dma-buf that the region keeps. */
static struct ibv_mr *register_buffer(struct ibv_pd *pd, int file, uint64_t start, const void *addr,
				      size_t len)
{
	own_fd device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	struct udmabuf_create arg = { .memfd = (uint32_t)file,
				      .flags = UDMABUF_FLAGS_CLOEXEC,
				      .offset = start,
				      .size = len };
	own_fd buffer = -1;

	if (device < 0 || fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK))
		return NULL;
	buffer = ioctl(device, UDMABUF_CREATE, &arg);
	if (buffer < 0)
		return NULL;
	errno = 0;
	return ibv_reg_dmabuf_mr(pd, 0, len, (uintptr_t)addr, buffer, RDMA_WRITABLE);
}

static int pin_buffer(struct pin *p)
{
	struct ibv_mr *mr = register_buffer(rdma_region_domain(), p->fd, p->start, p->addr, p->len);

	return mr ? rdma_region_took(p, mr) : failure();
}

#define VARIANT                                                                                \
	.class = PIN_RW, .promise = PROMISE_SAME_OBJECT, .dirs = DEVICE_READS | DEVICE_WRITES, \
	.by_name = true, .open = open_rdma, .close = close_rdma, .prepare = prepare,           \
	.device_read = device_read, .device_write = device_write, .unpin = unpin,              \
	.release = release

const struct pin_kind pin_rdma_moved = {
	.name = "rdma-moved",
	.about = "RDMA memory region of other memory that ibv_rereg_mr() moved here",
	.rule = "ibv_rereg_mr(3) IBV_REREG_MR_CHANGE_TRANSLATION",
	.needs = { "rdma", "memlock", "rdma-moved" },
	.charges = true,
	.pin = pin_moved,
	VARIANT,
};

const struct pin_kind pin_rdma_dmabuf = {
	.name = "rdma-dmabuf",
	.about = "RDMA memory region of a dma-buf with folios of a memfd",
	.rule = "ibv_reg_dmabuf_mr(3); mm/gup.c: memfd_pin_folios() (6.12)",
	.needs = { "rdma", "udmabuf", "rdma-dmabuf" },
	.shares = 1u << SHARE_SHARED,
	.file = true,
	.memfd = true,
	.pin = pin_buffer,
	VARIANT,
};

static int moved(const struct rdma_device *d, char *why, size_t size)
{
	char *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char seen[SECTOR];
	struct ibv_mr *mr = page == MAP_FAILED ? NULL : register_moved(d->pd, page, BASE_PAGE);
	int err;

	if (!mr)
		return unmet(why, size, "moving a region: %s", errno_name(-failure()));
	*page = 1;
	err = mover_read(mr->rkey, (uintptr_t)page, seen, SECTOR);
	ibv_dereg_mr(mr);
	if (err || seen[0] != 1)
		return unmet(why, size, "RDMA READ: %s", err ? errno_name(-err) : "other bytes");
	return 0;
}

static int moved_try(char *why, size_t size)
{
	return rdma_with_device(moved, why, size);
}

static int moved_probe(char *why, size_t size)
{
	return rdma_probe_with(moved_try, why, size);
}

const struct need need_rdma_moved = {
	.name = "rdma-moved",
	.about = "an RDMA device that can change the translation of a memory region",
	.hint = "--rdma DEV of an adapter such as mlx5; not soft-RoCE",
	.probe = moved_probe,
};

static int buffer(const struct rdma_device *d, char *why, size_t size)
{
	static char at[BASE_PAGE] __attribute__((aligned(BASE_PAGE)));
	own_fd file = memfd_create("pinfold", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char seen[SECTOR] = { 1 };
	struct ibv_mr *mr;
	int err;

	if (file < 0 || ftruncate(file, BASE_PAGE) || pwrite(file, seen, 1, 0) != 1)
		return unmet(why, size, "a memfd: %s", errno_name(errno));
	mr = register_buffer(d->pd, file, 0, at, BASE_PAGE);
	if (!mr)
		return unmet(why, size, "registering a dma-buf: %s", errno_name(-failure()));
	seen[0] = 0;
	err = mover_read(mr->rkey, (uintptr_t)at, seen, SECTOR);
	ibv_dereg_mr(mr);
	if (err || seen[0] != 1)
		return unmet(why, size, "RDMA READ: %s", err ? errno_name(-err) : "other bytes");
	return 0;
}

static int buffer_try(char *why, size_t size)
{
	return rdma_with_device(buffer, why, size);
}

static int buffer_probe(char *why, size_t size)
{
	return rdma_probe_with(buffer_try, why, size);
}

const struct need need_rdma_dmabuf = {
	.name = "rdma-dmabuf",
	.about = "an RDMA device that registers dma-bufs, and /dev/udmabuf",
	.hint = "--rdma DEV of an adapter such as mlx5; modprobe udmabuf",
	.probe = buffer_probe,
};
