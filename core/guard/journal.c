// SPDX-License-Identifier: GPL-2.0-only
#include "core/guard/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/util.h"

#define HEADER "pinfold-journal 1"

enum { LINE_BYTES = 8192, JOURNAL_BYTES = 16 << 20 };

static void boot_id(char *buf, size_t size)
{
	if (file_read("/proc/sys/kernel/random/boot_id", buf, size) < 0)
		snprintf(buf, size, "unknown");
}

/* Blanks, tabs and line ends separate, so they are written as octal. */
static int put_field(char *line, size_t size, size_t *used, const char *field)
{
	for (; *field; field++) {
		unsigned char c = (unsigned char)*field;

		if (*used + 6 > size)
			return -ENAMETOOLONG;
		if (c > ' ' && c != '\\' && c != 127)
			line[(*used)++] = (char)c;
		else
			*used += (size_t)snprintf(line + *used, 5, "\\%03o", c);
	}
	return 0;
}

static void decode_field(char *field)
{
	char *to = field;

	while (*field) {
		if (field[0] == '\\' && field[1] && field[2] && field[3]) {
			char digits[4] = { field[1], field[2], field[3] };

			*to++ = (char)strtol(digits, NULL, 8);
			field += 4;
		} else {
			*to++ = *field++;
		}
	}
	*to = '\0';
}

static int format_line(char *line, size_t size, const char *verb, const char *arg, const char *old)
{
	const char *field[] = { verb, arg, old };
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		int err = put_field(line, size, &used, field[i]);

		if (err)
			return err;
		line[used++] = i + 1 < ARRAY_SIZE(field) ? '\t' : '\n';
	}
	return (int)used;
}

static int write_all(int fd, const char *text, size_t len)
{
	ssize_t n = write(fd, text, len);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -ENOSPC;
}

static int write_header(int fd)
{
	char boot[64], line[128];

	boot_id(boot, sizeof(boot));
	return write_all(fd, line, (size_t)snprintf(line, sizeof(line), HEADER " %s\n", boot));
}

int journal_append(int dirfd, const char *verb, const char *arg, const char *old)
{
	own_fd fd = openat(dirfd, "journal", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			   0600);
	char line[LINE_BYTES];
	int len = format_line(line, sizeof(line), verb, arg, old);
	struct stat st;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (len < 0)
		return len;
	if (fstat(fd, &st))
		return -errno;
	if (!st.st_size)
		err = write_header(fd);
	if (!err)
		err = write_all(fd, line, (size_t)len);
	if (!err && fdatasync(fd))
		err = -errno;
	if (!err && !st.st_size && fsync(dirfd))
		err = -errno;
	/* The next line must not be glued to half a line. */
	if (err && ftruncate(fd, st.st_size))
		return -errno;
	return err;
}

static int read_text(int dirfd, char **text)
{
	own_fd fd = openat(dirfd, "journal", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st))
		return -errno;
	if (st.st_size > JOURNAL_BYTES)
		return -EFBIG;
	*text = malloc((size_t)st.st_size + 1);
	if (!*text)
		return -ENOMEM;
	n = pread(fd, *text, (size_t)st.st_size, 0);
	if (n < 0)
		return -errno;
	(*text)[n] = '\0';
	return 1;
}

static int parse_header(struct journal *j, char **rest)
{
	char boot[64], expected[128];
	char *line = strsep(rest, "\n");

	/* A header without its line end was cut off: nothing was changed yet. */
	if (!line || !*rest)
		return 0;
	if (strncmp(line, HEADER " ", strlen(HEADER " ")))
		return -EPROTO;
	boot_id(boot, sizeof(boot));
	snprintf(expected, sizeof(expected), HEADER " %s", boot);
	j->same_boot = !strcmp(line, expected);
	return 0;
}

static int parse(struct journal *j)
{
	char *rest = j->text;
	size_t lines = 0;
	int err = parse_header(j, &rest);

	if (err || !rest)
		return err;
	for (const char *c = rest; *c; c++)
		lines += *c == '\n';
	j->line = calloc(lines + 1, sizeof(*j->line));
	if (!j->line)
		return -ENOMEM;
	/* What follows the last line end was cut off before its change was made. */
	while (lines--) {
		struct journal_line *l = &j->line[j->count++];
		char *line = strsep(&rest, "\n");

		l->verb = strsep(&line, "\t");
		l->arg = strsep(&line, "\t");
		l->old = line;
		if (!l->arg || !l->old)
			return -EPROTO;
		decode_field(l->arg);
		decode_field(l->old);
	}
	return 0;
}

static int keep_failed(int dirfd, const struct journal *j)
{
	own_fd fd = openat(dirfd, "journal.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char line[LINE_BYTES];
	int err;

	if (fd < 0)
		return -errno;
	err = write_header(fd);
	for (size_t i = 0; !err && i < j->count; i++) {
		const struct journal_line *l = &j->line[i];
		int len;

		if (!l->kept)
			continue;
		len = format_line(line, sizeof(line), l->verb, l->arg, l->old);
		err = len < 0 ? len : write_all(fd, line, (size_t)len);
	}
	if (!err && (fdatasync(fd) || renameat(dirfd, "journal.new", dirfd, "journal")))
		err = -errno;
	return err;
}

static int undo_all(int dirfd, struct journal *j, char *why, size_t size)
{
	int first = 0, done = 0;

	for (size_t i = j->count; i--;) {
		struct journal_line *l = &j->line[i];
		int err = journal_undo(j, l);

		if (!err) {
			done++;
			continue;
		}
		l->kept = true;
		if (!first)
			snprintf(why, size, "undo of %s %s: %s", l->verb, l->arg, errno_name(-err));
		first = first ? first : err;
	}
	if (first) {
		keep_failed(dirfd, j);
		return first;
	}
	if (unlinkat(dirfd, "journal", 0) && errno != ENOENT) {
		snprintf(why, size, "removing the journal: %s", errno_name(errno));
		return -errno;
	}
	fsync(dirfd);
	return done;
}

int journal_restore(int dirfd, char *why, size_t size)
{
	struct journal j = { 0 };
	int err = read_text(dirfd, &j.text);

	if (err > 0) {
		err = parse(&j);
		if (!err)
			err = undo_all(dirfd, &j, why, size);
		else
			snprintf(why, size, "the journal is not one of this version");
	} else if (err) {
		snprintf(why, size, "reading the journal: %s", errno_name(-err));
	}
	free(j.line);
	free(j.text);
	return err;
}
