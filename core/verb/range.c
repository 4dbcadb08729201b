// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/verb/event.h"

enum { BLOCK = 512 }; /* of st_blocks */

static int allocate(struct actor *a, const struct op *op, int mode, size_t first, size_t npages)
{
	return fallocate(a->region[op->region].fd, mode, (off_t)(first * BASE_PAGE),
			 (off_t)(npages * BASE_PAGE)) ?
		       -errno :
		       0;
}

static int allocate_text(FILE *out, const struct op *op, const char *mode, size_t first,
			 size_t npages)
{
	fprintf(out, "\tcheck(fallocate(fd[%d], %s, %zu, %zu));\n", op->region, mode,
		first * BASE_PAGE, npages * BASE_PAGE);
	return 0;
}

static bool has_file(const struct mem_kind *mem)
{
	return mem->prepare != NULL;
}

/* tmpfs and hugetlbfs have neither. */
static bool has_extents(const struct mem_kind *mem)
{
	return mem->fs == EXT4_SUPER_MAGIC;
}

static size_t pages_now(const struct actor *a, const struct op *op)
{
	off_t end = lseek(a->region[op->region].fd, 0, SEEK_END);

	return end < 0 ? 0 : (size_t)end / BASE_PAGE;
}

static int allocate_exec(struct actor *a, const struct op *op)
{
	return allocate(a, op, 0, 0, (size_t)op->arg);
}

static int allocate_post(struct actor *a, const struct op *op)
{
	return pages_now(a, op) >= (size_t)op->arg ? 0 : actor_why(a, "the file did not grow");
}

static void allocate_model(struct model_step *s)
{
	struct object *o = &world_of(s)->object[0];

	if (!s->op->arg)
		expect_errno(&s->expect, EINVAL);
	else if (!seal_refuses_growth(s, s->op->arg) && (long)s->page < s->op->arg &&
		 o->kind == OBJECT_GONE)
		o->kind = OBJECT_FILE;
}

static int allocate_emit(FILE *out, const struct op *op)
{
	return allocate_text(out, op, "0", 0, (size_t)op->arg);
}

const struct verb verb_allocate = {
	.name = "allocate",
	.about = "another party allocates the file up to a size in pages; it may grow by that",
	.rule = "fallocate(2) with mode 0",
	.by = ACTOR_FILE,
	.arg = ARG_SIZE,
	.fits = has_file,
	.flags = VERB_OPENS,
	.exec = allocate_exec,
	.post = allocate_post,
	.model = allocate_model,
	.emit = allocate_emit,
};

/* Of the file before the last of these steps, which the runner does one after the other. */
static off_t size_before;

static off_t size_of(const struct actor *a, const struct op *op)
{
	return lseek(a->region[op->region].fd, 0, SEEK_END);
}

static int preallocate_exec(struct actor *a, const struct op *op)
{
	size_before = size_of(a, op);
	return allocate(a, op, FALLOC_FL_KEEP_SIZE, 0, (size_t)op->arg);
}

static int preallocate_post(struct actor *a, const struct op *op)
{
	struct stat st;

	if (fstat(a->region[op->region].fd, &st) || st.st_size != size_before)
		return actor_why(a, "the file has another size");
	return st.st_blocks * BLOCK >= op->arg * BASE_PAGE ?
		       0 :
		       actor_why(a, "st_blocks is less than the space asked for");
}

/* Behind the end of the file nothing appears; a grow seal refuses it all the same. */
static void preallocate_model(struct model_step *s)
{
	if (!s->op->arg)
		expect_errno(&s->expect, EINVAL);
	else
		seal_refuses_growth(s, s->op->arg);
}

static int preallocate_emit(FILE *out, const struct op *op)
{
	return allocate_text(out, op, "FALLOC_FL_KEEP_SIZE", 0, (size_t)op->arg);
}

const struct verb verb_preallocate = {
	.name = "preallocate",
	.about = "another party reserves space up to a size in pages; the file's size stays",
	.rule = "fallocate(2) FALLOC_FL_KEEP_SIZE; fcntl(2) F_SEAL_GROW",
	.by = ACTOR_FILE,
	.arg = ARG_SIZE,
	.fits = has_file,
	.flags = VERB_OPENS,
	.exec = preallocate_exec,
	.post = preallocate_post,
	.model = preallocate_model,
	.emit = preallocate_emit,
};

static int zero_range_exec(struct actor *a, const struct op *op)
{
	return allocate(a, op, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, op->first, op->npages);
}

static void zero_range_model(struct model_step *s)
{
	if (world_of(s)->object[0].kind == OBJECT_FILE)
		world_file_page_leaves(s);
}

static int zero_range_emit(FILE *out, const struct op *op)
{
	return allocate_text(out, op, "FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE", op->first,
			     op->npages);
}

const struct verb verb_zero_range = {
	.name = "zero-range",
	.about = "another party zeroes a range of the file; private copies stay",
	.rule = "fallocate(2) FALLOC_FL_ZERO_RANGE",
	.by = ACTOR_FILE,
	.fits = has_extents,
	.flags = VERB_OPENS,
	.exec = zero_range_exec,
	.post = file_hole_post,
	.model = zero_range_model,
	.emit = zero_range_emit,
};

/* Both calls at one place: every byte is back, and every page behind it is another one. */
static int shift_exec(struct actor *a, const struct op *op)
{
	size_t units = op->unit / BASE_PAGE;
	int err;

	size_before = size_of(a, op);
	err = allocate(a, op, FALLOC_FL_INSERT_RANGE, (size_t)op->arg, units);

	return err ? err : allocate(a, op, FALLOC_FL_COLLAPSE_RANGE, (size_t)op->arg, units);
}

/* Pages of the file from `first` on that are in the page cache; -1 when it can't be told. */
static int cached_pages(int fd, size_t first, size_t npages)
{
	unsigned char there[IMAGE_PAGES];
	void *at = mmap(NULL, npages * BASE_PAGE, PROT_READ, MAP_SHARED, fd,
			(off_t)(first * BASE_PAGE));
	int n = 0;

	if (at == MAP_FAILED)
		return -1;
	if (mincore(at, npages * BASE_PAGE, there))
		n = -1;
	for (size_t i = 0; n >= 0 && i < npages; i++)
		n += there[i] & 1;
	munmap(at, npages * BASE_PAGE);
	return n;
}

static int shift_post(struct actor *a, const struct op *op)
{
	size_t pages = (size_t)size_before / BASE_PAGE, first = (size_t)op->arg;

	if (size_of(a, op) != size_before)
		return actor_why(a, "the file has another size");
	if (first < pages && cached_pages(a->region[op->region].fd, first, pages - first))
		return actor_why(a, "pages behind the place are still in the page cache");
	return 0;
}

static void shift_model(struct model_step *s)
{
	struct world *w = world_of(s);
	struct object old = w->object[0];

	if (file_size_pages(s) <= (size_t)s->op->arg) {
		expect_errno(&s->expect, EINVAL);
		return;
	}
	if ((long)s->page < s->op->arg || old.kind != OBJECT_FILE)
		return;
	world_file_page_leaves(s);
	w->object[0] = old;
	for (int i = 0; i < PROCS_MAX; i++)
		if (w->view[i].state == VIEW_OBJECT)
			w->view[i].state = VIEW_ABSENT;
}

static int shift_emit(FILE *out, const struct op *op)
{
	size_t units = op->unit / BASE_PAGE;

	allocate_text(out, op, "FALLOC_FL_INSERT_RANGE", (size_t)op->arg, units);
	return allocate_text(out, op, "FALLOC_FL_COLLAPSE_RANGE", (size_t)op->arg, units);
}

const struct verb verb_shift = {
	.name = "shift",
	.about = "another party inserts a page into the file and collapses it again: same bytes in "
		 "new pages, without private copies",
	.rule = "fallocate(2) FALLOC_FL_INSERT_RANGE, FALLOC_FL_COLLAPSE_RANGE; mm/truncate.c "
		"truncate_pagecache() unmaps private copies",
	.by = ACTOR_FILE,
	.arg = ARG_SIZE,
	.fits = has_extents,
	.flags = VERB_OPENS,
	.exec = shift_exec,
	.post = shift_post,
	.model = shift_model,
	.emit = shift_emit,
};

static int writeback_exec(struct actor *a, const struct op *op)
{
	int fd = a->region[op->region].fd;

	if (fsync(fd))
		return -errno;
	return -posix_fadvise(fd, (off_t)(op->first * BASE_PAGE), (off_t)op_bytes(op),
			      POSIX_FADV_DONTNEED);
}

static bool on_device(const struct mem_kind *mem)
{
	return mem->fs == EXT4_SUPER_MAGIC || mem->fs == XFS_SUPER_MAGIC;
}

/* A page that is still in the cache has been written, and somebody holds it. */
static int written_back(struct actor *a, const struct op *op, const char *at, size_t page)
{
	const uint64_t unwritten = 1ull << KPAGE_DIRTY | 1ull << KPAGE_WRITEBACK;
	unsigned long frame;
	uint64_t flags;

	(void)*(const volatile char *)at;
	frame = page_frame(at);
	flags = page_flags(frame);
	if (!frame || !flags)
		return actor_why(a, "no page frame");
	if (flags & unwritten)
		return event_why(a, "page %zu is dirty still, or under writeback", page);
	/* This mapping is one; of a folio others may hold another page. */
	if (op->pinned || flags_compound(flags) || page_mapcount(frame) > 1)
		return 0;
	return event_why(a, "page %zu is in the page cache, and nobody holds it", page);
}

/* A file in memory has nowhere else to be. */
static int writeback_post(struct actor *a, const struct op *op)
{
	const struct region *r = &a->region[op->region];
	size_t end = pages_now(a, op), n = op->npages;
	unsigned char there[IMAGE_PAGES] = { 0 };
	int unmet = 0;
	char *at;

	if (end < op->first + n)
		n = end > op->first ? end - op->first : 0;
	if (!n || !on_device(r->kind))
		return 0;
	at = mmap(NULL, n * BASE_PAGE, PROT_READ, MAP_SHARED, r->fd,
		  (off_t)(op->first * BASE_PAGE));
	if (at == MAP_FAILED || mincore(at, n * BASE_PAGE, there))
		unmet = actor_why(a, "no mapping of the file to look through");
	for (size_t i = 0; !unmet && i < n; i++)
		unmet = there[i] & 1 ? written_back(a, op, at + i * BASE_PAGE, op->first + i) : 0;
	if (at != MAP_FAILED)
		munmap(at, n * BASE_PAGE);
	return unmet;
}

static void writeback_model(struct model_step *s)
{
	(void)s; /* nobody may notice it */
}

static int writeback_emit(FILE *out, const struct op *op)
{
	fprintf(out,
		"\tcheck(fsync(fd[%d]));\n"
		"\tcheck(posix_fadvise(fd[%d], %zu, %zu, POSIX_FADV_DONTNEED));\n",
		op->region, op->region, op->first * BASE_PAGE, op_bytes(op));
	return 0;
}

const struct verb verb_writeback = {
	.name = "writeback",
	.about = "another party writes the file back and drops what nobody holds from the cache",
	.rule = "fsync(2); posix_fadvise(2) POSIX_FADV_DONTNEED: no byte changes",
	.by = ACTOR_FILE,
	.fits = has_file,
	.exec = writeback_exec,
	.post = writeback_post,
	.model = writeback_model,
	.emit = writeback_emit,
};
