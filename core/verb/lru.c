// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/verb/event.h"

enum {
	ADVICE_COLD = 20,
	ADVICE_POPULATE_READ = 22,
	ADVICE_POPULATE_WRITE = 23,
	RECLAIM_TRIES = 20,
};

static int cold_exec(struct actor *a, const struct op *op)
{
	return event_advise(a, op, ADVICE_COLD);
}

/* What is left of the entry's pages may still count as referenced. */
static int cold_post(struct actor *a, const struct op *op)
{
	long kb = smaps_kb(op_addr(a, op), "Referenced");
	size_t rest = a->region[op->region].len - op_bytes(op);

	if (op->shared)
		return actor_why(a, "pages that another process maps are left alone");
	if (kb < 0 || (size_t)kb > rest / 1024)
		return event_why(a, "smaps shows %ld kB as referenced", kb);
	return 0;
}

static void cold_model(struct model_step *s)
{
	struct view *v = event_view(s);

	if (v && (s->hugetlb || v->flags & VIEW_LOCKED))
		expect_errno(&s->expect, EINVAL);
}

static int cold_emit(FILE *out, const struct op *op)
{
	return event_emit(out, op, ADVICE_COLD, "MADV_COLD");
}

const struct verb verb_cold = {
	.name = "cold",
	.about = "MADV_COLD: the pages are the next to be reclaimed; no byte changes",
	.needs = { "pageout" },
	.rule = "madvise(2) MADV_COLD",
	.by = ACTOR_PROCESS,
	.flags = VERB_LEAVES,
	.exec = cold_exec,
	.post = cold_post,
	.model = cold_model,
	.emit = cold_emit,
};

static int populate_read_exec(struct actor *a, const struct op *op)
{
	return event_advise(a, op, ADVICE_POPULATE_READ);
}

static int populate_write_exec(struct actor *a, const struct op *op)
{
	return event_advise(a, op, ADVICE_POPULATE_WRITE);
}

static int present_post(struct actor *a, const struct op *op)
{
	struct page_fact fact;

	for (size_t i = 0; i < op->npages; i++)
		if (page_fact(op_addr(a, op) + i * BASE_PAGE, &fact) || !fact.present)
			return event_why(a, "page %zu is not present", op->first + i);
	return 0;
}

/* Refused where the access would be: by protection EINVAL, by a fault EFAULT. */
static struct view *populated_view(struct model_step *s, bool store)
{
	struct view *v = event_view(s);

	if (!v)
		return NULL;
	if (v->prot == VIEW_NO || (store && v->prot == VIEW_RO))
		expect_errno(&s->expect, EINVAL);
	else if (world_access(world_of(s), s->share, s->op->proc, store) != OUTCOME_OK)
		expect_errno(&s->expect, EFAULT);
	else
		return v;
	return NULL;
}

static void populate_read_model(struct model_step *s)
{
	populated_view(s, false);
}

/* As a store without bytes: it breaks COW. */
static void populate_write_model(struct model_step *s)
{
	if (populated_view(s, true))
		world_own(s, s->op->proc);
}

static int populate_read_emit(FILE *out, const struct op *op)
{
	return event_emit(out, op, ADVICE_POPULATE_READ, "MADV_POPULATE_READ");
}

static int populate_write_emit(FILE *out, const struct op *op)
{
	return event_emit(out, op, ADVICE_POPULATE_WRITE, "MADV_POPULATE_WRITE");
}

const struct verb verb_populate_read = {
	.name = "populate-read",
	.about = "MADV_POPULATE_READ: faults all pages in for reading",
	.needs = { "populate" },
	.rule = "madvise(2) MADV_POPULATE_READ (5.14)",
	.by = ACTOR_PROCESS,
	.flags = VERB_LEAVES,
	.exec = populate_read_exec,
	.post = present_post,
	.model = populate_read_model,
	.emit = populate_read_emit,
};

const struct verb verb_populate_write = {
	.name = "populate-write",
	.about = "MADV_POPULATE_WRITE: faults all pages in for writing, which breaks COW",
	.needs = { "populate" },
	.rule = "madvise(2) MADV_POPULATE_WRITE (5.14)",
	.by = ACTOR_PROCESS,
	.flags = VERB_LEAVES,
	.exec = populate_write_exec,
	.post = present_post,
	.model = populate_write_model,
	.emit = populate_write_emit,
};

static int mlock_exec(struct actor *a, const struct op *op)
{
	/* Not by libc: the address sanitizer makes nothing of it. */
	return syscall(SYS_mlock, op_addr(a, op), op_bytes(op)) ? -errno : 0;
}

static int mlock_post(struct actor *a, const struct op *op)
{
	if (!a->region[op->region].kind->hugetlb && smaps_flag(op_addr(a, op), "lo") != 1)
		return actor_why(a, "VmFlags lack 'lo'");
	return present_post(a, op);
}

/*
 * It may fault writable private memory in by a store or not: mmap(2) leaves open
 * whether an untouched page of a private file mapping shows the file's changes.
 */
static void mlock_model(struct model_step *s)
{
	struct view *v = event_view(s);
	int proc = s->op->proc;

	if (!v)
		return;
	if (world_access(world_of(s), s->share, proc, false) != OUTCOME_OK) {
		expect_errno(&s->expect, ENOMEM);
		return;
	}
	if (!s->hugetlb) /* which is never reclaimed: the kernel does not mark it */
		v->flags = v->flags | VIEW_LOCKED;
	if (s->share == SHARE_PRIVATE_FILE && v->state == VIEW_ABSENT && v->prot == VIEW_RW) {
		world_branch(s);
		world_own(s, proc);
	}
}

static int mlock_emit(FILE *out, const struct op *op)
{
	fprintf(out, "\tcheck(mlock(r%d + %zu, %zu));\n", op->region, op->first * BASE_PAGE,
		op_bytes(op));
	return 0;
}

const struct verb verb_mlock = {
	.name = "mlock",
	.about = "mlock: faults the pages in and keeps them from reclaim",
	.rule = "mlock(2); madvise(2) EINVAL of locked memory",
	.by = ACTOR_PROCESS,
	.flags = VERB_LEAVES,
	.exec = mlock_exec,
	.post = mlock_post,
	.model = mlock_model,
	.emit = mlock_emit,
};

static int munlock_exec(struct actor *a, const struct op *op)
{
	return syscall(SYS_munlock, op_addr(a, op), op_bytes(op)) ? -errno : 0;
}

static int munlock_post(struct actor *a, const struct op *op)
{
	return smaps_flag(op_addr(a, op), "lo") == 0 ? 0 : actor_why(a, "VmFlags still have 'lo'");
}

static void munlock_model(struct model_step *s)
{
	struct view *v = event_view(s);

	if (v)
		v->flags = v->flags & (uint8_t)~VIEW_LOCKED;
}

static int munlock_emit(FILE *out, const struct op *op)
{
	fprintf(out, "\tcheck(munlock(r%d + %zu, %zu));\n", op->region, op->first * BASE_PAGE,
		op_bytes(op));
	return 0;
}

const struct verb verb_munlock = {
	.name = "munlock",
	.about = "munlock: the pages may be reclaimed again",
	.rule = "mlock(2)",
	.by = ACTOR_PROCESS,
	.flags = VERB_LEAVES,
	.exec = munlock_exec,
	.post = munlock_post,
	.model = munlock_model,
	.emit = munlock_emit,
};

/* More than the group has: EAGAIN tells that not all of it could be reclaimed. */
static int reclaim_exec(struct actor *a, const struct op *op)
{
	char path[600];
	int err = 0;

	snprintf(path, sizeof(path), "%s/memory.reclaim", host_provided.cgroup_dir);
	for (int i = 0; i < RECLAIM_TRIES && (!i || event_free_pages(a, op, event_held)); i++) {
		err = file_write(path, "64M");
		if (err && err != -EAGAIN)
			return err;
		event_nap(1000);
	}
	return 0;
}

/* As reclaim, by a limit that the group is over; it is taken away at once. */
static int squeeze_exec(struct actor *a, const struct op *op)
{
	char path[600];
	int err = 0;

	snprintf(path, sizeof(path), "%s/memory.high", host_provided.cgroup_dir);
	for (int i = 0; i < RECLAIM_TRIES && !err && (!i || event_free_pages(a, op, event_held));
	     i++) {
		int undone;

		err = file_write(path, "0");
		undone = file_write(path, "max");
		err = err ? err : undone;
		event_nap(1000);
	}
	return err;
}

static int reclaim_post(struct actor *a, const struct op *op)
{
	size_t left = op->empty ? 0 : event_free_pages(a, op, event_held);

	return left ? event_why(a, "%zu pages are still present", left) : 0;
}

static void reclaim_model(struct model_step *s)
{
	(void)s; /* no byte changes, mapped or not */
}

const struct verb verb_reclaim = {
	.name = "reclaim",
	.about = "memory.reclaim of the run's control group: all pages of all processes",
	.needs = { "swap", "cgroup" },
	.rule = "Documentation/admin-guide/cgroup-v2.rst memory.reclaim (5.19)",
	.by = ACTOR_PROCESS,
	.exec = reclaim_exec,
	.post = reclaim_post,
	.model = reclaim_model,
};

const struct verb verb_squeeze = {
	.name = "squeeze",
	.about = "a memory.high of 0 for a moment: the run's control group gives up what it can",
	.needs = { "swap", "memcg" },
	.rule = "Documentation/admin-guide/cgroup-v2.rst memory.high",
	.by = ACTOR_PROCESS,
	.exec = squeeze_exec,
	.post = reclaim_post,
	.model = reclaim_model,
};
