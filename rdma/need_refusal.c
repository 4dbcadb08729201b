// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/base/util.h"
#include "core/need/kind.h"
#include "rdma/rdma.h"

/* A store that is done is an answer too: what it means is the cells' affair. */
static int refuse(const struct rdma_device *d, char *why, size_t size)
{
	static char page[BASE_PAGE] __attribute__((aligned(BASE_PAGE)));
	struct ibv_mr *mr = ibv_reg_mr(d->pd, page, BASE_PAGE, RDMA_READABLE);
	static const char bytes[SECTOR] = { 1 };
	int err;

	if (!mr)
		return unmet(why, size, "registering memory: %s", errno_name(errno));
	err = mover_write(mr->rkey, (uintptr_t)page, bytes, sizeof(bytes));
	ibv_dereg_mr(mr);
	return err && err != -EFAULT ? unmet(why, size, "no answer to a store without a right: %s",
					     errno_name(-err)) :
				       0;
}

static int refuse_try(char *why, size_t size)
{
	return rdma_with_device(refuse, why, size);
}

static int refuse_probe(char *why, size_t size)
{
	return rdma_probe_with(refuse_try, why, size);
}

const struct need need_rdma_refusal = {
	.name = "rdma-refusal",
	.about = "an RDMA device that answers a store to a region for reading",
	.hint = "soft-RoCE does with a newer kernel (6.1 does, 5.10 says nothing for 5 s)",
	.probe = refuse_probe,
};
