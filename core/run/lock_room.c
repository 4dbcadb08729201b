// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/lock_room.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "core/base/util.h"
#include "core/plan/plan.h"
#include "core/verb/list.h"

enum { BESIDE = 256 * 1024 /* bytes: the rings of a few cells, a bounce buffer */ };

/* By doing: root of a user namespace has the capability, but not for this. */
static bool locks_beyond(const struct rlimit *limit)
{
	const size_t size = (limit->rlim_cur & ~(rlim_t)(BASE_PAGE - 1)) + BASE_PAGE;
	void *area =
		mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	bool may = area != MAP_FAILED && !mlock2(area, size, MLOCK_ONFAULT);

	if (area != MAP_FAILED)
		munmap(area, size);
	return may;
}

static bool may_lock_all(const struct rlimit *limit)
{
	static struct rlimit tried = { 0, 0 };
	static int may = -1;

	if (limit->rlim_cur == RLIM_INFINITY)
		return true;
	if (may < 0 || tried.rlim_cur != limit->rlim_cur)
		may = locks_beyond(limit);
	tried = *limit;
	return may;
}

static bool takes_room(const struct op *op)
{
	if (op->verb->flags & VERB_TAKES_PIN)
		return op->pin_kind->charges || op->pin_kind->locks;
	return op->verb->name == verb_mlock.name;
}

/* What all pins of the plan take together, or the limit that it sets. */
static uint64_t room_of(const struct plan *plan)
{
	uint64_t room = 0, limit = 0;
	bool rings = false;

	for (int i = 0; i < plan->nops; i++) {
		const struct op *op = &plan->op[i];
		uint64_t arg = (uint64_t)op->arg * BASE_PAGE;

		if (op->verb->name == verb_memlock.name)
			limit = arg > limit ? arg : limit;
		else if (takes_room(op))
			room += op->npages * BASE_PAGE;
		rings |= op->pin_kind && op->pin_kind->locks;
	}
	return limit ? limit : rings ? room + BESIDE : room;
}

int lock_room(const struct cell *c, char *why, size_t size)
{
	struct parse_error err;
	struct rlimit limit;
	struct plan plan;
	uint64_t room;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || may_lock_all(&limit) ||
	    plan_make(&plan, c->program, c->mem, c->pin, &err))
		return 0;
	room = room_of(&plan);
	if (room <= limit.rlim_cur)
		return 0;
	snprintf(why, size, "%llu KiB are to be pinned or locked, and ulimit -l is %llu",
		 (unsigned long long)room / 1024, (unsigned long long)limit.rlim_cur / 1024);
	return 1;
}
