// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/actor/actor.h"
#include "core/verb/list.h"

static int truncate_exec(struct actor *a, const struct op *op)
{
	return ftruncate(a->region[op->region].fd, op->arg * BASE_PAGE) ? -errno : 0;
}

static int truncate_post(struct actor *a, const struct op *op)
{
	off_t end = lseek(a->region[op->region].fd, 0, SEEK_END);

	return end == op->arg * BASE_PAGE ? 0 : actor_why(a, "the file has another size");
}

static int truncate_emit(FILE *out, const struct op *op)
{
	fprintf(out, "\tcheck(ftruncate(fd[%d], %zu));\n", op->region, (size_t)op->arg * BASE_PAGE);
	return 0;
}

/* Truncation removes private copies of the pages too, unlike a hole. */
static void truncate_model(struct model_step *s)
{
	struct world *w = world_of(s);

	if (seal_refuses_size(s, s->op->arg))
		return;
	if ((long)s->page < s->op->arg) {
		if (w->object[0].kind == OBJECT_GONE)
			w->object[0].kind = OBJECT_FILE;
		return;
	}
	world_file_page_leaves(s);
	w->object[0].kind = OBJECT_GONE;
	for (int i = 0; i < PROCS_MAX; i++)
		if (w->view[i].state == VIEW_OBJECT)
			w->view[i].state = VIEW_ABSENT;
}

const struct verb verb_truncate = {
	.name = "truncate",
	.about = "another party truncates or extends the file: truncate=PAGES",
	.rule = "mmap(2) SIGBUS; mm/truncate.c unmap_mapping_range(even_cows)",
	.by = ACTOR_FILE,
	.arg = ARG_SIZE,
	.flags = VERB_OPENS,
	.exec = truncate_exec,
	.post = truncate_post,
	.model = truncate_model,
	.emit = truncate_emit,
};

static int punch_exec(struct actor *a, const struct op *op)
{
	return fallocate(a->region[op->region].fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			 (off_t)(op->first * BASE_PAGE), (off_t)op_bytes(op)) ?
		       -errno :
		       0;
}

static bool file_has_hole(int fd, size_t at, size_t len)
{
	off_t end = lseek(fd, 0, SEEK_END), data;

	if (end >= 0 && (size_t)end <= at)
		return true;
	data = lseek(fd, (off_t)at, SEEK_DATA);
	return data < 0 ? errno == ENXIO : (size_t)data >= at + len;
}

int file_hole_post(struct actor *a, const struct op *op)
{
	return file_has_hole(a->region[op->region].fd, op->first * BASE_PAGE, op_bytes(op)) ?
		       0 :
		       actor_why(a, "SEEK_DATA finds data in the place");
}

static int punch_emit(FILE *out, const struct op *op)
{
	fprintf(out,
		"\tcheck(fallocate(fd[%d], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, "
		"%zu, %zu));\n",
		op->region, op->first * BASE_PAGE, op_bytes(op));
	return 0;
}

static void punch_model(struct model_step *s)
{
	if (world_of(s)->seals & SEALS_WRITE)
		expect_errno(&s->expect, EPERM);
	else if (world_of(s)->object[0].kind == OBJECT_FILE)
		world_file_page_leaves(s);
}

const struct verb verb_punch = {
	.name = "punch",
	.about = "another party punches a hole: the file reads zeros there, private copies stay",
	.rule = "fallocate(2) FALLOC_FL_PUNCH_HOLE; mm/shmem.c, unmap_mapping_range(even_cows 0)",
	.by = ACTOR_FILE,
	.flags = VERB_OPENS,
	.exec = punch_exec,
	.post = file_hole_post,
	.model = punch_model,
	.emit = punch_emit,
};

enum { SCAVENGE_BYTES = 32 * 1024 * 1024 };

/* Its own memory, filled; kept until the cell ends, so that freed pages are taken. */
static int scavenge_exec(struct actor *a, const struct op *op)
{
	char *at = mmap(NULL, SCAVENGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	if (at == MAP_FAILED)
		return -errno;
	madvise(at, SCAVENGE_BYTES, MADV_NOHUGEPAGE);
	for (uint32_t i = 0; i < SCAVENGE_BYTES / BASE_PAGE; i++) {
		struct pattern_site site = { a->nonce, 7, i };

		pattern_fill(at + (size_t)i * BASE_PAGE, 0, BASE_PAGE, op->value, &site);
	}
	a->hoard = at;
	a->hoard_pages = SCAVENGE_BYTES / BASE_PAGE;
	return 0;
}

static int scavenge_emit(FILE *out, const struct op *op)
{
	char value[16];

	fprintf(out, "\tscavenge(%s);\n", value_identifier(op->value, value, sizeof(value)));
	return 0;
}

static void scavenge_model(struct model_step *s)
{
	(void)s; /* nobody may notice it */
}

const struct verb verb_scavenge = {
	.name = "scavenge",
	.about = "a bystander allocates and fills 32 MiB, to take pages that were freed too early",
	.rule = "an orphan or a pinned page must not be handed to anybody else",
	.by = ACTOR_BYSTANDER,
	.exec = scavenge_exec,
	.model = scavenge_model,
	.emit = scavenge_emit,
};
