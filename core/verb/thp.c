// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/verb/event.h"

enum { ADVICE_COLLAPSE = 25, COLLAPSE_TRIES = 40 };

/* Why the last collapse of this process found no huge page, or 0. */
static int no_huge_page;

/*
 * Without a pin, EAGAIN is a page in some batch of the LRU; ENOMEM and EBUSY are
 * want of a huge page, which is the host's and no law's.
 */
static int collapse_exec(struct actor *a, const struct op *op)
{
	int err = 0;

	no_huge_page = 0;
	for (int i = 0; i < COLLAPSE_TRIES; i++) {
		err = event_advise(a, op, ADVICE_COLLAPSE);
		if (err != -EAGAIN || op->pinned)
			break;
		event_nap(5000);
	}
	if (err == -ENOMEM && smaps_kb(op_addr(a, op), "Size") > 0)
		no_huge_page = ENOMEM;
	else if (err == -EBUSY)
		no_huge_page = EBUSY;
	return no_huge_page ? 0 : err;
}

static int collapse_post(struct actor *a, const struct op *op)
{
	long kb = smaps_kb(op_addr(a, op), "AnonHugePages");

	if (op->empty || op_bytes(op) < HUGE_PAGE)
		return 0;
	if (no_huge_page)
		return event_why(a, "no huge page to be had: %s", errno_name(no_huge_page));
	if (kb < 0 || (size_t)kb < op_bytes(op) / 1024)
		return event_why(a, "AnonHugePages is %ld kB", kb);
	return 0;
}

/* A page that something holds can't be copied: the kernel gives up with EAGAIN. */
static void collapse_model(struct model_step *s)
{
	if (!event_view(s))
		return;
	if (s->hugetlb) {
		expect_errno(&s->expect, EINVAL);
	} else if (s->op->npages * BASE_PAGE < HUGE_PAGE || model_range_empty(s->m, s->op)) {
		s->expect.outcomes = OUTCOME_OK | OUTCOME_ERR;
		s->expect.err = EINVAL;
	} else if (model_range_pinned(s->m, s->op)) {
		s->expect.outcomes = OUTCOME_OK | OUTCOME_ERR;
		s->expect.err = EAGAIN;
	}
}

static int collapse_emit(FILE *out, const struct op *op)
{
	int err = event_emit(out, op, ADVICE_COLLAPSE, "MADV_COLLAPSE");

	if (!err && !op->empty && !op->pinned && !op->fails && op_bytes(op) >= HUGE_PAGE)
		fprintf(out,
			"\treached(huge_kb(r%d + %zu) >= %zu, "
			"\"no huge page\");\n",
			op->region, op->first * BASE_PAGE, op_bytes(op) / 1024);
	return err;
}

const struct verb verb_collapse = {
	.name = "collapse",
	.about = "MADV_COLLAPSE: small pages become a huge one; refused while one is held",
	.needs = { "collapse" },
	.rule = "madvise(2) MADV_COLLAPSE (6.1), EAGAIN",
	.by = ACTOR_PROCESS,
	.exec = collapse_exec,
	.post = collapse_post,
	.model = collapse_model,
	.emit = collapse_emit,
};

/* Two mappings for a moment: the border between them splits the PMD entry. */
static int split_map_exec(struct actor *a, const struct op *op)
{
	for (size_t off = BASE_PAGE; off < op_bytes(op); off += HUGE_PAGE)
		if (madvise(op_addr(a, op) + off, BASE_PAGE, MADV_SEQUENTIAL) ||
		    madvise(op_addr(a, op) + off, BASE_PAGE, MADV_NORMAL))
			return -errno;
	return 0;
}

static int split_map_post(struct actor *a, const struct op *op)
{
	long kb = smaps_kb(op_addr(a, op), "AnonHugePages");

	if (kb)
		return event_why(a, "AnonHugePages is %ld kB", kb);
	return 0;
}

static int split_map_emit(FILE *out, const struct op *op)
{
	fprintf(out,
		"\tfor (size_t i = 4096; i < %zu; i += 2 << 20) {\n"
		"\t\tcheck(madvise(r%d + %zu + i, 4096, MADV_SEQUENTIAL));\n"
		"\t\tcheck(madvise(r%d + %zu + i, 4096, MADV_NORMAL));\n\t}\n"
		"\treached(!huge_kb(r%d + %zu), \"mapped by a PMD\");\n",
		op_bytes(op), op->region, op->first * BASE_PAGE, op->region, op->first * BASE_PAGE,
		op->region, op->first * BASE_PAGE);
	return 0;
}

const struct verb verb_split_map = {
	.name = "split-map",
	.about = "a huge page stays one page and is mapped by base page entries",
	.rule = "Documentation/mm/transhuge.rst: split_huge_pmd",
	.by = ACTOR_PROCESS,
	.exec = split_map_exec,
	.post = split_map_post,
	.model = event_model,
	.emit = split_map_emit,
};

static int split_exec(struct actor *a, const struct op *op)
{
	char path[600], text[96];
	uintptr_t at = (uintptr_t)op_addr(a, op);

	snprintf(path, sizeof(path), "%s/split_huge_pages", host_provided.debugfs_dir);
	snprintf(text, sizeof(text), "%d,0x%lx,0x%lx", getpid(), at, at + op_bytes(op));
	return file_write(path, text);
}

/* That a page which a pin holds has stayed whole is for a claim to say. */
static int split_post(struct actor *a, const struct op *op)
{
	for (size_t i = 0; i < op->npages; i++) {
		unsigned long pfn = page_frame(op_addr(a, op) + i * BASE_PAGE);
		bool whole = pfn && flags_compound(page_flags(pfn));

		if (!pfn)
			return event_why(a, "page %zu is not present", op->first + i);
		if (whole && !op->pinned)
			return event_why(a, "page %zu is still part of a huge page", op->first + i);
	}
	return 0;
}

static void split_model(struct model_step *s)
{
	(void)s; /* the call reports no error */
}

static int split_emit(FILE *out, const struct op *op)
{
	size_t at = op->first * BASE_PAGE;

	fprintf(out,
		"\t{\n\t\tint fd = open(\"/sys/kernel/debug/split_huge_pages\", O_WRONLY);\n\n"
		"\t\tcheck(dprintf(fd, \"%%d,0x%%lx,0x%%lx\", getpid(), (long)r%d + %zu,\n"
		"\t\t\t      (long)r%d + %zu) < 0);\n\t\tclose(fd);\n\t}\n",
		op->region, at, op->region, at + op_bytes(op));
	if (!op->pinned)
		fprintf(out, "\treached(!frames_have(r%d + %zu, %zu, TAIL), \"still whole\");\n",
			op->region, at + BASE_PAGE, (size_t)BASE_PAGE);
	return 0;
}

const struct verb verb_split = {
	.name = "split",
	.about = "debugfs split_huge_pages: a huge page becomes base pages, unless it is pinned",
	.needs = { "split", "pagemap" },
	.rule = "Documentation/mm/transhuge.rst: split_huge_page refuses a page with extra "
		"references; fa6c02315f74 (5.13)",
	.by = ACTOR_PROCESS,
	.exec = split_exec,
	.post = split_post,
	.model = split_model,
	.emit = split_emit,
};
