// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provided-buffer rings of an io_uring in the memory under test, one for each page. What a
 * page holds names no buffer that the kernel could fill: each request is refused with EFAULT,
 * and its completion brings back the entry's id, which is where a word has its value.
 */
#include <errno.h>
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/pattern.h"
#include "core/base/util.h"
#include "core/pin/kinds.h"

/* linux/io_uring.h of 5.19; the headers here may be older. */
enum { REGISTER_PBUF_RING = 22, UNREGISTER_PBUF_RING = 23 };

struct ring_of_buffers {
	uint64_t addr;
	uint32_t entries;
	uint16_t group, flags;
	uint64_t zero[3];
};

enum {
	ENTRY = 16,
	ENTRIES = BASE_PAGE / ENTRY,
	ALL_OF = 16, /* pages; of a larger pin as many */
};

struct pbuf {
	struct io_uring ring;
	bool ring_up;
	int file; /* empty, and without poll: an entry that was looked at is used up */
	size_t npages, size;
	uint8_t used[]; /* for each page: entries were taken from its ring */
};

static void pbuf_release(struct pin *p)
{
	struct pbuf *b = p->priv;

	if (!b)
		return;
	if (b->ring_up)
		io_uring_queue_exit(&b->ring);
	close_fd(&b->file);
	pin_free(b, b->size);
	p->priv = NULL;
}

static int pbuf_prepare(struct pin *p)
{
	size_t size = sizeof(struct pbuf) + p->max_len / BASE_PAGE;
	struct pbuf *b = pin_alloc(size);
	int err;

	if (!b)
		return -ENOMEM;
	b->size = size;
	p->priv = b;
	b->file = memfd_create("pinfold-pbuf", MFD_CLOEXEC);
	err = b->file < 0 ? -errno : io_uring_queue_init(ENTRIES, &b->ring, 0);
	b->ring_up = !err;
	if (err)
		pbuf_release(p);
	return err;
}

static int group(const struct pbuf *b, size_t number, const char *addr)
{
	const struct ring_of_buffers ring = { .addr = (uintptr_t)addr,
					      .entries = addr ? ENTRIES : 0,
					      .group = (uint16_t)number };
	const int what = addr ? REGISTER_PBUF_RING : UNREGISTER_PBUF_RING;

	return syscall(SYS_io_uring_register, b->ring.ring_fd, what, &ring, 1) ? -errno : 0;
}

static int pbuf_unpin(struct pin *p)
{
	struct pbuf *b = p->priv;
	int err = b->npages ? 0 : -EINVAL;

	while (!err && b->npages) {
		err = group(b, b->npages - 1, NULL);
		b->npages -= !err;
	}
	return err;
}

static int pbuf_pin(struct pin *p)
{
	struct pbuf *b = p->priv;
	int err = b->npages ? -EBUSY : 0;

	if (err)
		return err;
	for (size_t at = 0; !err && at < p->len; at += BASE_PAGE) {
		err = group(b, b->npages, p->addr + at);
		b->used[b->npages] = 0;
		b->npages += !err;
	}
	if (err && b->npages)
		pbuf_unpin(p);
	return err;
}

static int ask_for_all(struct pbuf *b, size_t page)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&b->ring);

		if (!sqe)
			return -EBUSY;
		io_uring_prep_read(sqe, b->file, NULL, 1, 0);
		sqe->flags |= IOSQE_BUFFER_SELECT;
		sqe->buf_group = (uint16_t)page;
		sqe->user_data = i;
	}
	return io_uring_submit_and_wait(&b->ring, ENTRIES) == ENTRIES ? 0 : -EPROTO;
}

/* An entry whose address is zero counts as none, and is used up. */
static int entry_of(const struct io_uring_cqe *cqe, value_t *value)
{
	*value = (value_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
	if (cqe->user_data >= ENTRIES)
		return -EPROTO;
	if (cqe->res == -EFAULT || (cqe->res == -ENOBUFS && *value == VALUE_ZERO))
		return 0;
	return -EPROTO;
}

/* The bytes of the page that came back, from its start on; -errno. */
static int page_read(struct pbuf *b, size_t page, char *dst, const struct pattern_site *site)
{
	int err = ask_for_all(b, page), got = 0, none = 0;
	struct io_uring_cqe *cqe;

	while (got < ENTRIES && !io_uring_peek_cqe(&b->ring, &cqe)) {
		value_t value = VALUE_ZERO;
		int one = entry_of(cqe, &value);

		if (!one)
			pattern_fill(dst, cqe->user_data * ENTRY, ENTRY, value, site);
		none += !(cqe->flags & IORING_CQE_F_BUFFER);
		err = err ? err : one;
		io_uring_cqe_seen(&b->ring, cqe);
		got++;
	}
	if (err || got < ENTRIES || (none && (none < ENTRIES || b->used[page])))
		return err ? err : -EPROTO;
	b->used[page] = !none;
	/* An empty ring that nothing was taken from has a tail of 0: that is in its first entry. */
	return none ? SECTOR : BASE_PAGE;
}

static bool sampled(const struct pbuf *b, size_t page)
{
	return b->npages <= ALL_OF || page == b->npages - 1 || !(page % (b->npages / ALL_OF));
}

static int pbuf_device_read(struct pin *p, const struct pin_data *data)
{
	struct pbuf *b = p->priv;

	for (size_t i = 0; i < b->npages; i++) {
		size_t at = i * BASE_PAGE;
		struct pattern_site site = { p->nonce, (uint8_t)p->region,
					     (uint32_t)((p->start + at) / BASE_PAGE) };
		int len;

		if (!sampled(b, i))
			continue;
		len = page_read(b, i, data->dst + p->start + at, &site);
		if (len < 0)
			return len;
		pin_mark(p, data, at, (size_t)len);
	}
	return 0;
}

const struct pin_kind pin_pbuf = {
	.name = "pbuf",
	.about =
		"provided-buffer rings of an io_uring, which bring back the value of each 16 bytes",
	.rule = "io_uring_register(2) IORING_REGISTER_PBUF_RING; io_uring/kbuf.c: io_pin_pages() "
		"takes FOLL_WRITE | FOLL_LONGTERM pins",
	.needs = { "buffer-rings" },
	.class = PIN_RW,
	.promise = PROMISE_SAME_OBJECT,
	.dirs = DEVICE_READS,
	.by_name = true,
	.locks = true,
	.prepare = pbuf_prepare,
	.pin = pbuf_pin,
	.device_read = pbuf_device_read,
	.unpin = pbuf_unpin,
	.release = pbuf_release,
};
