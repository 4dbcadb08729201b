/* SPDX-License-Identifier: GPL-2.0-only */
/* Small helpers without state; everything may include this file. */
#ifndef CORE_BASE_UTIL_H
#define CORE_BASE_UTIL_H

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum {
	BASE_PAGE = 4096,		   /* bytes; the model's page */
	SECTOR = 512,			   /* bytes; the model's finest store */
	PAGE_SECTORS = BASE_PAGE / SECTOR, /* 8 */
	HUGE_PAGE = 2 * 1024 * 1024,	   /* bytes; PMD size on x86-64 */
};

/* Exit codes of every command, docs: README "Exit codes". */
enum exit_code {
	EXIT_OK = 0,
	EXIT_LAW = 1,	  /* a law broke */
	EXIT_USAGE = 2,	  /* wrong usage or unreadable input, nothing ran */
	EXIT_BROKEN = 3,  /* harness or host failed */
	EXIT_NOTHING = 4, /* nothing could run */
};

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* A descriptor that is closed at the end of its scope. */
#define own_fd __attribute__((cleanup(close_fd))) int

/*
 * Reads a whole small file (procfs, sysfs) into buf, NUL-terminated, trailing
 * newlines removed. Returns its length or -errno; -EFBIG when it does not fit.
 */
int file_read(const char *path, char *buf, size_t size);

/* The same from a descriptor, where it stands. */
int fd_read(int fd, char *buf, size_t size);

/* The decimal number that a small file begins with, or -1 when it can't be read. */
long file_number(const char *path);

/* Writes text to an existing file with one write(2). Returns 0 or -errno. */
int file_write(const char *path, const char *text);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t now_ns(void);

/* "EFAULT" for 14; "E999" for a number that libc does not name. Static text. */
const char *errno_name(int err);

/*
 * Shell-style pattern match of a cell id or program name; a pattern without
 * wildcard matches as a substring.
 */
int name_matches(const char *pattern, const char *name);

#endif
