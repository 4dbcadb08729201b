// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/util.h"
#include "core/need/kind.h"
#include "rdma/rdma.h"

static char *fresh_page(void)
{
	char *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? NULL : page;
}

int rdma_probe_read(uint32_t rkey, const void *at, char byte, char *why, size_t size)
{
	char seen[SECTOR];
	int err = mover_read(rkey, (uintptr_t)at, seen, SECTOR);

	if (err)
		return unmet(why, size, "RDMA READ: %s", errno_name(-err));
	return seen[0] == byte ? 0 : unmet(why, size, "RDMA READ returned other bytes");
}

/* Both directions, to a region that this process registers. */
static int loop_back(const struct rdma_device *d, char *why, size_t size)
{
	char *page = fresh_page(), bytes[SECTOR];
	struct ibv_mr *mr = page ? ibv_reg_mr(d->pd, page, BASE_PAGE, RDMA_WRITABLE) : NULL;
	int err;

	if (!mr)
		return unmet(why, size, "registering memory: %s%s", errno_name(errno),
			     errno == ENOMEM ? " (see ulimit -l)" : "");
	memset(page, 1, BASE_PAGE);
	err = rdma_probe_read(mr->rkey, page, 1, why, size);
	if (err)
		return err;
	memset(bytes, 2, SECTOR);
	err = mover_write(mr->rkey, (uintptr_t)page, bytes, SECTOR);
	if (err)
		return unmet(why, size, "RDMA WRITE: %s", errno_name(-err));
	if (*(volatile char *)page != 2)
		return unmet(why, size, "RDMA WRITE did not reach memory");
	ibv_dereg_mr(mr);
	return 0;
}

typedef int device_test(const struct rdma_device *d, char *why, size_t size);

static int with(bool mover, device_test *test, char *why, size_t size)
{
	struct rdma_device d;
	const char *what;
	int err = rdma_open(&d, host_options.rdma, &what);

	if (err)
		return unmet(why, size, "%s: %s: %s", host_options.rdma, what, errno_name(-err));
	err = mover ? mover_start(&d, host_options.rdma) : 0;
	if (err)
		return unmet(why, size, "%s: queue pairs: %s%s", host_options.rdma,
			     errno_name(-err), err == -ENOMEM ? " (see ulimit -l)" : "");
	err = test(&d, why, size);
	if (mover)
		mover_stop();
	rdma_close(&d);
	return err;
}

int rdma_with_device(device_test *test, char *why, size_t size)
{
	return with(true, test, why, size);
}

int rdma_with_context(device_test *test, char *why, size_t size)
{
	return with(false, test, why, size);
}

static int rdma_try(char *why, size_t size)
{
	return rdma_with_device(loop_back, why, size);
}

int rdma_probe_with(int (*test)(char *why, size_t size), char *why, size_t size)
{
	if (!*host_options.rdma)
		return unmet(why, size, "no device named (--rdma)");
	return probe_in_child(test, why, size);
}

static int rdma_probe(char *why, size_t size)
{
	return rdma_probe_with(rdma_try, why, size);
}

const struct need need_rdma = {
	.name = "rdma",
	.about = "an RDMA device that talks to itself, named for this run",
	.hint = "--rdma DEV[:PORT[:GID]]; without an adapter: modprobe rdma_rxe; "
		"rdma link add rxe0 type rxe netdev NETDEV; or scripts/lab",
	.probe = rdma_probe,
};

/* A region of memory that has no pages yet, and a page that leaves it. */
static int on_demand(const struct rdma_device *d, char *why, size_t size)
{
	struct ibv_device_attr_ex attr;
	char *page = fresh_page(), seen[SECTOR];
	struct ibv_mr *mr;
	int err = ibv_query_device_ex(d->context, NULL, &attr);

	if (err || !(attr.odp_caps.general_caps & IBV_ODP_SUPPORT))
		return unmet(why, size, "the device has no on-demand paging");
	if (~attr.odp_caps.per_transport_caps.rc_odp_caps &
	    (IBV_ODP_SUPPORT_READ | IBV_ODP_SUPPORT_WRITE))
		return unmet(why, size, "no on-demand paging for READ and WRITE");
	mr = page ? ibv_reg_mr(d->pd, page, BASE_PAGE, RDMA_ON_DEMAND) : NULL;
	if (!mr)
		return unmet(why, size, "registering memory: %s", errno_name(errno));
	memset(page, 1, BASE_PAGE);
	err = rdma_probe_read(mr->rkey, page, 1, why, size);
	if (err)
		return err;
	madvise(page, BASE_PAGE, MADV_DONTNEED);
	err = mover_read(mr->rkey, (uintptr_t)page, seen, SECTOR);
	if (err || seen[0])
		return unmet(why, size, "after MADV_DONTNEED: %s",
			     err ? errno_name(-err) : "other bytes");
	ibv_dereg_mr(mr);
	if (!odp_breaks_cow(d) && !odp_knows_zero_page())
		return unmet(why, size,
			     "stores do not break COW here, and only root can tell "
			     "which would change a zero page");
	return 0;
}

static int odp_try(char *why, size_t size)
{
	return rdma_with_device(on_demand, why, size);
}

static int odp_probe(char *why, size_t size)
{
	return rdma_probe_with(odp_try, why, size);
}

const struct need need_rdma_odp = {
	.name = "rdma-odp",
	.about = "an RDMA device with on-demand paging, named for this run",
	.hint = "--rdma DEV[:PORT[:GID]]; soft-RoCE has it with a newer kernel (6.18 does), "
		"as root",
	.probe = odp_probe,
};

enum { LOCKED = 8 * 1024 * 1024 /* bytes; the limit's default since Linux 5.16 */ };

static int memlock_try(char *why, size_t size)
{
	char *area = mmap(NULL, LOCKED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED || mlock2(area, LOCKED, MLOCK_ONFAULT))
		return unmet(why, size, "locking 8 MiB: %s", errno_name(errno));
	return 0;
}

const struct need need_memlock = {
	.name = "memlock",
	.about = "8 MiB of memory may be locked or pinned",
	.hint = "ulimit -l unlimited, as root or in /etc/security/limits.conf",
	.probe = memlock_try,
	.in_child = true,
};
