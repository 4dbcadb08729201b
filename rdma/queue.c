// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/util.h"
#include "rdma/rdma.h"

enum {
	MOVE_LIMIT_MS = 5000,
	SPIN_MS = 2,
	HOPS = 64,
};

int rdma_end_make(struct rdma_end *e, const struct rdma_device *d)
{
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC,
		.sq_sig_all = 1,
		.cap = { .max_send_wr = 4, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};

	*e = (struct rdma_end){ 0 };
	errno = 0;
	e->cq = ibv_create_cq(d->context, 16, NULL, NULL, 0);
	if (!e->cq)
		return errno ? -errno : -EIO;
	attr.send_cq = attr.recv_cq = e->cq;
	e->qp = ibv_create_qp(d->pd, &attr);
	if (e->qp)
		return 0;
	return errno ? -errno : -EIO;
}

void rdma_end_destroy(struct rdma_end *e)
{
	if (e->qp)
		ibv_destroy_qp(e->qp);
	if (e->cq)
		ibv_destroy_cq(e->cq);
	*e = (struct rdma_end){ 0 };
}

struct rdma_address rdma_end_address(const struct rdma_end *e, const struct rdma_device *d)
{
	return (struct rdma_address){
		.qp = e->qp->qp_num, .lid = d->lid, .mtu = d->mtu, .gid = d->gid
	};
}

static int to_init(const struct rdma_device *d, struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = d->port,
		.qp_access_flags = IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE,
	};
	return -ibv_modify_qp(qp, &attr,
			      IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
}

static int to_receive(const struct rdma_device *d, struct ibv_qp *qp, const struct rdma_address *to)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = to->mtu < d->mtu ? to->mtu : d->mtu,
		.dest_qp_num = to->qp,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
		.ah_attr = { .dlid = to->lid, .port_num = d->port, .is_global = d->global },
	};

	if (d->global)
		attr.ah_attr.grh = (struct ibv_global_route){ .dgid = to->gid,
							      .sgid_index = d->gid_index,
							      .hop_limit = HOPS };
	return -ibv_modify_qp(qp, &attr,
			      IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				      IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
				      IBV_QP_MIN_RNR_TIMER);
}

static int to_send(struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.timeout = 14,
		.retry_cnt = 7,
		.rnr_retry = 7,
		.max_rd_atomic = 1,
	};

	return -ibv_modify_qp(qp, &attr,
			      IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				      IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

int rdma_end_connect(const struct rdma_end *e, const struct rdma_device *d,
		     const struct rdma_address *partner)
{
	int err = to_init(d, e->qp);

	if (!err)
		err = to_receive(d, e->qp, partner);
	return err ? err : to_send(e->qp);
}

static int status_errno(enum ibv_wc_status status)
{
	switch (status) {
	case IBV_WC_SUCCESS:
		return 0;
	case IBV_WC_REM_ACCESS_ERR:
	case IBV_WC_REM_OP_ERR:
	case IBV_WC_REM_INV_REQ_ERR:
		return -EFAULT;
	case IBV_WC_RETRY_EXC_ERR:
	case IBV_WC_RNR_RETRY_EXC_ERR:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

/* The provider's workers may run on this CPU too. */
static void pause_between_polls(uint64_t start)
{
	const struct timespec nap = { .tv_nsec = 100000 };

	if (now_ns() - start < SPIN_MS * 1000000ull)
		sched_yield();
	else
		nanosleep(&nap, NULL);
}

int rdma_end_move(const struct rdma_end *e, const struct rdma_move *m)
{
	struct ibv_sge sge = { (uintptr_t)m->local, (uint32_t)m->len, m->lkey };
	struct ibv_send_wr wr = {
		.opcode = m->opcode,
		.sg_list = &sge,
		.num_sge = 1,
		.wr.rdma = { .remote_addr = m->addr, .rkey = m->rkey },
	};
	struct ibv_send_wr *bad;
	struct ibv_wc wc;
	uint64_t start = now_ns();
	int n, err = ibv_post_send(e->qp, &wr, &bad);

	if (err)
		return -err;
	while (!(n = ibv_poll_cq(e->cq, 1, &wc)) && now_ns() - start < MOVE_LIMIT_MS * 1000000ull &&
	       !(m->stop && *m->stop))
		pause_between_polls(start);
	if (n <= 0)
		return n ? -EIO : -ETIMEDOUT;
	return status_errno(wc.status);
}

int rdma_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int n = 0;

	if (!maps)
		return -errno;
	while (fgets(line, sizeof(line), maps))
		n += strstr(line, "/dev/infiniband/uverbs") != NULL;
	fclose(maps);
	return n;
}
