// SPDX-License-Identifier: GPL-2.0-only
/* What the IOMMU reports: each is an interrupt, which nothing limits in rate as messages are. */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/util.h"
#include "vfio/vfio.h"

enum { REPORT_MS = 500 };

/* The counts of a line whose last word is dmar0, dmar1, ...: VT-d; 0 and false for others. */
static bool count_line(const char *line, const char *end, long *sum)
{
	const char *last = end;
	char *rest;

	while (last > line && !isspace((unsigned char)last[-1]))
		last--;
	if (end - last < 5 || strncmp(last, "dmar", 4) != 0 || !isdigit((unsigned char)last[4]))
		return false;
	line = memchr(line, ':', (size_t)(end - line));
	for (; line; line = rest) {
		long n = strtol(++line, &rest, 10);

		if (rest == line || *rest != ' ')
			break;
		*sum += n;
	}
	return true;
}

long vfio_faults(void)
{
	/* No allocation: this runs between steps of an actor. */
	static char text[32 * 1024];
	own_fd fd = open("/proc/interrupts", O_RDONLY | O_CLOEXEC);
	size_t held = 0;
	bool known = false;
	long sum = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, text + held, sizeof(text) - 1 - held)) > 0) {
		char *line = text, *end;

		held += (size_t)n;
		text[held] = '\0';
		for (; (end = memchr(line, '\n', held - (size_t)(line - text))); line = end + 1)
			known |= count_line(line, end, &sum);
		held -= (size_t)(line - text);
		memmove(text, line, held);
		if (held == sizeof(text) - 1)
			return -1;
	}
	return known ? sum : -1;
}

bool vfio_fault_came(long before)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int ms = 0; vfio_faults() == before; ms++) {
		if (ms == REPORT_MS)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}
