// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/base/self.h"
#include "core/base/util.h"

/* The kernel makes as many entries as a read has room for; most callers want the first. */
enum { CHUNK = 512 };

/* No stdio here: it would allocate in the address space that is under test. */
struct lines {
	int fd;
	size_t used, next;
	char buf[4096];
};

/* The next line, the part beyond the buffer left out; NULL at the end. */
static char *next_line(struct lines *l)
{
	for (;;) {
		char *start = l->buf + l->next;
		char *end = memchr(start, '\n', l->used - l->next);
		ssize_t n;

		if (end) {
			*end = '\0';
			l->next = (size_t)(end + 1 - l->buf);
			return start;
		}
		memmove(l->buf, start, l->used - l->next);
		l->used -= l->next;
		l->next = 0;
		if (l->used + CHUNK > sizeof(l->buf))
			l->used = 0;
		n = read(l->fd, l->buf + l->used, CHUNK);
		if (n <= 0)
			return NULL;
		l->used += (size_t)n;
	}
}

static bool is_header(const char *line, uintptr_t *from, uintptr_t *to)
{
	char *end;

	*from = strtoul(line, &end, 16);
	if (end == line || *end != '-')
		return false;
	*to = strtoul(end + 1, &end, 16);
	return *end == ' ';
}

/* Leaves l behind the header line of the entry that holds addr, or NULL. */
static char *find_entry(struct lines *l, const void *addr)
{
	uintptr_t from, to;
	char *line;

	while ((line = next_line(l)))
		if (is_header(line, &from, &to) && from <= (uintptr_t)addr && (uintptr_t)addr < to)
			return line;
	return NULL;
}

/* The text behind "field:" in the entry that holds addr; NULL without. */
static char *find_field(struct lines *l, const void *addr, const char *field)
{
	size_t len = strlen(field);
	uintptr_t from, to;
	char *line;

	if (!find_entry(l, addr))
		return NULL;
	while ((line = next_line(l)) && !is_header(line, &from, &to))
		if (!strncmp(line, field, len) && line[len] == ':')
			return line + len + 1;
	return NULL;
}

long smaps_kb(const void *addr, const char *field)
{
	own_fd fd = self_open(SELF_SMAPS);
	struct lines l = { .fd = fd };
	const char *text;

	if (fd < 0)
		return -errno;
	text = find_field(&l, addr, field);
	return text ? strtol(text, NULL, 10) : -ENOENT;
}

int smaps_flag(const void *addr, const char *flags)
{
	own_fd fd = self_open(SELF_SMAPS);
	struct lines l = { .fd = fd };
	char *text, *word;
	int set = 0;

	if (fd < 0)
		return -errno;
	text = find_field(&l, addr, "VmFlags");
	if (!text)
		return -ENOENT;
	while ((word = strsep(&text, " ")))
		for (size_t i = 0; i * 3 < strlen(flags); i++)
			if (strlen(word) == 2 && !strncmp(word, flags + i * 3, 2))
				set |= 1 << i;
	return set;
}

int smaps_file(const void *addr, unsigned long *dev, unsigned long *inode)
{
	own_fd fd = self_open(SELF_MAPS);
	struct lines l = { .fd = fd };
	unsigned long major, minor;
	char *at;

	if (fd < 0)
		return -errno;
	at = find_entry(&l, addr);
	if (!at)
		return -ENOENT;
	/* "from-to rwxp offset major:minor inode name"; sscanf() would cost six page faults. */
	for (int i = 0; at && i < 3; i++)
		at = strchr(at + 1, ' ');
	major = at ? strtoul(at, &at, 16) : 0;
	if (!at || *at != ':')
		return -EPROTO;
	minor = strtoul(at + 1, &at, 16);
	if (*at != ' ')
		return -EPROTO;
	*inode = strtoul(at, NULL, 10);
	*dev = makedev((unsigned)major, (unsigned)minor);
	return 0;
}

int smaps_named(const void *addr, const char *name)
{
	own_fd fd = self_open(SELF_MAPS);
	struct lines l = { .fd = fd };
	const char *line;

	if (fd < 0)
		return -errno;
	line = find_entry(&l, addr);
	return line ? strstr(line, name) != NULL : -ENOENT;
}
