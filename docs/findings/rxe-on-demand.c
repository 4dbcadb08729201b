// SPDX-License-Identifier: GPL-2.0-only
/*
 * Soft-RoCE's on-demand paging, drivers/infiniband/sw/rxe/rxe_odp.c. What is stored
 * through such a region should be what the owner of the address would store:
 *
 *   offset  A transfer of less than a page goes to the beginning of the page.
 *   cow     A page that the device has read before is stored to in place, also when
 *           fork shares it (or when it is the zero page: this file keeps off that).
 *   dirty   A page that the device stored to is dropped after MADV_FREE.
 *
 *     cc -o rxe-on-demand rxe-on-demand.c -libverbs
 *     modprobe rdma_rxe; rdma link add rxe0 type rxe netdev NETDEV
 *     ./rxe-on-demand rxe0 [GID-INDEX]
 */
#define _GNU_SOURCE
#include <infiniband/verbs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

static struct ibv_pd *pd;
static struct ibv_cq *cq;
static struct ibv_qp *qp[2];
static struct ibv_mr *bounce;
static int bad;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void check(const char *what, int value, int expected)
{
	printf("%-8s %s: %d, expected %d\n", value == expected ? "ok" : "WRONG", what, value,
	       expected);
	bad |= value != expected;
}

static char *fresh_pages(size_t len)
{
	char *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	memset(at, 1, len);
	return at;
}

static void connect_to(struct ibv_qp *from, uint32_t peer, int gid_index)
{
	struct ibv_qp_attr a = { .qp_state = IBV_QPS_INIT,
				 .port_num = 1,
				 .qp_access_flags = IBV_ACCESS_REMOTE_READ |
						    IBV_ACCESS_REMOTE_WRITE };
	union ibv_gid gid;

	if (ibv_query_gid(pd->context, 1, gid_index, &gid) ||
	    ibv_modify_qp(from, &a,
			  IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS))
		die("INIT");
	a = (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTR,
				  .path_mtu = IBV_MTU_1024,
				  .dest_qp_num = peer,
				  .max_dest_rd_atomic = 1,
				  .min_rnr_timer = 12,
				  .ah_attr = { .is_global = 1,
					       .port_num = 1,
					       .grh = { .dgid = gid,
							.sgid_index = (uint8_t)gid_index,
							.hop_limit = 1 } } };
	if (ibv_modify_qp(from, &a,
			  IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				  IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER))
		die("RTR");
	a = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7, .max_rd_atomic = 1
	};
	if (ibv_modify_qp(from, &a,
			  IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				  IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC))
		die("RTS");
}

static void set_up(const char *device, int gid_index)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context = NULL;
	struct ibv_qp_init_attr attr = { .qp_type = IBV_QPT_RC,
					 .sq_sig_all = 1,
					 .cap = { 4, 1, 1, 1, 0 } };

	for (int i = 0; list && list[i]; i++)
		if (!strcmp(ibv_get_device_name(list[i]), device))
			context = ibv_open_device(list[i]);
	pd = context ? ibv_alloc_pd(context) : NULL;
	cq = pd ? ibv_create_cq(context, 16, NULL, NULL, 0) : NULL;
	if (!cq)
		die(device);
	attr.send_cq = attr.recv_cq = cq;
	for (int i = 0; i < 2; i++)
		if (!(qp[i] = ibv_create_qp(pd, &attr)))
			die("queue pair");
	connect_to(qp[0], qp[1]->qp_num, gid_index);
	connect_to(qp[1], qp[0]->qp_num, gid_index);
	bounce = ibv_reg_mr(pd, fresh_pages(PAGE), PAGE, IBV_ACCESS_LOCAL_WRITE);
	if (!bounce)
		die("bounce");
}

static struct ibv_mr *on_demand(char *at)
{
	struct ibv_mr *mr = ibv_reg_mr(pd, at, PAGE,
				       IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ |
					       IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_ON_DEMAND);

	if (!mr)
		die("no on-demand paging");
	return mr;
}

static void transfer(enum ibv_wr_opcode opcode, struct ibv_mr *mr, size_t off, uint32_t len)
{
	struct ibv_sge sge = { (uintptr_t)bounce->addr, len, bounce->lkey };
	struct ibv_send_wr wr = { .opcode = opcode,
				  .sg_list = &sge,
				  .num_sge = 1,
				  .wr.rdma = { (uintptr_t)mr->addr + off, mr->rkey } };
	struct ibv_send_wr *left;
	struct ibv_wc wc;

	if (ibv_post_send(qp[0], &wr, &left))
		die("post");
	while (!ibv_poll_cq(cq, 1, &wc))
		;
	if (wc.status != IBV_WC_SUCCESS) {
		fprintf(stderr, "transfer: %s\n", ibv_wc_status_str(wc.status));
		exit(2);
	}
}

static void offset(void)
{
	char *page = fresh_pages(PAGE);
	struct ibv_mr *mr = on_demand(page);

	memset(bounce->addr, 2, PAGE);
	transfer(IBV_WR_RDMA_WRITE, mr, 1536, 512);
	check("offset: byte 0 after a store at 1536", page[0], 1);
	check("offset: byte 1536", page[1536], 2);
	ibv_dereg_mr(mr);
}

static void cow(void)
{
	char *page = fresh_pages(PAGE);
	struct ibv_mr *mr = on_demand(page);
	int pair[2], status;
	char c;

	if (pipe(pair))
		die("pipe");
	if (!fork()) {
		close(pair[1]);
		_exit(read(pair[0], &c, 1) ? 99 : page[0]);
	}
	transfer(IBV_WR_RDMA_READ, mr, 0, PAGE);
	memset(bounce->addr, 2, PAGE);
	transfer(IBV_WR_RDMA_WRITE, mr, 0, PAGE);
	close(pair[1]);
	wait(&status);
	check("cow: the parent, whose region it is", page[0], 2);
	check("cow: its child", WEXITSTATUS(status), 1);
	ibv_dereg_mr(mr);
}

static void dirty(void)
{
	char *page = fresh_pages(PAGE);
	struct ibv_mr *mr = on_demand(page);

	madvise(page, PAGE, MADV_FREE);
	memset(bounce->addr, 2, PAGE);
	transfer(IBV_WR_RDMA_WRITE, mr, 0, PAGE);
	ibv_dereg_mr(mr);
	madvise(page, PAGE, MADV_PAGEOUT);
	check("dirty: after MADV_FREE, a store by the device, reclaim", page[0], 2);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	set_up(argv[1], argc > 2 ? atoi(argv[2]) : 1);
	offset();
	cow();
	dirty();
	return bad;
}
