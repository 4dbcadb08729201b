// SPDX-License-Identifier: GPL-2.0-only
#include "core/pin/net.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/base/util.h"

static int enter_new(void *arg)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	own_fd s = -1;

	if (unshare(CLONE_NEWNET))
		return -errno;
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || ioctl(s, SIOCSIFFLAGS, &lo))
		return -errno;
	*(int *)arg = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return *(int *)arg < 0 ? -errno : 0;
}

static int and_back(int (*work)(void *arg), void *arg)
{
	own_fd home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int err;

	if (home < 0)
		return -errno;
	err = work(arg);
	if (setns(home, CLONE_NEWNET) && !err)
		err = -errno;
	return err;
}

int net_open(void)
{
	int net = -1, err = and_back(enter_new, &net);

	if (err && net >= 0)
		close(net);
	return err ? err : net;
}

struct errand {
	int net;
	int (*work)(void *arg);
	void *arg;
};

static int enter(void *arg)
{
	const struct errand *e = arg;

	return setns(e->net, CLONE_NEWNET) ? -errno : e->work(e->arg);
}

int net_do(int net, int (*work)(void *arg), void *arg)
{
	struct errand e = { net, work, arg };

	return and_back(enter, &e);
}
