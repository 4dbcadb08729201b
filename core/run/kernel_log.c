// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/util.h"

enum { RECORD_MAX = 8192 }; /* more than the kernel's longest record */

/* A line matches when it has both texts, the first one at its start if so marked. */
static const struct {
	const char *what, *text, *also;
	bool at_start;
} complaints[] = {
	{ "KASAN", "BUG: KASAN: ", NULL, false },
	{ "KCSAN", "BUG: KCSAN: ", NULL, false },
	{ "KMSAN", "BUG: KMSAN: ", NULL, false },
	{ "KFENCE", "BUG: KFENCE: ", NULL, false },
	{ "bad page state", "BUG: Bad page state", NULL, false },
	{ "bad page map", "BUG: Bad page map", NULL, false },
	{ "bad rss-counter", "BUG: Bad rss-counter", NULL, false },
	{ "lockup", "BUG: soft lockup", NULL, false },
	{ "lockup", "hard LOCKUP", NULL, false },
	{ "BUG", "BUG: ", NULL, true },
	{ "BUG", "kernel BUG at ", NULL, true },
	{ "UBSAN", "UBSAN: ", NULL, true },
	{ "WARN", "WARNING: ", NULL, true },
	{ "hung task", "INFO: task ", "blocked for more than", true },
	{ "RCU stall", "rcu", "stall", false },
	{ "general protection fault", "general protection fault", NULL, true },
	{ "Oops", "Oops: ", NULL, false },
	{ "Oops", "Internal error: ", NULL, true },
	{ "refcount", "refcount_t: ", NULL, true },
	{ "list corruption", "list_add corruption", NULL, true },
	{ "list corruption", "list_del corruption", NULL, true },
	{ "bad page", "page dumped because: ", NULL, true },
	{ "panic", "Kernel panic", NULL, true },
};

const char *kernel_log_complaint(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
		const char *at = strstr(line, complaints[i].text);

		if (!at || (complaints[i].at_start && at != line))
			continue;
		if (!complaints[i].also || strstr(at, complaints[i].also))
			return complaints[i].what;
	}
	return NULL;
}

int kernel_log_open(void)
{
	char record[RECORD_MAX];
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (lseek(fd, 0, SEEK_END) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	/* dmesg_restrict is checked by the read. */
	n = read(fd, record, sizeof(record));
	if (n < 0 && errno == EPERM) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

/* "priority,sequence,time,flags;text", continued by lines that begin with a blank. */
static void take(char *record, bool planted, struct kernel_complaint *c)
{
	char *text = strchr(record, ';');
	const char *what;
	long priority = strtol(record, NULL, 10);

	if (!text)
		return;
	text[strcspn(text, "\n")] = '\0';
	/* Facility 0 is the kernel's; user space can't set it. */
	if (priority >> 3 && !planted)
		return;
	what = kernel_log_complaint(text + 1);
	if (!what)
		return;
	if (!c->lines++) {
		c->what = what;
		snprintf(c->line, sizeof(c->line), "%s", text + 1);
	}
}

void kernel_log_read(int fd, bool planted, struct kernel_complaint *c)
{
	char record[RECORD_MAX];

	*c = (struct kernel_complaint){ 0 };
	while (fd >= 0) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		if (n < 0 && errno == EPIPE)
			c->lost = true;
		else if (n <= 0 && errno != EINTR)
			return;
		if (n <= 0)
			continue;
		record[n] = '\0';
		take(record, planted, c);
	}
}

unsigned long kernel_taint(void)
{
	char text[32];

	if (file_read("/proc/sys/kernel/tainted", text, sizeof(text)) < 0)
		return 0;
	return strtoul(text, NULL, 10);
}

void kernel_taint_print(unsigned long bits, char *text, size_t size)
{
	static const char *const name[] = {
		"proprietary module", "forced module",
		"unsafe SMP",	      "forced rmmod",
		"machine check",      "bad page",
		"user request",	      "oops or BUG",
		"overridden ACPI",    "warning",
		"staging driver",     "firmware workaround",
		"out-of-tree module", "unsigned module",
		"soft lockup",	      "live patch",
		"auxiliary",	      "struct randomised",
		"test in the kernel", "fwctl",
	};
	size_t n = 0;

	*text = '\0';
	for (size_t i = 0; i < 8 * sizeof(bits) && n < size; i++) {
		if (!(bits >> i & 1))
			continue;
		n += (size_t)snprintf(text + n, size - n, "%s", n ? ", " : "");
		if (n >= size)
			return;
		if (i < ARRAY_SIZE(name))
			n += (size_t)snprintf(text + n, size - n, "%s", name[i]);
		else
			n += (size_t)snprintf(text + n, size - n, "bit %zu", i);
	}
}

void kernel_warn_again(void)
{
	file_write("/sys/kernel/debug/clear_warn_once", "1");
}
