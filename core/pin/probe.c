// SPDX-License-Identifier: GPL-2.0-only
#include "core/pin/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/util.h"

enum { TIMES = 5, LEN_MAX = 2 * BASE_PAGE };

/* Counted for the whole host; batched for each CPU until they are refreshed. */
static long pins_counted(void)
{
	static const char name[] = "nr_foll_pin_acquired ";
	static char text[64 * 1024];
	const char *at;

	if (file_write("/proc/sys/vm/stat_refresh", "1") ||
	    file_read("/proc/vmstat", text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static int memory_for(struct pin *p)
{
	bool file = p->kind->file;

	p->fd = file ? memfd_create("pinfold-probe", MFD_CLOEXEC | MFD_ALLOW_SEALING) : -1;
	if (file && (p->fd < 0 || ftruncate(p->fd, (off_t)p->len)))
		return -errno;
	p->addr = mmap(NULL, p->len, PROT_READ | PROT_WRITE,
		       file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, p->fd, 0);
	if (p->addr == MAP_FAILED)
		return -errno;
	return 0;
}

static int pin_and_look(struct pin *p, struct pin_probe *out)
{
	char seen[LEN_MAX];
	uint8_t sectors[LEN_MAX / BASE_PAGE] = { 0 };
	const struct pin_data data = { seen, sectors };
	long before, delta;
	int err;

	memset(p->addr, 1, p->len);
	before = pins_counted();
	err = p->kind->pin(p);
	out->failed = "pinning a page";
	if (err)
		return err;
	delta = before < 0 ? -1 : pins_counted() - before;
	/* Other pins of the host are counted as well: the least is ours. */
	if (out->foll_pins < 0 || delta < out->foll_pins)
		out->foll_pins = delta;
	memset(p->addr, 2, p->len);
	out->failed = "reading the pin";
	err = p->kind->device_read ? p->kind->device_read(p, &data) : 0;
	out->shows_stores = !err && p->kind->device_read && !memcmp(seen, p->addr, p->len);
	if (err)
		return err;
	out->failed = "releasing the pin";
	return pin_undo(p);
}

int pin_probe(const struct pin_kind *k, struct pin_probe *out)
{
	struct pin p = { .kind = k, .len = k->least ? k->least : BASE_PAGE };
	int err;

	*out = (struct pin_probe){ .failed = "mapping a page", .foll_pins = -1 };
	if (p.len > LEN_MAX)
		return -E2BIG;
	p.max_len = p.len;
	err = memory_for(&p);
	if (err)
		return err;
	out->failed = "opening it";
	err = k->open ? k->open() : 0;
	if (err)
		return err;
	out->failed = "preparing a pin";
	err = k->prepare(&p);
	for (int i = 0; !err && i < TIMES; i++)
		err = pin_and_look(&p, out);
	if (!err)
		out->failed = NULL;
	k->release(&p);
	if (k->close)
		k->close();
	return err;
}
