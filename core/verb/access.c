// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include "core/actor/fault.h"
#include "core/verb/list.h"

enum { EMIT_RANGES_MAX = 8, EMIT_SAMPLED = 16384 };

static int device_read(struct actor *a, const struct op *op)
{
	struct pin_data data = { a->image, a->sectors };
	int err = op->pin_kind->device_read(&a->pin[op->pin], &data);

	for (size_t i = op->first; i < op->first + op->npages && !err; i++)
		op_decode(a, op, i, a->image + i * BASE_PAGE, a->sectors[i] & op_sectors(op, i));
	return err;
}

static int file_read_pages(struct actor *a, const struct op *op)
{
	for (size_t i = 0; i < op->npages; i++) {
		size_t at = (op->first + i) * BASE_PAGE;

		if (pread(a->region[op->region].fd, a->image + at, BASE_PAGE, (off_t)at) !=
		    BASE_PAGE)
			return -EIO;
		op_decode(a, op, op->first + i, a->image + at, 0xff);
	}
	return 0;
}

static int read_exec(struct actor *a, const struct op *op)
{
	const char *base;

	if (op->by == ACTOR_DEVICE)
		return device_read(a, op);
	if (op->by == ACTOR_FILE)
		return file_read_pages(a, op);
	base = a->region[op->region].addr;
	for (size_t i = 0; i < op->npages; i++) {
		char copy[BASE_PAGE] __attribute__((aligned(8)));
		size_t page = op->first + i;
		uint8_t map = op_sectors(op, page);

		if (!map)
			continue;
		a->outcome[i] = (uint8_t)fault_copy(copy, base + page * BASE_PAGE, map);
		if (a->outcome[i] == OUTCOME_OK)
			op_decode(a, op, page, copy, map);
	}
	return 0;
}

/*
 * A transfer goes page by page and ends where the address refuses it. Sets the
 * expectation; returns whether this page is reached.
 */
static bool follow_reaches(struct model_step *s, bool store)
{
	const struct op *op = s->op;
	const struct model_region *r = &s->m->region[op->region];

	for (size_t i = op->first; i < op->first + op->npages; i++) {
		const struct world *w = i == s->page ? world_of(s) : r->page[i].world;

		if (!op_sectors(op, i) || world_follow(w, s->share, op->pin, store) == OUTCOME_OK)
			continue;
		expect_errno(&s->expect, EFAULT);
		return s->page < i;
	}
	return true;
}

static void load_model(struct model_step *s, int proc)
{
	struct world *w = world_of(s);
	const struct object *o = world_visible(w, s->share, proc);

	expect_object(&s->expect, o, s->sectors);
	if (o && o->lazyfree && !world_pinned(w, w->view[proc].object))
		world_branch(s)->view[proc].state = VIEW_ABSENT;
}

static void follow_read_model(struct model_step *s)
{
	follow_reaches(s, false);
	if (s->expect.outcomes == OUTCOME_OK)
		load_model(s, world_of(s)->pin[s->op->pin].owner);
}

static void read_model(struct model_step *s)
{
	struct world *w = world_of(s);
	const struct op *op = s->op;

	if (!s->sectors)
		return;
	if (op->by == ACTOR_DEVICE && w->pin[op->pin].follows) {
		follow_read_model(s);
	} else if (op->by == ACTOR_DEVICE && w->pin[op->pin].weak) {
		struct pinned *p = &w->pin[op->pin];

		s->expect.reads = true;
		memcpy(s->expect.n, p->nhist, sizeof(p->nhist));
		memcpy(s->expect.value, p->hist, sizeof(p->hist));
	} else if (op->by == ACTOR_DEVICE) {
		expect_object(&s->expect, &w->object[w->pin[op->pin].object], s->sectors);
	} else if (op->by == ACTOR_FILE) {
		expect_object(&s->expect, &w->object[0], s->sectors);
	} else {
		s->expect.outcomes = world_access(w, s->share, op->proc, false);
		if (s->expect.outcomes == OUTCOME_OK)
			load_model(s, op->proc);
	}
	if (op->by == ACTOR_DEVICE && op->pin_kind->oneshot)
		pin_end(s);
}

char *value_identifier(value_t v, char *buf, size_t size)
{
	char *equals = strchr(value_print(v, buf, size), '=');

	if (equals)
		*equals = '_';
	return v == VALUE_ZERO ? strcpy(buf, "ZERO") : buf;
}

/* Byte ranges of the place in its region: one, or one in each unit. */
static size_t emit_ranges(const struct op *op)
{
	return op->len ? op_bytes(op) / op->unit : 1;
}

static size_t emit_begin(const struct op *op, size_t range)
{
	return op->first * BASE_PAGE + range * op->unit + (op->len ? op->off : 0);
}

static size_t emit_len(const struct op *op)
{
	return op->len ? op->len : op_bytes(op);
}

static int emit_transfer(FILE *out, const struct op *op, size_t range)
{
	const struct pin_text *t = op->pin_kind->text;
	bool looks = op->verb->flags & VERB_LOOKS;

	if (!t)
		return -ENOTSUP;
	if (t->ends && range + 1 < emit_ranges(op))
		return 0;
	if (t->unread && looks)
		fprintf(out, "\tmemset(img + %zu, %s, %zu);\n", emit_begin(op, range),
			emit_len(op) > EMIT_SAMPLED ? "SAMPLED" : "0xee", emit_len(op));
	if (t->ends)
		fprintf(out, "\t%s_end(%d, 0, %zu);\n", t->prefix, op->pin,
			emit_len(op) * emit_ranges(op));
	else
		fprintf(out, "\t%s_move(%d, %s, %zu, %zu);\n", t->prefix, op->pin,
			looks ? "READS" : "STORES", emit_begin(op, range), emit_len(op));
	return 0;
}

/* What a process reads, it compares in place: emit.c prints what it may be. */
static int read_emit(FILE *out, const struct op *op)
{
	if (op->by == ACTOR_FILE)
		fprintf(out, "\tcheck(pread(fd[%d], img + %zu, %zu, %zu) != %zu);\n", op->region,
			emit_begin(op, 0), op_bytes(op), emit_begin(op, 0), op_bytes(op));
	return op->by == ACTOR_DEVICE ? emit_transfer(out, op, 0) : 0;
}

const struct verb verb_read = {
	.name = "read",
	.about = "reads every byte of the place; the model says what it may be",
	.rule = "fork(2), mmap(2) MAP_PRIVATE; Documentation/core-api/pin_user_pages.rst",
	.by = ACTOR_PROCESS | ACTOR_DEVICE | ACTOR_FILE,
	.flags = VERB_LOOKS | VERB_PER_PAGE | VERB_PLAIN,
	.exec = read_exec,
	.model = read_model,
	.emit = read_emit,
};

void op_pattern(const struct actor *a, const struct op *op, size_t number, char *page)
{
	struct pattern_site site = { a->nonce, (uint8_t)op->region, (uint32_t)number };
	uint8_t map = op_sectors(op, number);

	for (size_t s = 0; s < PAGE_SECTORS; s++)
		if (map & 1 << s)
			pattern_fill(page, s * SECTOR, SECTOR, op->value, &site);
}

static int write_range(int fd, const char *from, size_t len, size_t at)
{
	ssize_t n = pwrite(fd, from, len, (off_t)at);

	return n == (ssize_t)len ? 0 : n < 0 ? -errno : -EIO;
}

/* The runs of sectors that a transfer stores, one write for each. */
static int transfer(struct actor *a, const struct op *op)
{
	struct pin *pin = op->by == ACTOR_DEVICE ? &a->pin[op->pin] : NULL;

	for (size_t i = 0; i < op->npages; i++) {
		size_t page = op->first + i, at = page * BASE_PAGE;
		uint8_t map = op_sectors(op, page);

		op_pattern(a, op, page, a->image + at);
		for (size_t s = 0; s < PAGE_SECTORS;) {
			size_t end = s;
			int err = 0;

			while (end < PAGE_SECTORS && map & 1 << end)
				end++;
			if (end > s && op->by == ACTOR_DEVICE)
				err = op->pin_kind->device_write(pin, at + s * SECTOR - pin->start,
								 (end - s) * SECTOR,
								 a->image + at + s * SECTOR);
			else if (end > s)
				err = write_range(a->region[op->region].fd,
						  a->image + at + s * SECTOR, (end - s) * SECTOR,
						  at + s * SECTOR);
			if (err)
				return err;
			s = end + 1;
		}
	}
	return 0;
}

static int write_exec(struct actor *a, const struct op *op)
{
	char *base;

	if (op->by != ACTOR_PROCESS)
		return transfer(a, op);
	base = a->region[op->region].addr;
	for (size_t i = 0; i < op->npages; i++) {
		size_t page = op->first + i;

		if (op_sectors(op, page))
			FAULT_GUARD(a->outcome[i],
				    op_pattern(a, op, page, base + page * BASE_PAGE));
	}
	return 0;
}

static void write_model(struct model_step *s)
{
	struct world *w = world_of(s);
	const struct op *op = s->op;
	struct object *o = &w->object[0];

	if (!s->sectors)
		return;
	if (op->by == ACTOR_PROCESS) {
		s->expect.outcomes = world_access(w, s->share, op->proc, true);
		if (s->expect.outcomes != OUTCOME_OK)
			return;
		o = world_own(s, op->proc);
	} else if (op->by == ACTOR_DEVICE && w->pin[op->pin].follows) {
		if (!follow_reaches(s, true))
			return;
		o = world_own(s, w->pin[op->pin].owner);
	} else if (op->by == ACTOR_DEVICE) {
		o = &w->object[w->pin[op->pin].object];
	} else if (seal_refuses_write(s)) {
		return;
	} else {
		o->kind = OBJECT_FILE; /* a write past the end extends the file */
	}
	if (o)
		world_store(o, s->sectors, op->value);
	if (op->by == ACTOR_DEVICE && op->pin_kind->oneshot)
		pin_end(s);
}

static int write_emit(FILE *out, const struct op *op)
{
	char value[16], base[8] = "img";

	if (emit_ranges(op) > EMIT_RANGES_MAX)
		return -ENOTSUP;
	if (op->by == ACTOR_PROCESS)
		snprintf(base, sizeof(base), "r%d", op->region);
	value_identifier(op->value, value, sizeof(value));
	for (size_t i = 0; i < emit_ranges(op); i++) {
		int err;

		fprintf(out, "\tmemset(%s + %zu, %s, %zu);\n", base, emit_begin(op, i), value,
			emit_len(op));
		err = op->by == ACTOR_DEVICE ? emit_transfer(out, op, i) : 0;
		if (op->by == ACTOR_FILE)
			fprintf(out, "\tcheck(pwrite(fd[%d], img + %zu, %zu, %zu) != %zu);\n",
				op->region, emit_begin(op, i), emit_len(op), emit_begin(op, i),
				emit_len(op));
		if (err)
			return err;
	}
	return 0;
}

const struct verb verb_write = {
	.name = "write",
	.about = "stores to every byte of the place; F and D write past the page tables",
	.rule = "fork(2), mmap(2) MAP_PRIVATE; Documentation/core-api/pin_user_pages.rst",
	.by = ACTOR_PROCESS | ACTOR_DEVICE | ACTOR_FILE,
	.arg = ARG_VALUE,
	.flags = VERB_STORES | VERB_PER_PAGE | VERB_OPENS | VERB_PLAIN,
	.exec = write_exec,
	.model = write_model,
	.emit = write_emit,
};

static int try_write_exec(struct actor *a, const struct op *op)
{
	int err;

	for (size_t i = op->first; i < op->first + op->npages; i++)
		op_pattern(a, op, i, a->image + i * BASE_PAGE);
	err = op->pin_kind->device_try(&a->pin[op->pin], a->image + op->first * BASE_PAGE);
	/* Trouble of the device says nothing about the kernel. */
	return err < 0 ? -ENOLINK : -err;
}

/* The IOMMU keeps it away, or the adapter. */
static void try_write_model(struct model_step *s)
{
	if (s->op->pin_kind->refusal)
		expect_errno(&s->expect, s->op->pin_kind->refusal);
}

const struct verb verb_try_write = {
	.name = "try-write",
	.about = "the device tries to store through a pin that it may only read; no byte changes",
	.rule = "include/uapi/linux/vfio.h VFIO_DMA_MAP_FLAG_WRITE; "
		"Documentation/userspace-api/iommufd.rst; ibv_reg_mr(3)",
	.by = ACTOR_DEVICE,
	.arg = ARG_VALUE,
	.flags = VERB_TRIES,
	.exec = try_write_exec,
	.model = try_write_model,
};
