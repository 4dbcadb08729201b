// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "core/actor/actor.h"
#include "core/mem/mount.h"
#include "core/verb/list.h"

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

static bool sealable(const struct mem_kind *mem)
{
	return strstr(mem->name, "memfd") != NULL;
}

static int seal_exec(struct actor *a, const struct op *op)
{
	return fcntl(a->region[op->region].fd, F_ADD_SEALS, (int)op->arg) ? -errno : 0;
}

static int seal_post(struct actor *a, const struct op *op)
{
	int seals = fcntl(a->region[op->region].fd, F_GET_SEALS);

	return seals >= 0 && seals & op->arg ? 0 : actor_why(a, "F_GET_SEALS lacks the seal");
}

/* Of an executable file F_SEAL_EXEC implies the others. */
static int seals_of(const struct op *op)
{
	return op->arg == F_SEAL_EXEC ? F_SEAL_EXEC | F_SEAL_SHRINK | F_SEAL_GROW | SEALS_WRITE :
					(int)op->arg;
}

struct holders {
	bool writer; /* a shared mapping that may become writable, or a pin for writing */
	bool reader; /* a reference that the kernel can't tell from a writer's */
};

/* Mappings and pins of the file's pages are the same in all worlds. */
bool file_is_mapped_for_stores(const struct model_step *s)
{
	const struct model_region *r = &s->m->region[s->op->region];
	bool writer = false;

	for (size_t n = 0; n < r->npages && r->share == SHARE_SHARED; n = model_next(r, n))
		for (int i = 0; i < PROCS_MAX; i++) {
			const struct view *v = &r->page[n].world[0].view[i];

			writer |= v->state != VIEW_NONE && !v->no_write;
		}
	return writer;
}

static struct holders file_holders(const struct model_step *s)
{
	const struct model_region *r = &s->m->region[s->op->region];
	struct holders h = { .writer = file_is_mapped_for_stores(s) };

	for (size_t n = 0; n < r->npages; n = model_next(r, n)) {
		const struct world *w = &r->page[n].world[0];

		for (int i = 0; i < PINS_MAX; i++) {
			const struct pinned *p = &w->pin[i];

			if (!p->live)
				continue;
			h.writer |= !p->weak && !p->object && p->writes;
			h.reader |= p->weak ? p->from_file : !p->object && !p->writes;
		}
	}
	return h;
}

static void seal_model(struct model_step *s)
{
	struct world *w = world_of(s);
	int seals = seals_of(s->op);

	if (seals & F_SEAL_WRITE & ~w->seals) {
		struct holders h = file_holders(s);

		if (h.writer) {
			expect_errno(&s->expect, EBUSY);
			return;
		}
		if (h.reader) {
			expect_errno(&s->expect, EBUSY);
			s->expect.outcomes |= OUTCOME_OK;
			if (step_failed(s))
				return;
		}
	}
	w->seals |= (uint8_t)seals;
}

size_t file_size_pages(const struct model_step *s)
{
	const struct model_region *r = &s->m->region[s->op->region];
	size_t n = 0;

	while (n < r->npages && r->page[n].world[0].object[0].kind != OBJECT_GONE)
		n++;
	return n;
}

bool seal_refuses_write(struct model_step *s)
{
	struct world *w = world_of(s);
	size_t end = file_size_pages(s);

	if (w->seals & SEALS_WRITE) {
		expect_errno(&s->expect, EPERM);
		return true;
	}
	if (!(w->seals & F_SEAL_GROW) || s->op->first + s->op->npages <= end)
		return false;
	/* Page by page: those before the end are stored. */
	expect_errno(&s->expect, EPERM);
	return s->page >= end;
}

bool seal_refuses_growth(struct model_step *s, long pages)
{
	if (!(world_of(s)->seals & F_SEAL_GROW) || pages <= (long)file_size_pages(s))
		return false;
	expect_errno(&s->expect, EPERM);
	return true;
}

bool seal_refuses_size(struct model_step *s, long pages)
{
	if (!(world_of(s)->seals & F_SEAL_SHRINK) || pages >= (long)file_size_pages(s))
		return seal_refuses_growth(s, pages);
	expect_errno(&s->expect, EPERM);
	return true;
}

static int seal_emit(FILE *out, const struct op *op)
{
	fprintf(out, "\tcheck(fcntl(fd[%d], F_ADD_SEALS, %#lx));\n", op->region, op->arg);
	return 0;
}

const struct verb verb_seal = {
	.name = "seal",
	.about = "F_ADD_SEALS: write, future-write, shrink, grow or exec; then no byte may change",
	.rule = "fcntl(2) File Sealing: EBUSY while a writer is left; mm/memfd.c "
		"memfd_wait_for_pins(); 3b041514cb6e F_SEAL_EXEC implies F_SEAL_WRITE",
	.by = ACTOR_FILE,
	.arg = ARG_SEAL,
	.fits = sealable,
	.exec = seal_exec,
	.post = seal_post,
	.model = seal_model,
	.emit = seal_emit,
};

static bool has_file(const struct mem_kind *mem)
{
	return mem->prepare != NULL;
}

static int map_ro_exec(struct actor *a, const struct op *op)
{
	struct region *r = &a->region[op->region];
	char *want = actor_address(op->region, 0);
	bool shared = r->kind->share == SHARE_SHARED || r->kind->share == SHARE_SHARED_TRACKED;
	own_fd stores = r->kind->remounts && shared ? region_open(r, O_RDWR) : -EROFS;
	char *at;

	if (stores < 0 && stores != -EROFS)
		return stores;
	at = mmap(want, r->len, PROT_READ,
		  (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED_NOREPLACE,
		  stores < 0 ? r->fd : stores, 0);
	if (at == MAP_FAILED)
		return -errno;
	r->addr = at;
	return 0;
}

static int map_ro_post(struct actor *a, const struct op *op)
{
	return smaps_flag(op_addr(a, op), "rd wr") == 1 ?
		       0 :
		       actor_why(a, "VmFlags of the region are not read-only");
}

static void map_ro_model(struct model_step *s)
{
	struct world *w = world_of(s);

	w->view[s->op->proc] =
		(struct view){ .state = VIEW_ABSENT,
			       .prot = VIEW_RO,
			       .no_write = s->share == SHARE_SHARED &&
					   (w->seals & SEALS_WRITE || w->read_only) };
}

static int map_ro_emit(FILE *out, const struct op *op)
{
	fprintf(out, "\tcheck(map_again(&r%d, %d, %zu));\n", op->region, op->region, op_bytes(op));
	return 0;
}

const struct verb verb_map_ro = {
	.name = "map-ro",
	.about = "maps a region of a file again, read-only; of a sealed file it stays so",
	.rule = "mmap(2); fcntl(2) F_SEAL_WRITE; 8ec396d05d1b (6.13) read-only shared mappings "
		"of a sealed file",
	.by = ACTOR_PROCESS,
	.arg = ARG_REGION,
	.fits = has_file,
	.exec = map_ro_exec,
	.post = map_ro_post,
	.model = map_ro_model,
	.emit = map_ro_emit,
};
