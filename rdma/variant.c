// SPDX-License-Identifier: GPL-2.0-only
/* Regions that come about in another way than by ibv_reg_mr() of the memory. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/need/kind.h"
#include "core/pin/kinds.h"
#include "rdma/rdma.h"

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
	own_fd buffer = device < 0 ? -errno : udmabuf_of(device, file, start, len);

	if (buffer < 0) {
		errno = -buffer;
		return NULL;
	}
	errno = 0;
	return ibv_reg_dmabuf_mr(pd, 0, len, (uintptr_t)addr, buffer, RDMA_WRITABLE);
}

static int pin_buffer(struct pin *p)
{
	struct ibv_mr *mr = register_buffer(rdma_region_domain(), p->fd, p->start, p->addr, p->len);

	return mr ? rdma_region_took(p, mr) : failure();
}

#define VARIANT .by_name = true, .prepare = rdma_region_prepare, RDMA_REGION_RW

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
	struct ibv_mr *mr = page == MAP_FAILED ? NULL : register_moved(d->pd, page, BASE_PAGE);
	int err;

	if (!mr)
		return unmet(why, size, "moving a region: %s", errno_name(-failure()));
	*page = 1;
	err = rdma_probe_read(mr->rkey, page, 1, why, size);
	ibv_dereg_mr(mr);
	return err;
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
	const char one = 1;
	struct ibv_mr *mr;
	int err;

	if (file < 0 || ftruncate(file, BASE_PAGE) || pwrite(file, &one, 1, 0) != 1)
		return unmet(why, size, "a memfd: %s", errno_name(errno));
	mr = register_buffer(d->pd, file, 0, at, BASE_PAGE);
	if (!mr)
		return unmet(why, size, "registering a dma-buf: %s", errno_name(-failure()));
	err = rdma_probe_read(mr->rkey, at, 1, why, size);
	ibv_dereg_mr(mr);
	return err;
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
