// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int fd_read(int fd, char *buf, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, buf + used, size - used);

		if (n < 0)
			return -errno;
		if (!n)
			break;
		used += (size_t)n;
	}
	if (used == size)
		return -EFBIG;
	while (used && buf[used - 1] == '\n')
		used--;
	buf[used] = '\0';
	return (int)used;
}

int file_read(const char *path, char *buf, size_t size)
{
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_read(fd, buf, size);
}

long file_number(const char *path)
{
	char text[64];

	return file_read(path, text, sizeof(text)) < 0 ? -1 : strtol(text, NULL, 10);
}

int file_write(const char *path, const char *text)
{
	own_fd fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		return -errno;
	return (size_t)n == strlen(text) ? 0 : -EIO;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

const char *errno_name(int err)
{
	static char number[16];
	const char *name = strerrorname_np(err);

	if (name)
		return name;
	snprintf(number, sizeof(number), "E%d", err);
	return number;
}

int name_matches(const char *pattern, const char *name)
{
	if (!strpbrk(pattern, "*?["))
		return strstr(name, pattern) != NULL;
	return fnmatch(pattern, name, 0) == 0;
}
