// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/pin/kinds.h"

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

int pin_read_pieces(struct pin *p, const struct pin_data *data, size_t most, pin_fetch *fetch)
{
	for (size_t off = 0, n; off < p->len; off += n) {
		int err;

		n = smaller(p->len - off, most);
		err = fetch(p, off, data->dst + p->start + off, n);
		if (err)
			return err;
		pin_mark(p, data, off, n);
	}
	return 0;
}

int pin_write_pieces(struct pin *p, size_t off, size_t len, const void *src, size_t most,
		     pin_store *store)
{
	if (off > p->len || len > p->len - off)
		return -EINVAL;
	for (size_t done = 0, n; done < len; done += n) {
		int err;

		n = smaller(len - done, most);
		err = store(p, off + done, (const char *)src + done, n);
		if (err)
			return err;
	}
	return 0;
}
