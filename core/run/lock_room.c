// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/lock_room.h"

#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/plan/plan.h"

enum { BESIDE = 256 * 1024 /* bytes: the rings of a few cells, a bounce buffer */ };

static bool may_lock_all(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	return !syscall(SYS_capget, &header, data) && data[0].effective >> CAP_IPC_LOCK & 1;
}

static bool takes_room(const struct op *op)
{
	if (op->verb->flags & VERB_TAKES_PIN)
		return op->pin_kind->charges || op->pin_kind->locks;
	return !strcmp(op->verb->name, "mlock");
}

/* What all pins of the plan take together, or the limit that it sets. */
static uint64_t room_of(const struct plan *plan)
{
	uint64_t room = 0, limit = 0;

	for (int i = 0; i < plan->nops; i++) {
		const struct op *op = &plan->op[i];
		uint64_t arg = (uint64_t)op->arg * BASE_PAGE;

		if (!strcmp(op->verb->name, "memlock"))
			limit = arg > limit ? arg : limit;
		else if (takes_room(op))
			room += op->npages * BASE_PAGE;
	}
	return limit ? limit : room ? room + BESIDE : 0;
}

int lock_room(const struct cell *c, char *why, size_t size)
{
	struct parse_error err;
	struct rlimit limit;
	struct plan plan;
	uint64_t room;

	if (may_lock_all() || getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    plan_make(&plan, c->program, c->mem, c->pin, &err))
		return 0;
	room = room_of(&plan);
	if (room <= limit.rlim_cur)
		return 0;
	snprintf(why, size, "%llu KiB are to be pinned or locked, and ulimit -l is %llu",
		 (unsigned long long)room / 1024, (unsigned long long)limit.rlim_cur / 1024);
	return 1;
}
