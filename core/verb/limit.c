// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/verb/event.h"
#include "core/verb/list.h"

static int capabilities(struct __user_cap_data_struct data[2], long number)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(number, &header, data) ? -errno : 0;
}

/* From the bounding set as well, else root has it again after exec. */
static int drop_ipc_lock(void)
{
	struct __user_cap_data_struct data[2];
	int err = capabilities(data, SYS_capget);

	if (err || !(data[0].effective & 1u << CAP_IPC_LOCK))
		return err;
	if (prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0))
		return -errno;
	data[0].effective &= ~(1u << CAP_IPC_LOCK);
	data[0].permitted &= ~(1u << CAP_IPC_LOCK);
	return capabilities(data, SYS_capset);
}

static int memlock_exec(struct actor *a, const struct op *op)
{
	rlim_t bytes = (rlim_t)op->arg * BASE_PAGE;
	struct rlimit limit;

	(void)a;
	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return -errno;
	limit.rlim_cur = bytes;
	if (limit.rlim_max < bytes)
		limit.rlim_max = bytes;
	if (setrlimit(RLIMIT_MEMLOCK, &limit))
		return -errno;
	return drop_ipc_lock();
}

static int memlock_post(struct actor *a, const struct op *op)
{
	struct __user_cap_data_struct data[2];
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || capabilities(data, SYS_capget))
		return event_why(a, "the limit can't be read: %s", errno_name(errno));
	if (limit.rlim_cur != (rlim_t)op->arg * BASE_PAGE)
		return event_why(a, "RLIMIT_MEMLOCK is %llu", (unsigned long long)limit.rlim_cur);
	return data[0].effective & 1u << CAP_IPC_LOCK ? event_why(a, "CAP_IPC_LOCK is left") : 0;
}

static void memlock_model(struct model_step *s)
{
	s->m->memlock[s->op->proc] = (size_t)s->op->arg;
}

static int memlock_emit(FILE *out, const struct op *op)
{
	(void)out;
	(void)op;
	return -ENOTSUP;
}

const struct verb verb_memlock = {
	.name = "memlock",
	.about = "sets RLIMIT_MEMLOCK, and gives up the right to exceed it",
	.rule = "getrlimit(2) RLIMIT_MEMLOCK; capabilities(7) CAP_IPC_LOCK",
	.by = ACTOR_PROCESS,
	.arg = ARG_SIZE,
	.exec = memlock_exec,
	.post = memlock_post,
	.model = memlock_model,
	.emit = memlock_emit,
};

static size_t charged(const struct model *m, int proc, int but)
{
	size_t pages = 0;

	for (int i = 0; i < PINS_MAX; i++)
		if (i != but && m->charge[i].proc == proc)
			pages += m->charge[i].pages;
	return pages;
}

bool limit_refuses(struct model_step *s)
{
	size_t limit = s->m->memlock[s->op->proc];

	if (!s->op->pin_kind->charges || !limit)
		return false;
	if (charged(s->m, s->op->proc, s->op->pin) + s->op->npages <= limit)
		return false;
	expect_errno(&s->expect, ENOMEM);
	return true;
}

void limit_charge(struct model_step *s)
{
	if (s->op->pin_kind->charges)
		s->m->charge[s->op->pin].pages = s->op->npages;
	s->m->charge[s->op->pin].proc = s->op->proc;
}

void limit_discharge(struct model_step *s)
{
	s->m->charge[s->op->pin].pages = 0;
}
