// SPDX-License-Identifier: GPL-2.0-only
/* How a queue pair is told where its partner is, over an adapter that is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rdma/rdma.h"

#undef ibv_query_port

enum { GIDS = 3, PORT = 2 };

static struct ibv_device fake_device = { .name = "fake" };
static struct ibv_context fake_context;
static struct ibv_pd fake_pd;
static struct ibv_port_attr port;
static struct ibv_gid_entry gid[GIDS];
static struct ibv_qp_attr told; /* with the move to ready-to-receive */

struct ibv_device **ibv_get_device_list(int *n)
{
	static struct ibv_device *list[2];

	list[0] = &fake_device;
	if (n)
		*n = 1;
	return list;
}

void ibv_free_device_list(struct ibv_device **list)
{
	(void)list;
}

const char *ibv_get_device_name(struct ibv_device *d)
{
	return d->name;
}

struct ibv_context *ibv_open_device(struct ibv_device *d)
{
	fake_context.device = d;
	return &fake_context;
}

int ibv_close_device(struct ibv_context *c)
{
	(void)c;
	return 0;
}

struct ibv_pd *ibv_alloc_pd(struct ibv_context *c)
{
	fake_pd.context = c;
	return &fake_pd;
}

int ibv_dealloc_pd(struct ibv_pd *pd)
{
	(void)pd;
	return 0;
}

int ibv_query_port(struct ibv_context *c, uint8_t number, struct _compat_ibv_port_attr *attr)
{
	(void)c;
	if (number != PORT)
		return EINVAL;
	memcpy(attr, &port, sizeof(port));
	return 0;
}

int _ibv_query_gid_ex(struct ibv_context *c, uint32_t number, uint32_t index,
		      struct ibv_gid_entry *entry, uint32_t flags, size_t size)
{
	(void)c;
	(void)flags;
	if (number != PORT || index >= GIDS || size != sizeof(*entry))
		return EINVAL;
	*entry = gid[index];
	return 0;
}

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
	(void)qp;
	if (mask & IBV_QP_AV)
		told = *attr;
	return 0;
}

static void set_up(uint8_t link_layer)
{
	port = (struct ibv_port_attr){ .state = IBV_PORT_ACTIVE,
				       .active_mtu = IBV_MTU_2048,
				       .lid = link_layer == IBV_LINK_LAYER_ETHERNET ? 0 : 7,
				       .link_layer = link_layer,
				       .gid_tbl_len = GIDS };
	for (unsigned i = 0; i < GIDS; i++) {
		gid[i] = (struct ibv_gid_entry){ .gid_index = i, .port_num = PORT };
		gid[i].gid_type = link_layer == IBV_LINK_LAYER_ETHERNET ? IBV_GID_TYPE_ROCE_V1 :
									  IBV_GID_TYPE_IB;
		memset(gid[i].gid.raw, (int)i + 1, sizeof(gid[i].gid.raw));
	}
	memset(&told, 0xff, sizeof(told));
}

/* What is told of a partner with the LID 9 and a GID of fives. */
static void connect_as(const char *name)
{
	struct rdma_address partner = { .qp = 77, .lid = 9, .mtu = IBV_MTU_1024 };
	const struct rdma_end end = { 0 };
	struct rdma_device d;
	const char *what;

	memset(partner.gid.raw, 5, sizeof(partner.gid.raw));
	assert_int_equal(rdma_open(&d, name, &what), 0);
	assert_int_equal(rdma_end_connect(&end, &d, &partner), 0);
	assert_int_equal(told.dest_qp_num, 77);
	assert_int_equal(told.path_mtu, IBV_MTU_1024);
	assert_int_equal(told.ah_attr.port_num, PORT);
	assert_int_equal(told.ah_attr.dlid, 9);
	rdma_close(&d);
}

static void infiniband_is_addressed_by_lid(void **state)
{
	struct rdma_device d;
	const char *what;

	(void)state;
	set_up(IBV_LINK_LAYER_INFINIBAND);
	connect_as("fake:2");
	assert_int_equal(told.ah_attr.is_global, 0);
	assert_int_equal(rdma_open(&d, "fake:2", &what), 0);
	assert_int_equal(d.lid, 7);
	rdma_close(&d);
}

static void infiniband_with_a_named_gid_is_routed(void **state)
{
	const uint8_t five[16] = { 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5 };

	(void)state;
	set_up(IBV_LINK_LAYER_INFINIBAND);
	connect_as("fake:2:1");
	assert_int_equal(told.ah_attr.is_global, 1);
	assert_int_equal(told.ah_attr.grh.sgid_index, 1);
	assert_memory_equal(told.ah_attr.grh.dgid.raw, five, sizeof(five));
}

static void roce_is_addressed_by_its_second_version(void **state)
{
	(void)state;
	set_up(IBV_LINK_LAYER_ETHERNET);
	gid[1].gid_type = IBV_GID_TYPE_ROCE_V2;
	connect_as("fake:2");
	assert_int_equal(told.ah_attr.is_global, 1);
	assert_int_equal(told.ah_attr.grh.sgid_index, 1);
	/* IPv4 before IPv6. */
	gid[2].gid_type = IBV_GID_TYPE_ROCE_V2;
	memset(gid[2].gid.raw, 0, 10);
	memset(gid[2].gid.raw + 10, 0xff, 2);
	connect_as("fake:2");
	assert_int_equal(told.ah_attr.grh.sgid_index, 2);
}

static void roce_without_an_address_is_refused(void **state)
{
	struct rdma_device d;
	const char *what;

	(void)state;
	set_up(IBV_LINK_LAYER_ETHERNET);
	port.gid_tbl_len = 0;
	assert_int_equal(rdma_open(&d, "fake:2", &what), -EADDRNOTAVAIL);
	assert_string_equal(what, "GID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(infiniband_is_addressed_by_lid),
		cmocka_unit_test(infiniband_with_a_named_gid_is_routed),
		cmocka_unit_test(roce_is_addressed_by_its_second_version),
		cmocka_unit_test(roce_without_an_address_is_refused),
	};

	return cmocka_run_group_tests_name("rdma-address", tests, NULL, NULL);
}
