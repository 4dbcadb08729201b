// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>

#include "core/actor/actor.h"
#include "core/base/uffd.h"
#include "core/verb/list.h"
#include "core/verb/uffd.h"

int uffd_post_present(struct actor *a, const struct op *op)
{
	long there = page_count(op_addr(a, op), op->npages, PAGE_PRESENT);

	return there == (long)op->npages ? 0 : actor_why(a, "a page is not in the page table");
}

static bool left; /* every page of the last move was away in between */

/*
 * To a second address and back, a unit at a time: bytes name their place, so a
 * page may not stay elsewhere.
 */
static int there_and_back(int fd, char *at, char *second, size_t len, size_t unit)
{
	left = true;
	for (size_t off = 0; off < len; off += unit) {
		int err = uffd_move(fd, second, at + off, unit);

		if (err)
			return err;
		left &= !page_count(at + off, unit / BASE_PAGE, PAGE_PRESENT | PAGE_SWAPPED);
		err = uffd_move(fd, at + off, second, unit);
		if (err)
			return err;
	}
	return 0;
}

static int move_exec(struct actor *a, const struct op *op)
{
	char *at = op_addr(a, op), *base = a->region[op->region].addr, *second;
	int fd = uffd_of(a), err;

	if (fd < 0)
		return fd;
	second = actor_address(op->region, base == actor_address(op->region, 0));
	second = mmap(second, op->unit, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (second == MAP_FAILED)
		return -errno;
	err = uffd_register(fd, second, op->unit, UFFDIO_REGISTER_MODE_MISSING);
	if (!err)
		err = uffd_register(fd, at, op_bytes(op), UFFDIO_REGISTER_MODE_MISSING);
	if (!err) {
		int end;

		err = there_and_back(fd, at, second, op_bytes(op), op->unit);
		end = uffd_unregister(fd, at, op_bytes(op));
		err = err ? err : end;
	}
	munmap(second, op->unit);
	return err;
}

static int move_post(struct actor *a, const struct op *op)
{
	(void)op;
	return left ? 0 : actor_why(a, "a page was still at its old address after the move");
}

/* Pins and sharing are the same in all worlds, an absent page is not. */
static void move_model(struct model_step *s)
{
	const struct model_region *r = &s->m->region[s->op->region];
	bool pinned = false, shared = false;

	for (size_t i = 0; i < s->op->npages; i++) {
		const struct world *w = &r->page[s->op->first + i].world[0];
		const struct view *v = &w->view[s->op->proc];

		if (v->state == VIEW_NONE) {
			expect_errno(&s->expect, 0);
			return;
		}
		pinned |= v->state == VIEW_OBJECT && world_pinned(w, v->object);
		shared |= v->state == VIEW_OBJECT && v->shared;
	}
	world_of(s)->view[s->op->proc].uffd &= UFFD_POISON;
	if (!pinned && !shared)
		return;
	expect_errno(&s->expect, EBUSY);
	if (!pinned)
		s->expect.outcomes |= OUTCOME_OK;
}

static int move_emit(FILE *out, const struct op *op)
{
	fprintf(out, "\tcheck(uffd_there_and_back(r%d + %zu, %zu, AT(%d, r%d == AT(%d, 0))));\n",
		op->region, op->first * BASE_PAGE, op_bytes(op), op->region, op->region,
		op->region);
	return 0;
}

const struct verb verb_uffd_move = {
	.name = "uffd-move",
	.about = "UFFDIO_MOVE of the pages to a second address and back; EBUSY for a pinned page",
	.rule = "ioctl_userfaultfd(2) UFFDIO_MOVE (6.8): EBUSY when pinned or not exclusive",
	.needs = { "uffd-move" },
	.by = ACTOR_PROCESS,
	.flags = VERB_UNITS,
	.fits = uffd_fits_small_anon,
	.exec = move_exec,
	.post = move_post,
	.model = move_model,
	.emit = move_emit,
};
