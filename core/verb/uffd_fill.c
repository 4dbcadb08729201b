// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/actor/actor.h"
#include "core/base/uffd.h"
#include "core/verb/list.h"
#include "core/verb/uffd.h"

static bool fits_shared(const struct mem_kind *mem)
{
	return mem->share == SHARE_SHARED && uffd_fits_any(mem);
}

static int filled_emit(FILE *out, const struct op *op, const char *mode, const char *request)
{
	uffd_emit_empty(out, op, mode);
	uffd_emit_call(out, op, " ||\n\t      ", request, "0");
	uffd_emit_call(out, op, " ||\n\t      ", "UFFDIO_UNREGISTER", "0");
	fprintf(out, ");\n");
	return 0;
}

/* The image of the region serves as the source; it is no memory of the actor's own. */
static int copy_exec(struct actor *a, const struct op *op)
{
	int fd = uffd_registered_empty(a, op, UFFDIO_REGISTER_MODE_MISSING);
	char *from = a->image + op->first * BASE_PAGE;

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < op->npages; i++) {
		struct pattern_site site = { a->nonce, (uint8_t)op->region,
					     (uint32_t)(op->first + i) };

		pattern_fill(from + i * BASE_PAGE, 0, BASE_PAGE, op->value, &site);
	}
	return uffd_finish(a, op, fd, uffd_copy(fd, op_addr(a, op), from, op_bytes(op)));
}

static void copy_model(struct model_step *s)
{
	struct object *o;

	uffd_empty_as(s, 0);
	if (s->expect.outcomes != OUTCOME_OK)
		return;
	o = world_own(s, s->op->proc);
	if (o)
		world_store(o, 0xff, s->op->value);
}

static int copy_emit(FILE *out, const struct op *op)
{
	size_t at = op->first * BASE_PAGE;
	char value[16];

	fprintf(out, "\tmemset(img + %zu, %s, %zu);\n", at,
		value_identifier(op->value, value, sizeof(value)), op_bytes(op));
	uffd_emit_empty(out, op, "UFFDIO_REGISTER_MODE_MISSING");
	fprintf(out, " ||\n\t      uffd(UFFDIO_COPY, r%d + %zu, (unsigned long)img + %zu, %zu, 0)",
		op->region, at, at, op_bytes(op));
	uffd_emit_call(out, op, " ||\n\t      ", "UFFDIO_UNREGISTER", "0");
	fprintf(out, ");\n");
	return 0;
}

const struct verb verb_uffd_copy = {
	.name = "uffd-copy",
	.about = "UFFDIO_COPY: empties the place and fills it with new pages that hold the value",
	.rule = "ioctl_userfaultfd(2) UFFDIO_COPY",
	.needs = { "uffd" },
	.by = ACTOR_PROCESS,
	.arg = ARG_VALUE,
	.fits = uffd_fits_anon,
	.exec = copy_exec,
	.post = uffd_post_present,
	.model = copy_model,
	.emit = copy_emit,
};

static int zero_exec(struct actor *a, const struct op *op)
{
	int fd = uffd_registered_empty(a, op, UFFDIO_REGISTER_MODE_MISSING);

	return fd < 0 ? fd : uffd_finish(a, op, fd, uffd_zero(fd, op_addr(a, op), op_bytes(op)));
}

static void zero_model(struct model_step *s)
{
	uffd_empty_as(s, 0);
}

static int zero_emit(FILE *out, const struct op *op)
{
	return filled_emit(out, op, "UFFDIO_REGISTER_MODE_MISSING", "UFFDIO_ZEROPAGE");
}

const struct verb verb_uffd_zero = {
	.name = "uffd-zero",
	.about = "UFFDIO_ZEROPAGE: empties the place and maps the zero page there",
	.rule = "ioctl_userfaultfd(2) UFFDIO_ZEROPAGE",
	.needs = { "uffd" },
	.by = ACTOR_PROCESS,
	.fits = uffd_fits_small_anon,
	.exec = zero_exec,
	.post = uffd_post_present,
	.model = zero_model,
	.emit = zero_emit,
};

static int poison_exec(struct actor *a, const struct op *op)
{
	int fd = uffd_registered_empty(a, op, UFFDIO_REGISTER_MODE_MISSING);

	return fd < 0 ? fd : uffd_finish(a, op, fd, uffd_poison(fd, op_addr(a, op), op_bytes(op)));
}

/* The marker counts as swapped in pagemap, which shows none for hugetlb. */
static int poison_post(struct actor *a, const struct op *op)
{
	char *at = op_addr(a, op);

	if (page_count(at, op->npages, PAGE_PRESENT))
		return actor_why(a, "a page is still in the page table");
	if (!a->region[op->region].kind->hugetlb &&
	    page_count(at, op->npages, PAGE_SWAPPED) != (long)op->npages)
		return actor_why(a, "a page table entry is empty");
	return 0;
}

static void poison_model(struct model_step *s)
{
	uffd_empty_as(s, UFFD_POISON);
}

static int poison_emit(FILE *out, const struct op *op)
{
	return filled_emit(out, op, "UFFDIO_REGISTER_MODE_MISSING", "UFFDIO_POISON");
}

const struct verb verb_uffd_poison = {
	.name = "uffd-poison",
	.about = "UFFDIO_POISON: empties the place; any access is SIGBUS until it is discarded",
	.rule = "ioctl_userfaultfd(2) UFFDIO_POISON (6.6)",
	.needs = { "uffd-poison" },
	.by = ACTOR_PROCESS,
	.fits = uffd_fits_anon,
	.exec = poison_exec,
	.post = poison_post,
	.model = poison_model,
	.emit = poison_emit,
};

static int continue_exec(struct actor *a, const struct op *op)
{
	int fd = uffd_registered_empty(a, op, UFFDIO_REGISTER_MODE_MINOR), err = 0;

	if (fd < 0)
		return fd;
	for (size_t at = 0; at < op_bytes(op) && !err; at += op->unit)
		err = uffd_continue(fd, op_addr(a, op) + at, op->unit);
	return uffd_finish(a, op, fd, err);
}

/* A page that the file does not hold, as after a hole, can't be mapped. */
static void continue_model(struct model_step *s)
{
	const struct model_region *r = &s->m->region[s->op->region];
	bool hole = false;

	if (!uffd_view(s))
		return;
	for (size_t i = 0; i < s->op->npages; i++) {
		const struct object *o = &r->page[s->op->first + i].world[0].object[0];
		bool zero = true;

		for (int n = 0; n < PAGE_SECTORS; n++)
			zero &= o->value[n] == VALUE_ZERO;
		hole |= zero || o->kind == OBJECT_GONE;
	}
	world_of(s)->view[s->op->proc].uffd = 0;
	if (!hole)
		return;
	expect_errno(&s->expect, EFAULT);
	s->expect.outcomes |= OUTCOME_OK;
}

static int continue_emit(FILE *out, const struct op *op)
{
	return filled_emit(out, op, "UFFDIO_REGISTER_MODE_MINOR", "UFFDIO_CONTINUE");
}

const struct verb verb_uffd_continue = {
	.name = "uffd-continue",
	.about = "unmaps the pages of the place and maps them again by UFFDIO_CONTINUE",
	.rule = "ioctl_userfaultfd(2) UFFDIO_CONTINUE: installs the page that the file has",
	.needs = { "uffd-minor" },
	.by = ACTOR_PROCESS,
	.flags = VERB_UNITS,
	.fits = fits_shared,
	.exec = continue_exec,
	.post = uffd_post_present,
	.model = continue_model,
	.emit = continue_emit,
};
