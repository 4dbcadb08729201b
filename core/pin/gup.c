// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/base/util.h"
#include "core/pin/gup_test.h"
#include "core/pin/kinds.h"

struct gup {
	bool held;
};

/*
 * The last close of any descriptor ends the pin, whoever took it: one for the whole
 * run, lest a process that is on its way out ends the pin of the next cell.
 */
static int gup_fd = -1;
static int users;

static void gup_close(void)
{
	if (!users || --users)
		return;
	close_fd(&gup_fd);
	gup_fd = -1;
}

static int gup_open(void)
{
	if (!users)
		gup_fd = open(GUP_TEST_PATH, O_RDWR | O_CLOEXEC);
	if (gup_fd < 0)
		return -errno;
	users++;
	return 0;
}

static void gup_release(struct pin *p)
{
	struct gup *g = p->priv;

	if (!g)
		return;
	if (g->held)
		ioctl(gup_fd, PIN_LONGTERM_TEST_STOP);
	pin_free(g, sizeof(*g));
	p->priv = NULL;
}

static int gup_prepare(struct pin *p)
{
	p->priv = pin_alloc(sizeof(struct gup));
	/* A cell that was killed may have left its pin. */
	ioctl(gup_fd, PIN_LONGTERM_TEST_STOP);
	return p->priv ? 0 : -ENOMEM;
}

/* EINVAL: there is one pin for the whole system, and somebody has it. */
static int gup_pin(struct pin *p)
{
	struct gup *g = p->priv;
	struct pin_longterm_test arg = { .addr = (uintptr_t)p->addr,
					 .size = p->len,
					 .flags = p->kind == &pin_gup_rw ?
							  PIN_LONGTERM_TEST_FLAG_USE_WRITE :
							  0 };

	if (g->held)
		return -EBUSY;
	if (ioctl(gup_fd, PIN_LONGTERM_TEST_START, &arg))
		return -errno;
	g->held = true;
	return 0;
}

static int gup_unpin(struct pin *p)
{
	struct gup *g = p->priv;

	if (!g->held)
		return -EINVAL;
	if (ioctl(gup_fd, PIN_LONGTERM_TEST_STOP))
		return -errno;
	g->held = false;
	return 0;
}

static int gup_device_read(struct pin *p, const struct pin_data *data)
{
	__u64 to = (uintptr_t)(data->dst + p->start);

	if (ioctl(gup_fd, PIN_LONGTERM_TEST_READ, &to))
		return -errno;
	pin_mark(p, data, 0, p->len);
	return 0;
}

#define PREPARE .prefix = "gup", .prepare = "gup_prepare(#)"

static const struct pin_text ro_text = { PREPARE, .args = ", 0" };
static const struct pin_text rw_text = { PREPARE, .args = ", 1 /* write */" };

#define GUP_KIND                                                                       \
	.needs = { "gup-test" }, .promise = PROMISE_SAME_OBJECT, .dirs = DEVICE_READS, \
	.single = true, .open = gup_open, .close = gup_close, .prepare = gup_prepare,  \
	.pin = gup_pin, .device_read = gup_device_read, .unpin = gup_unpin, .release = gup_release

const struct pin_kind pin_gup_ro = {
	.name = "gup-ro",
	.about = "read-only long-term pin of the gup_test driver",
	.rule = "mm/gup_test.c, PIN_LONGTERM_TEST_START: FOLL_LONGTERM (6.2)",
	.class = PIN_RO,
	GUP_KIND,
	.text = &ro_text,
};

const struct pin_kind pin_gup_rw = {
	.name = "gup-rw",
	.about = "writable long-term pin of the gup_test driver, which can only be read",
	.rule = "mm/gup_test.c, PIN_LONGTERM_TEST_START: FOLL_LONGTERM | FOLL_WRITE (6.2)",
	.class = PIN_RW,
	GUP_KIND,
	.text = &rw_text,
};
