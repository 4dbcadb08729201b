// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <rdma/ib_user_verbs.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/need/kind.h"
#include "rdma/rdma.h"

/* For providers that leave ibv_rereg_mr() out; the kernel decides. */
static int command(const struct rdma_device *d, const struct ibv_mr *mr, unsigned access)
{
	struct ib_uverbs_rereg_mr_resp answer = { 0 };
	const struct {
		struct ib_uverbs_cmd_hdr header;
		struct ib_uverbs_rereg_mr body;
	} order = {
		.header = { .command = IB_USER_VERBS_CMD_REREG_MR,
			    .in_words = sizeof(order) / sizeof(uint32_t),
			    .out_words = sizeof(answer) / sizeof(uint32_t) },
		.body = { .response = (uintptr_t)&answer,
			  .mr_handle = mr->handle,
			  .flags = IBV_REREG_MR_CHANGE_ACCESS,
			  .pd_handle = mr->pd->handle,
			  .access_flags = access },
	};

	return write(d->context->cmd_fd, &order, sizeof(order)) < 0 ? -errno : 0;
}

int rdma_change_access(const struct rdma_device *d, struct ibv_mr *mr, unsigned access)
{
	errno = 0;
	if (!ibv_rereg_mr(mr, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, (int)access))
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return errno ? -errno : -EIO;
	return command(d, mr, access);
}

/* Access that the region has already, so that only the call itself is tried. */
static int rereg(const struct rdma_device *d, char *why, size_t size)
{
	static char page[BASE_PAGE] __attribute__((aligned(BASE_PAGE)));
	struct ibv_mr *mr = ibv_reg_mr(d->pd, page, BASE_PAGE, RDMA_WRITABLE);
	int err;

	if (!mr)
		return unmet(why, size, "registering memory: %s", errno_name(errno));
	err = rdma_change_access(d, mr, RDMA_WRITABLE);
	ibv_dereg_mr(mr);
	return err ? unmet(why, size, "changing the access of a region: %s", errno_name(-err)) : 0;
}

static int rereg_try(char *why, size_t size)
{
	return rdma_with_context(rereg, why, size);
}

static int rereg_probe(char *why, size_t size)
{
	return rdma_probe_with(rereg_try, why, size);
}

const struct need need_rdma_rereg = {
	.name = "rdma-rereg",
	.about = "an RDMA device that can change the access of a memory region",
	.hint = "soft-RoCE has it with a newer kernel (6.12 does)",
	.probe = rereg_probe,
};
