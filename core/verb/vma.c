// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/verb/event.h"

enum { ADVICE_GUARD_INSTALL = 102, ADVICE_GUARD_REMOVE = 103, NR_MSEAL = 462 };

static int guard_exec(struct actor *a, const struct op *op)
{
	return event_advise(a, op, ADVICE_GUARD_INSTALL);
}

static int guard_post(struct actor *a, const struct op *op)
{
	for (size_t i = 0; i < op->npages; i++)
		if (page_frame(op_addr(a, op) + i * BASE_PAGE))
			return event_why(a, "page %zu is still present", op->first + i);
	return event_rest(a, op, REST_WHOLE);
}

/* As a discard, and any access faults until the guard is removed. */
static void guard_model(struct model_step *s)
{
	struct view *v = world_discardable(s, true);

	if (v && s->hugetlb)
		expect_errno(&s->expect, EINVAL);
	else if (v) {
		v->flags = v->flags | VIEW_GUARDED;
		if (s->share != SHARE_SHARED)
			v->state = VIEW_ABSENT;
	}
}

static int guard_emit(FILE *out, const struct op *op)
{
	return event_emit(out, op, ADVICE_GUARD_INSTALL, "MADV_GUARD_INSTALL");
}

const struct verb verb_guard = {
	.name = "guard",
	.about = "MADV_GUARD_INSTALL: the pages leave the address, any access is SIGSEGV",
	.needs = { "guard" },
	.rule = "madvise(2) MADV_GUARD_INSTALL (6.13; file mappings 6.15)",
	.by = ACTOR_PROCESS,
	.exec = guard_exec,
	.post = guard_post,
	.model = guard_model,
	.emit = guard_emit,
};

static int unguard_exec(struct actor *a, const struct op *op)
{
	return event_advise(a, op, ADVICE_GUARD_REMOVE);
}

static int unguard_post(struct actor *a, const struct op *op)
{
	for (size_t i = 0; i < op->npages; i++)
		if (pagemap_bit(op_addr(a, op) + i * BASE_PAGE, PAGEMAP_GUARD) > 0)
			return event_why(a, "page %zu is still guarded", op->first + i);
	return 0;
}

static void unguard_model(struct model_step *s)
{
	struct view *v = event_view(s);

	if (v && s->hugetlb)
		expect_errno(&s->expect, EINVAL);
	else if (v)
		v->flags = v->flags & (uint8_t)~VIEW_GUARDED;
}

static int unguard_emit(FILE *out, const struct op *op)
{
	return event_emit(out, op, ADVICE_GUARD_REMOVE, "MADV_GUARD_REMOVE");
}

const struct verb verb_unguard = {
	.name = "unguard",
	.about = "MADV_GUARD_REMOVE: the memory can be used again, and is empty",
	.needs = { "guard" },
	.rule = "madvise(2) MADV_GUARD_REMOVE (6.13; file mappings 6.15)",
	.by = ACTOR_PROCESS,
	.exec = unguard_exec,
	.post = unguard_post,
	.model = unguard_model,
	.emit = unguard_emit,
};

static int mseal_exec(struct actor *a, const struct op *op)
{
	return syscall(NR_MSEAL, op_addr(a, op), op_bytes(op), 0ul) ? -errno : 0;
}

static void mseal_model(struct model_step *s)
{
	struct view *v = event_view(s);

	if (v)
		v->flags = v->flags | VIEW_SEALED;
}

/* A resize to the same size changes nothing, and is refused when sealed. */
static int mseal_post(struct actor *a, const struct op *op)
{
	if (mremap(op_addr(a, op), op_bytes(op), op_bytes(op), 0) == MAP_FAILED && errno == EPERM)
		return 0;
	return actor_why(a, "mremap is not refused with EPERM");
}

static int mseal_emit(FILE *out, const struct op *op)
{
	fprintf(out, "\tcheck(syscall(%d, r%d + %zu, %zul, 0ul)); /* mseal */\n", NR_MSEAL,
		op->region, op->first * BASE_PAGE, op_bytes(op));
	return 0;
}

const struct verb verb_mseal = {
	.name = "mseal",
	.about =
		"mseal: the mapping can't be changed, and read-only anonymous memory not discarded",
	.needs = { "mseal" },
	.rule = "Documentation/userspace-api/mseal.rst (6.10)",
	.by = ACTOR_PROCESS,
	.exec = mseal_exec,
	.post = mseal_post,
	.model = mseal_model,
	.emit = mseal_emit,
};

static int clear_refs_exec(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return file_write("/proc/self/clear_refs", "4");
}

/* Held pages keep the bit: they can be written to at any time. */
static int clear_refs_post(struct actor *a, const struct op *op)
{
	for (size_t i = 0; i < op->npages; i++) {
		const char *at = op_addr(a, op) + i * BASE_PAGE;

		if (!event_held(a, op, op->first + i) && page_frame(at) &&
		    pagemap_bit(at, PAGEMAP_SOFT_DIRTY))
			return event_why(a, "page %zu is still soft-dirty", op->first + i);
	}
	return 0;
}

static void clear_refs_model(struct model_step *s)
{
	(void)s; /* it is the whole process's, mapped or not */
}

static int clear_refs_emit(FILE *out, const struct op *op)
{
	(void)op;
	fprintf(out, "\tclear_soft_dirty();\n");
	return 0;
}

const struct verb verb_clear_refs = {
	.name = "clear-refs",
	.about = "clears the soft-dirty bits of the process, which write-protects its pages",
	.needs = { "soft-dirty" },
	.rule = "Documentation/admin-guide/mm/soft-dirty.rst; 9348b73c2e1b (5.11) not pinned pages",
	.by = ACTOR_PROCESS,
	.exec = clear_refs_exec,
	.post = clear_refs_post,
	.model = clear_refs_model,
	.emit = clear_refs_emit,
};
