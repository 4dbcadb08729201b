// SPDX-License-Identifier: GPL-2.0-only
/* The comment and the includes of a printed program. */
#include <stdlib.h>
#include <string.h>

#include "core/emit/emit.h"
#include "core/emit/parts.h"
#include "core/mem/mem.h"

/* Headers of libc, and what a program has of each. */
static const struct {
	const char *header, *names;
} headers[] = {
	{ "errno.h", "errno EACCES EAGAIN EBUSY ECANCELED EEXIST EFAULT EINVAL EIO ENODATA ENOENT "
		     "ENOMEM ENOSYS ENXIO EOPNOTSUPP EPERM" },
	{ "fcntl.h", "open creat fcntl fallocate posix_fadvise splice tee vmsplice "
		     "O_RDONLY O_RDWR O_WRONLY O_NONBLOCK O_CLOEXEC" },
	{ "sched.h", "sched_setaffinity clone unshare" },
	{ "signal.h", "signal kill SIGSEGV SIGBUS SIGKILL sig_atomic_t" },
	{ "stdint.h", "uint16_t uint32_t uint64_t uintptr_t" },
	{ "stdio.h", "printf puts fopen snprintf dprintf" },
	{ "stdlib.h", "exit system strtol" },
	{ "string.h", "memset memcpy strcmp strncmp strlen strerror strsignal" },
	{ "sys/mman.h", "mmap" },
	{ "sys/prctl.h", "prctl" },
	{ "sys/wait.h", "wait waitpid" },
	{ "unistd.h", "fork usleep alarm" },
};

/* Words of text, wrapped; a comment must not end early. */
static void print_comment(FILE *out, const char *label, const char *text)
{
	size_t column = strlen(label) + 3;

	fprintf(out, " * %s", label);
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, " \n");

		if (column + n > 97) {
			fprintf(out, "\n *	");
			column = 8;
		}
		for (size_t i = 0; i < n; i++)
			fputc(p[i] == '/' && i && p[i - 1] == '*' ? '|' : p[i], out);
		column += n + 1;
		p += n + strspn(p + n, " \n");
		if (*p && column + strcspn(p, " \n") <= 97)
			fputc(' ', out);
	}
	fputc('\n', out);
}

static void add_needs(char *text, size_t size, const char *const *needs)
{
	for (; *needs; needs++) {
		size_t len = strlen(text);

		if (!strstr(text, *needs))
			snprintf(text + len, size - len, "%s%s", len ? " " : "", *needs);
	}
}

/* The kind and what is needed. The mechanism is named by the cell, and by its functions. */
static void print_setting(FILE *out, const struct emit *e)
{
	char text[1024], needs[512] = "";

	add_needs(needs, sizeof(needs), e->cell->mem->needs);
	snprintf(text, sizeof(text), "%s", e->cell->mem->about);
	for (int i = 0; i < e->plan.nops; i++) {
		const struct op *op = &e->plan.op[i];

		add_needs(needs, sizeof(needs), op->verb->needs);
	}
	if (*needs)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "; needs %s", needs);
	print_comment(out, "", text);
}

void emit_head(FILE *out, const struct emit *e, const char *code)
{
	const struct program *p = e->cell->program;
	char run[128];

	fprintf(out, "// SPDX-License-Identifier: GPL-2.0-only\n/*\n");
	if (p->about)
		print_comment(out, "", p->about);
	print_comment(out, "pinfold emit-c ", e->cell->id);
	print_setting(out, e);
	snprintf(run, sizeof(run), " * cc -Wall -Wextra FILE.c%s && ./a.out%s%s%s",
		 strstr(code, "rdma_open(") ? " -libverbs" : "",
		 strstr(code, "vfio_open(") ? " /dev/vfio/GROUP PCI-ADDRESS" : "",
		 strstr(code, "rdma_open(") ? " RDMA-DEVICE" : "",
		 strstr(code, "file_in(") ? " FOLDER" : "");
	fprintf(out,
		"%s%sxit 0: held, 1 or by a signal: a law broke, 4: can't tell. */\n"
		"#define _GNU_SOURCE\n",
		run, strlen(run) > 40 ? "\n * E" : "; e");
}

void emit_includes(FILE *out, const struct parts *parts, const char *code)
{
	char text[1024] = "";

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		char names[256], *rest = names;
		bool needed = false;

		snprintf(names, sizeof(names), "%s", headers[i].names);
		for (char *word; (word = strsep(&rest, " "));)
			needed |= parts_mention(code, word);
		if (needed)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 "#include <%s>\n", headers[i].header);
	}
	parts_includes(parts, text, out);
	fputc('\n', out);
}
