// SPDX-License-Identifier: GPL-2.0-only
#include "core/actor/files.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool has_files(const struct actor *a)
{
	for (int i = 0; i < a->nregions; i++)
		if (a->region[i].fd >= 0)
			return true;
	return false;
}

void files_receive(int socket, struct actor *a)
{
	char byte, control[CMSG_SPACE(REGIONS_MAX * sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int fd[REGIONS_MAX], next = 0;

	if (!has_files(a))
		return;
	/* Closed on exec, as the descriptors of the runner are. */
	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != 1)
		_exit(1);
	c = CMSG_FIRSTHDR(&msg);
	if (!c)
		_exit(1);
	memcpy(fd, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	for (int i = 0; i < a->nregions; i++)
		if (a->region[i].fd >= 0)
			a->region[i].fd = fd[next++];
}

int files_send(int socket, const struct actor *a)
{
	char byte = 0, control[CMSG_SPACE(REGIONS_MAX * sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c = (struct cmsghdr *)control;
	int fd[REGIONS_MAX], count = 0;

	for (int i = 0; i < a->nregions; i++)
		if (a->region[i].fd >= 0)
			fd[count++] = a->region[i].fd;
	if (!count)
		return 0;
	msg.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
	*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS,
			       .cmsg_len = CMSG_LEN((size_t)count * sizeof(int)) };
	memcpy(CMSG_DATA(c), fd, (size_t)count * sizeof(int));
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}
