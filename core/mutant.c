// SPDX-License-Identifier: GPL-2.0-only
#include "core/mutant.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/actor.h"
#include "core/verb_list.h"

static int lie_nothing(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return 0;
}

/* The last 8 bytes of a whole store stay as they were. */
static int lie_torn_write(struct actor *a, const struct op *op)
{
	size_t last = (op->first + op->npages) * BASE_PAGE - 8;
	char keep[8];
	int err;

	if (op->by != ACTOR_PROCESS || op->len)
		return verb_write.exec(a, op);
	memcpy(keep, a->region[op->region].addr + last, sizeof(keep));
	err = verb_write.exec(a, op);
	memcpy(a->region[op->region].addr + last, keep, sizeof(keep));
	return err;
}

static int lie_fork_wipes(struct actor *a, const struct op *op)
{
	for (int i = 0; i < a->nregions; i++)
		if (a->region[i].addr)
			madvise(a->region[i].addr, a->region[i].len, MADV_DONTNEED);
	return verb_fork.exec(a, op);
}

static int lie_cycle_discards(struct actor *a, const struct op *op)
{
	int err = verb_protect.exec(a, op);

	return err ? err : verb_discard.exec(a, op);
}

static int lie_pageout_discards(struct actor *a, const struct op *op)
{
	return verb_discard.exec(a, op);
}

static int lie_refuses(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return -EFAULT;
}

/* The child keeps what it has, but the parent's region is unmapped as well. */
static int lie_unmap_parent(struct actor *a, const struct op *op)
{
	int err = verb_unmap.exec(a, op);

	if (!err)
		mmap(op_addr(a, op), op_bytes(op), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return err;
}

static int lie_truncate_short(struct actor *a, const struct op *op)
{
	return ftruncate(a->region[op->region].fd, op->arg * BASE_PAGE + BASE_PAGE) ? -errno : 0;
}

#define VERB_LIE(id, target, function, text)                \
	static const struct mutant id = { .name = text,     \
					  .verb = target,   \
					  .exec = function, \
					  .about = "the verb '" target "' lies: " text }

VERB_LIE(torn_write, "write", lie_torn_write, "write-torn-at-the-end");
VERB_LIE(lost_write, "write", lie_nothing, "write-nothing");
VERB_LIE(fork_wipes, "fork", lie_fork_wipes, "fork-wipes-the-parent");
VERB_LIE(cycle_discards, "protect", lie_cycle_discards, "protect-discards");
VERB_LIE(protect_nothing, "protect", lie_nothing, "protect-nothing");
VERB_LIE(discard_nothing, "discard", lie_nothing, "discard-nothing");
VERB_LIE(pageout_discards, "pageout", lie_pageout_discards, "pageout-discards");
VERB_LIE(free_refuses, "free", lie_refuses, "free-refuses");
VERB_LIE(dontfork_nothing, "dontfork", lie_nothing, "dontfork-nothing");
VERB_LIE(dofork_nothing, "dofork", lie_nothing, "dofork-nothing");
VERB_LIE(wipeonfork_nothing, "wipeonfork", lie_nothing, "wipeonfork-nothing");
VERB_LIE(keeponfork_nothing, "keeponfork", lie_nothing, "keeponfork-nothing");
VERB_LIE(unmap_remaps, "unmap", lie_unmap_parent, "unmap-maps-anew");
VERB_LIE(truncate_short, "truncate", lie_truncate_short, "truncate-one-page-less");
VERB_LIE(punch_nothing, "punch", lie_nothing, "punch-nothing");
VERB_LIE(unpin_nothing, "unpin", lie_nothing, "unpin-nothing");

static const struct mutant shared_anon = { .name = "anon-is-shared",
					   .mem_name = "anon",
					   .mem = "mutant-shared",
					   .about = "the kind 'anon' maps shared memory" };
static const struct mutant copy_rw = { .name = "pin-rw-copies",
				       .pin = "mutant-copy-rw",
				       .about = "a R/W pin works on a copy" };
static const struct mutant copy_ro = { .name = "pin-ro-copies",
				       .pin = "mutant-copy-ro",
				       .about = "a R/O pin works on a copy" };
static const struct mutant leak_rw = { .name = "pin-rw-leaks",
				       .pin = "mutant-leak-rw",
				       .about = "unpin releases nothing" };
static const struct mutant torn_rw = { .name = "pin-rw-torn",
				       .pin = "mutant-torn-rw",
				       .about = "a device read is torn at the end of the pin" };
static const struct mutant wild_rw = { .name = "pin-rw-wild-write",
				       .pin = "mutant-wild-write",
				       .about = "a device write lands beside its place" };

const struct mutant *const mutants[] = {
	&torn_write,
	&lost_write,
	&fork_wipes,
	&cycle_discards,
	&protect_nothing,
	&discard_nothing,
	&pageout_discards,
	&free_refuses,
	&dontfork_nothing,
	&dofork_nothing,
	&wipeonfork_nothing,
	&keeponfork_nothing,
	&unmap_remaps,
	&truncate_short,
	&punch_nothing,
	&unpin_nothing,
	&shared_anon,
	&copy_rw,
	&copy_ro,
	&leak_rw,
	&torn_rw,
	&wild_rw,
	NULL,
};

const struct mutant *mutant_find(const char *name)
{
	for (const struct mutant *const *m = mutants; *m; m++)
		if (!strcmp((*m)->name, name))
			return *m;
	return NULL;
}
