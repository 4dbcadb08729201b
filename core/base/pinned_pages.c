// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/pinned_pages.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

long pinned_pages(char *text, size_t size)
{
	static const char *const names[] = { "nr_foll_pin_acquired ", "nr_foll_pin_released " };
	long value[2];

	/* Each CPU keeps its own, and folds them together when this is written. */
	if (file_write("/proc/sys/vm/stat_refresh", "1") ||
	    file_read("/proc/vmstat", text, size) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		const char *at = strstr(text, names[i]);

		if (!at)
			return -1;
		value[i] = strtol(at + strlen(names[i]), NULL, 10);
	}
	return value[0] - value[1];
}
