// SPDX-License-Identifier: GPL-2.0-only
#include "core/pin/holder_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "core/base/util.h"

enum { TRIES = 8 };

/* Direct I/O is a wish that the driver may drop without a word. */
static int is_direct(int n)
{
	char path[64], text[8];

	snprintf(path, sizeof(path), "/sys/block/loop%d/loop/dio", n);
	if (file_read(path, text, sizeof(text)) < 0)
		return -ENOENT;
	return *text == '1' ? 0 : -EOPNOTSUPP;
}

static int attach(int control, int file)
{
	struct loop_config config = { .fd = (uint32_t)file,
				      .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO };
	int n = ioctl(control, LOOP_CTL_GET_FREE), loop, err;
	char device[32];

	if (n < 0)
		return -errno;
	snprintf(device, sizeof(device), "/dev/loop%d", n);
	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "pinfold-held");
	loop = open(device, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (loop < 0)
		return -errno;
	err = ioctl(loop, LOOP_CONFIGURE, &config) ? -errno : is_direct(n);
	if (!err)
		return loop;
	close(loop);
	return err;
}

int loop_over(const char *path)
{
	own_fd control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	own_fd file = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	int loop = -EBUSY;

	if (control < 0 || file < 0)
		return -errno;
	/* Somebody else may take the free one first. */
	for (int i = 0; i < TRIES && loop == -EBUSY; i++)
		loop = attach(control, file);
	return loop;
}
