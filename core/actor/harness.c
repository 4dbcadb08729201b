// SPDX-License-Identifier: GPL-2.0-only
#include "core/actor/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "bench/timed.h"
#include "core/actor/actor.h"
#include "core/actor/channel.h"
#include "core/actor/fault.h"
#include "core/base/self.h"
#include "core/base/util.h"

static int settle_exec(struct actor *a, const struct op *op)
{
	struct region *r = &a->region[op->region];
	int err = r->kind->settle(r);

	r->settled = !err;
	return err;
}

const struct verb harness_settle = { .name = "-settle", .exec = settle_exec };

static int reap_exec(struct actor *a, const struct op *op)
{
	int status;

	if (op->timed)
		return timed_reap(a, (pid_t)op->arg);
	return waitpid((pid_t)op->arg, &status, 0) < 0 ? -errno : 0;
}

const struct verb harness_reap = { .name = "-reap", .exec = reap_exec };

static long status_kb(const char *text, const char *field)
{
	const char *at = strstr(text, field);

	return at ? strtol(at + strlen(field), NULL, 10) : 0;
}

long pinned_kb(void)
{
	char text[4096];
	own_fd fd = self_open(SELF_STATUS);
	int n = fd < 0 ? -errno : fd_read(fd, text, sizeof(text));

	return n < 0 ? n : status_kb(text, "VmPin:") + status_kb(text, "VmLck:");
}

static int prepare_exec(struct actor *a, const struct op *op)
{
	int err;

	for (int i = 0; i < op->arg; i++) {
		struct pin *p = &a->pin[i];

		err = p->kind->prepare ? p->kind->prepare(p) : 0;
		if (err)
			return err;
	}
	return actor_make_threads(a);
}

const struct verb harness_prepare = { .name = "-prepare", .exec = prepare_exec };

static int nop_exec(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return 0;
}

const struct verb harness_nop = { .name = "-nop", .exec = nop_exec };

/* 0 for a page that is not present. */
static int frames_exec(struct actor *a, const struct op *op)
{
	for (size_t i = 0; i < op->npages; i++) {
		struct page_fact fact;
		uint64_t pfn;
		int err = page_fact(op_addr(a, op) + i * BASE_PAGE, &fact);

		if (err)
			return err;
		if (fact.present && !fact.pfn)
			return -EPERM;
		pfn = fact.pfn;
		memcpy(a->image + i * sizeof(pfn), &pfn, sizeof(pfn));
	}
	return 0;
}

const struct verb harness_frames = { .name = "-frames", .exec = frames_exec };

static int vmflag_post(struct actor *a, const struct op *op)
{
	const char flag[3] = { (char)(op->arg & 0xff), (char)(op->arg >> 8), 0 };

	return smaps_flag(a->region[op->region].addr, flag);
}

const struct verb harness_vmflag = { .name = "-vmflag", .exec = nop_exec, .post = vmflag_post };

static int hoard_post(struct actor *a, const struct op *op)
{
	(void)op;
	for (uint32_t i = 0; i < a->hoard_pages; i++) {
		struct pattern_site site = { a->nonce, 7, i };
		struct pattern_read r =
			pattern_decode(a->hoard + (size_t)i * BASE_PAGE, 0, BASE_PAGE, &site);

		if (r.state != PATTERN_VALUE || value_writer(r.value) != WRITER_BYSTANDER)
			return actor_why(a, "the bystander's memory changed under it");
	}
	return 0;
}

const struct verb harness_hoard = { .name = "-hoard", .exec = nop_exec, .post = hoard_post };

/* Bytes that a process can't load from are nobody's in it, its own nor the others. */
static int beside_page(struct actor *a, const struct region *r, size_t page, bool *stores)
{
	const struct op all = { .npages = page + 1,
				.unit = BASE_PAGE,
				.off = r->kind->own_off,
				.len = r->kind->own_len };
	char copy[BASE_PAGE] __attribute__((aligned(8))), *at = r->addr + page * BASE_PAGE;
	uint8_t own = op_sectors(&all, page), outcome;

	*stores = false;
	outcome = (uint8_t)fault_copy(copy, at, own);
	if (outcome != fault_copy(copy, at, (uint8_t)~own))
		return actor_why(a, "a page is there in part");
	if (outcome != OUTCOME_OK)
		return 0;
	FAULT_GUARD(outcome, *(volatile char *)at = *(volatile char *)at);
	*stores = outcome == OUTCOME_OK;
	return r->kind->beside(r, page, a->why, sizeof(a->channel->room[0].why));
}

static int beside_post(struct actor *a, const struct op *op)
{
	struct region *r = &a->region[op->region];
	bool all = true, stores;

	/* A new image has none of it; a kind that lies may have no neighbours. */
	if (a->fresh_image || !r->kind->beside)
		return 0;
	for (size_t i = 0; i < r->len / BASE_PAGE; i++) {
		if (beside_page(a, r, i, &stores))
			return 1;
		all &= stores;
	}
	return all ? r->kind->works(r, a->why, sizeof(a->channel->room[0].why)) : 0;
}

const struct verb harness_beside = { .name = "-beside", .exec = nop_exec, .post = beside_post };

const struct verb *harness_or_verb(const char *name)
{
	static const struct verb *const own[] = { &harness_prepare, &harness_settle,
						  &harness_reap,    &harness_nop,
						  &harness_frames,  &harness_vmflag,
						  &harness_hoard,   &harness_beside };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(own[i]->name, name))
			return own[i];
	return verb_find(name);
}
