// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/actor/actor.h"
#include "core/base/uffd.h"
#include "core/base/util.h"
#include "core/verb/list.h"
#include "core/verb/uffd.h"

/* Of this process; a child that inherited the parent's opens its own. */
static struct {
	bool up;
	int proc, fd;
	__u64 features;
} own;

int uffd_of(const struct actor *a)
{
	int fd;

	if (own.up && own.proc == a->proc)
		return own.fd;
	if (own.up)
		close(own.fd);
	own.up = false;
	fd = uffd_open(&own.features);
	if (fd < 0)
		return fd;
	own.up = true;
	own.proc = a->proc;
	own.fd = fd;
	return fd;
}

bool uffd_fits_anon(const struct mem_kind *mem)
{
	return mem->share == SHARE_PRIVATE_ANON;
}

bool uffd_fits_small_anon(const struct mem_kind *mem)
{
	return mem->share == SHARE_PRIVATE_ANON && !mem->hugetlb;
}

/* Anonymous memory, shmem and hugetlbfs; no other file system. */
bool uffd_fits_any(const struct mem_kind *mem)
{
	static const char *const other[] = { "ext4", "xfs", "btrfs" };

	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		if (strstr(mem->name, other[i]))
			return false;
	return true;
}

static int registered(struct actor *a, const struct op *op, __u64 mode)
{
	int fd = uffd_of(a);
	int err = fd < 0 ? fd : uffd_register(fd, op_addr(a, op), op_bytes(op), mode);

	return err ? err : fd;
}

/* Empties the place and registers it. */
int uffd_registered_empty(struct actor *a, const struct op *op, __u64 mode)
{
	if (madvise(op_addr(a, op), op_bytes(op), MADV_DONTNEED))
		return -errno;
	return registered(a, op, mode);
}

int uffd_finish(struct actor *a, const struct op *op, int fd, int err)
{
	int end = uffd_unregister(fd, op_addr(a, op), op_bytes(op));

	return err ? err : end;
}

struct view *uffd_view(struct model_step *s)
{
	struct view *v = &world_of(s)->view[s->op->proc];

	if (v->state != VIEW_NONE)
		return v;
	expect_errno(&s->expect, 0);
	return NULL;
}

void uffd_emit_call(FILE *out, const struct op *op, const char *before, const char *request,
		    const char *mode)
{
	fprintf(out, "%suffd(%s, r%d + %zu, %zu, %s, 0)", before, request, op->region,
		op->first * BASE_PAGE, op_bytes(op), mode);
}

void uffd_emit_empty(FILE *out, const struct op *op, const char *mode)
{
	fprintf(out, "\tcheck(madvise(r%d + %zu, %zu, MADV_DONTNEED)", op->region,
		op->first * BASE_PAGE, op_bytes(op));
	uffd_emit_call(out, op, " ||\n\t      ", "UFFDIO_REGISTER", mode);
}

static int wp_exec(struct actor *a, const struct op *op)
{
	int fd = registered(a, op, UFFDIO_REGISTER_MODE_WP);

	return fd < 0 ? fd : uffd_protect(fd, op_addr(a, op), op_bytes(op), true);
}

/* pagemap shows the bit since 5.14, as UFFD_FEATURE_MINOR_SHMEM came. */
static int wp_post(struct actor *a, const struct op *op)
{
	own_fd fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	const char *at = op_addr(a, op);

	if (smaps_flag(at, "uw") != 1)
		return actor_why(a, "VmFlags lack 'uw'");
	if (!(own.features & UFFD_FEATURE_MINOR_SHMEM) || a->region[op->region].kind->hugetlb)
		return 0;
	for (size_t i = 0; i < op->npages; i++) {
		off_t place = (off_t)(((uintptr_t)at / BASE_PAGE + i) * sizeof(uint64_t));
		uint64_t entry;

		if (pread(fd, &entry, sizeof(entry), place) != sizeof(entry))
			return actor_why(a, "no pagemap");
		if (entry >> 63 & 1 && !(entry >> 57 & 1))
			return actor_why(a, "a page is present and not write-protected");
	}
	return 0;
}

/* Of anonymous memory only a page that is there, be it the zero page, is protected. */
static void wp_model(struct model_step *s)
{
	struct view *v = uffd_view(s);
	bool unsure;

	if (!v)
		return;
	unsure = v->state == VIEW_ABSENT && s->share == SHARE_PRIVATE_ANON;
	v->uffd = (v->uffd & UFFD_POISON) | UFFD_WP;
	if (unsure)
		world_branch(s)->view[s->op->proc].uffd &= (uint8_t)~UFFD_WP;
}

static int wp_emit(FILE *out, const struct op *op)
{
	uffd_emit_call(out, op, "\tcheck(", "UFFDIO_REGISTER", "UFFDIO_REGISTER_MODE_WP");
	uffd_emit_call(out, op, " ||\n\t      ", "UFFDIO_WRITEPROTECT",
		       "UFFDIO_WRITEPROTECT_MODE_WP");
	fprintf(out, ");\n");
	return 0;
}

const struct verb verb_uffd_wp = {
	.name = "uffd-wp",
	.about = "UFFDIO_WRITEPROTECT: a store by a process is SIGBUS until uffd-off",
	.rule = "Documentation/admin-guide/mm/userfaultfd.rst; ioctl_userfaultfd(2)",
	.needs = { "uffd-wp" },
	.by = ACTOR_PROCESS,
	.fits = uffd_fits_any,
	.exec = wp_exec,
	.post = wp_post,
	.model = wp_model,
	.emit = wp_emit,
};

static int off_exec(struct actor *a, const struct op *op)
{
	int fd = registered(a, op, UFFDIO_REGISTER_MODE_WP);

	return fd < 0 ? fd :
			uffd_finish(a, op, fd,
				    uffd_protect(fd, op_addr(a, op), op_bytes(op), false));
}

static int off_post(struct actor *a, const struct op *op)
{
	return smaps_flag(op_addr(a, op), "uw um") ?
		       actor_why(a, "VmFlags still have 'uw' or 'um'") :
		       0;
}

static void off_model(struct model_step *s)
{
	struct view *v = uffd_view(s);

	if (v)
		v->uffd &= UFFD_POISON;
}

static int off_emit(FILE *out, const struct op *op)
{
	uffd_emit_call(out, op, "\tcheck(", "UFFDIO_REGISTER", "UFFDIO_REGISTER_MODE_WP");
	uffd_emit_call(out, op, " ||\n\t      ", "UFFDIO_WRITEPROTECT", "0");
	uffd_emit_call(out, op, " ||\n\t      ", "UFFDIO_UNREGISTER", "0");
	fprintf(out, ");\n");
	return 0;
}

const struct verb verb_uffd_off = {
	.name = "uffd-off",
	.about = "ends uffd-wp and uffd-missing of the place",
	.rule = "ioctl_userfaultfd(2) UFFDIO_WRITEPROTECT, UFFDIO_UNREGISTER",
	.needs = { "uffd-wp" },
	.by = ACTOR_PROCESS,
	.fits = uffd_fits_any,
	.exec = off_exec,
	.post = off_post,
	.model = off_model,
	.emit = off_emit,
};

static int missing_exec(struct actor *a, const struct op *op)
{
	int fd = uffd_registered_empty(a, op, UFFDIO_REGISTER_MODE_MISSING);

	return fd < 0 ? fd : 0;
}

static int missing_post(struct actor *a, const struct op *op)
{
	return smaps_flag(op_addr(a, op), "um") == 1 ? 0 : actor_why(a, "VmFlags lack 'um'");
}

void uffd_empty_as(struct model_step *s, uint8_t uffd)
{
	struct view *v = uffd_view(s);

	if (!v)
		return;
	v->state = VIEW_ABSENT;
	v->uffd = uffd;
}

static void missing_model(struct model_step *s)
{
	uffd_empty_as(s, UFFD_MISSING);
}

static int missing_emit(FILE *out, const struct op *op)
{
	uffd_emit_empty(out, op, "UFFDIO_REGISTER_MODE_MISSING");
	fprintf(out, ");\n");
	return 0;
}

const struct verb verb_uffd_missing = {
	.name = "uffd-missing",
	.about = "empties the place; any access of an empty page is SIGBUS until it is filled",
	.rule = "Documentation/admin-guide/mm/userfaultfd.rst UFFDIO_REGISTER_MODE_MISSING",
	.needs = { "uffd" },
	.by = ACTOR_PROCESS,
	.fits = uffd_fits_anon,
	.exec = missing_exec,
	.post = missing_post,
	.model = missing_model,
	.emit = missing_emit,
};
