// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/base/trace.h"
#include "core/verb/list.h"

/*
 * A remote access takes pages of another address space by get_user_pages_remote();
 * a process that names itself takes its own in the same way.
 */
enum remote { BY_VM, BY_MEM, BY_TRACE };

static ssize_t by_vm(char *local, char *remote, size_t len, bool store)
{
	const struct iovec here = { local, len }, there = { remote, len };

	return store ? process_vm_writev(getpid(), &here, 1, &there, 1, 0) :
		       process_vm_readv(getpid(), &here, 1, &there, 1, 0);
}

static ssize_t by_mem(char *local, const char *remote, size_t len, bool store)
{
	own_fd fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	off_t at = (off_t)(uintptr_t)remote;

	if (fd < 0)
		return -1;
	return store ? pwrite(fd, local, len, at) : pread(fd, local, len, at);
}

/* A word at a time, by a process that stops this one. */
static ssize_t by_trace(char *local, char *remote, size_t len, bool store)
{
	int err = trace_self(local, remote, len, store);

	errno = -err;
	return err ? -1 : (ssize_t)len;
}

/* 0; 1 when the memory is refused; -errno for any other reason. */
static int transfer(enum remote how, char *local, char *remote, size_t len, bool store)
{
	const int refusal = how == BY_VM ? EFAULT : EIO;
	ssize_t n = how == BY_VM  ? by_vm(local, remote, len, store) :
		    how == BY_MEM ? by_mem(local, remote, len, store) :
				    by_trace(local, remote, len, store);

	if (n == (ssize_t)len)
		return 0;
	return n >= 0 ? -EIO : errno == refusal ? 1 : -errno;
}

static int page_access(struct actor *a, const struct op *op, size_t page, enum remote how,
		       bool store)
{
	char *local = a->image + page * BASE_PAGE;
	char *remote = a->region[op->region].addr + page * BASE_PAGE;
	uint8_t map = op_sectors(op, page);

	for (size_t s = 0, end; s < PAGE_SECTORS; s = end + 1) {
		int err = 0;

		for (end = s; end < PAGE_SECTORS && map & 1 << end;)
			end++;
		if (end > s)
			err = transfer(how, local + s * SECTOR, remote + s * SECTOR,
				       (end - s) * SECTOR, store);
		if (err)
			return err;
	}
	if (!store)
		op_decode(a, op, page, local, map);
	return 0;
}

static int access_pages(struct actor *a, const struct op *op, enum remote how)
{
	bool store = op->verb->flags & VERB_STORES;

	for (size_t i = 0; i < op->npages; i++) {
		int err;

		if (store)
			op_pattern(a, op, op->first + i, a->image + (op->first + i) * BASE_PAGE);
		err = page_access(a, op, op->first + i, how, store);
		if (err < 0)
			return err;
		a->outcome[i] = err ? OUTCOME_ERR : OUTCOME_OK;
	}
	return 0;
}

static int vm_exec(struct actor *a, const struct op *op)
{
	return access_pages(a, op, BY_VM);
}

static int mem_exec(struct actor *a, const struct op *op)
{
	return access_pages(a, op, BY_MEM);
}

static int trace_exec(struct actor *a, const struct op *op)
{
	return access_pages(a, op, BY_TRACE);
}

static void load(struct model_step *s)
{
	struct world *w = world_of(s);
	const struct object *o = world_visible(w, s->share, s->op->proc);

	expect_object(&s->expect, o, s->sectors);
	if (o && o->lazyfree && !world_pinned(w, w->view[s->op->proc].object))
		world_branch(s)->view[s->op->proc].state = VIEW_ABSENT;
}

static void store(struct model_step *s)
{
	struct object *o = world_own(s, s->op->proc);

	if (o)
		world_store(o, s->sectors, s->op->value);
}

static void vm_model(struct model_step *s)
{
	bool stores = s->op->verb->flags & VERB_STORES;

	if (!s->sectors)
		return;
	if (world_access_remote(world_of(s), s->share, s->op->proc, stores) != OUTCOME_OK)
		expect_errno(&s->expect, EFAULT);
	else if (stores)
		store(s);
	else
		load(s);
}

/* FOLL_FORCE asks for the mapping alone; a store needs private memory, which it copies. */
static void mem_model(struct model_step *s)
{
	const struct view *v = &world_of(s)->view[s->op->proc];
	const struct object *o = world_visible(world_of(s), s->share, s->op->proc);
	bool stores = s->op->verb->flags & VERB_STORES;

	if (!s->sectors)
		return;
	if (v->state == VIEW_NONE || (o && o->kind == OBJECT_GONE) ||
	    (stores && v->prot != VIEW_RW && s->share == SHARE_SHARED))
		expect_errno(&s->expect, EIO);
	else if (stores)
		store(s);
	else
		load(s);
}

static int remote_emit(FILE *out, const struct op *op, const char *name)
{
	bool store = op->verb->flags & VERB_STORES;
	size_t at = op->first * BASE_PAGE + op->off;
	char value[16];

	if (op->len && op->npages > op->unit / BASE_PAGE)
		return -ENOTSUP;
	if (store)
		fprintf(out, "\tmemset(img + %zu, %s, %zu);\n", at,
			value_identifier(op->value, value, sizeof(value)),
			op->len ? op->len : op_bytes(op));
	fprintf(out, "\tcheck(%s(%s, img + %zu, r%d + %zu, %zu));\n", name,
		store ? "STORES" : "READS", at, op->region, at, op->len ? op->len : op_bytes(op));
	return 0;
}

static int vm_emit(FILE *out, const struct op *op)
{
	return remote_emit(out, op, "by_process_vm");
}

static int mem_emit(FILE *out, const struct op *op)
{
	return remote_emit(out, op, "by_proc_mem");
}

static int trace_emit(FILE *out, const struct op *op)
{
	return remote_emit(out, op, "by_ptrace");
}

const struct verb verb_vm_read = {
	.name = "vm-read",
	.about = "reads the place by process_vm_readv(2)",
	.rule = "mm/process_vm_access.c: pin_user_pages_remote(); EFAULT where a load would fault",
	.by = ACTOR_PROCESS,
	.flags = VERB_LOOKS | VERB_PER_PAGE,
	.exec = vm_exec,
	.model = vm_model,
	.emit = vm_emit,
};

const struct verb verb_vm_write = {
	.name = "vm-write",
	.about = "stores to the place by process_vm_writev(2)",
	.rule = "mm/process_vm_access.c: pin_user_pages_remote() with FOLL_WRITE",
	.by = ACTOR_PROCESS,
	.arg = ARG_VALUE,
	.flags = VERB_STORES | VERB_PER_PAGE,
	.exec = vm_exec,
	.model = vm_model,
	.emit = vm_emit,
};

const struct verb verb_mem_read = {
	.name = "mem-read",
	.about = "reads the place through /proc/self/mem, whatever its protection",
	.rule = "fs/proc/base.c mem_rw(): FOLL_FORCE; proc_pid_mem(5)",
	.needs = { "proc-mem" },
	.by = ACTOR_PROCESS,
	.flags = VERB_LOOKS | VERB_PER_PAGE,
	.exec = mem_exec,
	.model = mem_model,
	.emit = mem_emit,
};

const struct verb verb_mem_write = {
	.name = "mem-write",
	.about = "stores to the place through /proc/self/mem, whatever its protection",
	.rule = "mm/gup.c check_vma_flags(): FOLL_FORCE writes need a COW mapping; "
		"19be0eaffa3a, 5535be309971",
	.needs = { "proc-mem" },
	.by = ACTOR_PROCESS,
	.arg = ARG_VALUE,
	.flags = VERB_STORES | VERB_PER_PAGE,
	.exec = mem_exec,
	.model = mem_model,
	.emit = mem_emit,
};

const struct verb verb_peek = {
	.name = "peek",
	.about = "reads the place by PTRACE_PEEKDATA, whatever its protection",
	.rule = "kernel/ptrace.c ptrace_access_vm(): FOLL_FORCE; ptrace(2)",
	.needs = { "ptrace" },
	.by = ACTOR_PROCESS,
	.flags = VERB_LOOKS | VERB_PER_PAGE,
	.exec = trace_exec,
	.model = mem_model,
	.emit = trace_emit,
};

const struct verb verb_poke = {
	.name = "poke",
	.about = "stores to the place by PTRACE_POKEDATA, whatever its protection",
	.rule = "kernel/ptrace.c generic_ptrace_pokedata(): FOLL_FORCE | FOLL_WRITE; ptrace(2)",
	.needs = { "ptrace" },
	.by = ACTOR_PROCESS,
	.arg = ARG_VALUE,
	.flags = VERB_STORES | VERB_PER_PAGE,
	.exec = trace_exec,
	.model = mem_model,
	.emit = trace_emit,
};
