// SPDX-License-Identifier: GPL-2.0-only
#include "bench/placed.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { AT_ONCE = 128 };

void placed_count(struct placed *p, char *first, size_t stride, size_t count)
{
	for (size_t i = 0; i < count; i += AT_ONCE) {
		size_t n = count - i < AT_ONCE ? count - i : AT_ONCE;
		void *page[AT_ONCE];
		int status[AT_ONCE];
		long err;

		for (size_t k = 0; k < n; k++)
			page[k] = first + (i + k) * stride;
		err = syscall(SYS_move_pages, 0, n, page, NULL, status, 0);
		for (size_t k = 0; k < n; k++) {
			if (!err && status[k] >= 0 && status[k] < PLACED_NODES)
				p->on[status[k]]++;
			else if (!err && status[k] == -EFAULT)
				p->zero++;
			else
				p->unknown++;
		}
	}
}

void placed_add(struct placed *to, const struct placed *from)
{
	for (int i = 0; i < PLACED_NODES; i++)
		to->on[i] += from->on[i];
	to->zero += from->zero;
	to->unknown += from->unknown;
}

uint32_t placed_elsewhere(const struct placed *p, int node)
{
	uint32_t n = p->unknown;

	for (int i = 0; i < PLACED_NODES; i++)
		n += i == node ? 0 : p->on[i];
	return n;
}
