// SPDX-License-Identifier: GPL-2.0-only
/* What is said before two hosts trust each other; the rest: scripts/lab.d/two-hosts. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "rdma/wire.h"

static void strangers_are_refused(void **state)
{
	struct wire_hello h;
	char why[128] = "";

	(void)state;
	wire_hello(&h);
	assert_int_equal(wire_hello_check(&h, sizeof(h), why, sizeof(why)), 0);
	/* Private data may be padded, never shorter. */
	assert_int_equal(wire_hello_check(&h, sizeof(h) - 1, why, sizeof(why)), -EPROTO);
	assert_string_equal(why, "the other side is no pinfold");
	assert_int_equal(wire_hello_check(NULL, 0, why, sizeof(why)), -EPROTO);
	h.version = htonl(WIRE_VERSION + 1);
	assert_int_equal(wire_hello_check(&h, sizeof(h), why, sizeof(why)), -EPROTO);
	assert_string_equal(why, "the other side speaks version 2, this one 1");
	wire_hello(&h);
	h.magic[0] = 'P';
	assert_int_equal(wire_hello_check(&h, sizeof(h), why, sizeof(why)), -EPROTO);
}

static void addresses(void **state)
{
	static const char *const bad[] = { "",	     ":",   ":1", "127.0.0.1:", "127.0.0.1:x",
					   "[::1]:", "[]:1" };
	struct sockaddr_storage at;
	char why[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (wire_address(bad[i], &at, why, sizeof(why)) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(wire_address("127.0.0.1", &at, why, sizeof(why)), 0);
	assert_int_equal(((struct sockaddr_in *)&at)->sin_port, htons(WIRE_PORT));
	assert_int_equal(wire_address("127.0.0.1:77", &at, why, sizeof(why)), 0);
	assert_int_equal(((struct sockaddr_in *)&at)->sin_port, htons(77));
	assert_int_equal(wire_address("::1", &at, why, sizeof(why)), 0);
	assert_int_equal(((struct sockaddr_in6 *)&at)->sin6_port, htons(WIRE_PORT));
	assert_int_equal(wire_address("[::1]:78", &at, why, sizeof(why)), 0);
	assert_int_equal(((struct sockaddr_in6 *)&at)->sin6_port, htons(78));
}

static void addresses_of_queue_pairs_survive_the_frame(void **state)
{
	struct rdma_address a = { .qp = 0x123456, .lid = 0xabcd, .mtu = IBV_MTU_4096 }, b;
	static struct wire_frame f;

	(void)state;
	memset(&a.gid, 7, sizeof(a.gid));
	wire_put_address(&f, &a);
	b = wire_get_address(&f);
	assert_int_equal(b.qp, a.qp);
	assert_int_equal(b.lid, a.lid);
	assert_int_equal(b.mtu, a.mtu);
	assert_memory_equal(&b.gid, &a.gid, sizeof(a.gid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(addresses),
		cmocka_unit_test(addresses_of_queue_pairs_survive_the_frame),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
