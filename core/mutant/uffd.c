// SPDX-License-Identifier: GPL-2.0-only
#include "core/mutant/list.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/verb/list.h"

static int nothing(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return 0;
}

static int empties(struct actor *a, const struct op *op)
{
	return verb_discard.exec(a, op);
}

/* Empty private memory in place of what was mapped. */
static int maps_anew(struct actor *a, const struct op *op)
{
	return mmap(op_addr(a, op), op_bytes(op), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ?
		       -errno :
		       0;
}

static int moves_away(struct actor *a, const struct op *op)
{
	int err = verb_uffd_move.exec(a, op);

	return err ? err : empties(a, op);
}

static int wipes(struct actor *a, const struct op *op)
{
	for (int i = 0; i < a->nregions; i++)
		if (a->region[i].addr)
			madvise(a->region[i].addr, a->region[i].len, MADV_DONTNEED);
	return verb_spawn.exec(a, op);
}

static int parts(struct actor *a, const struct op *op)
{
	return verb_fork.exec(a, op);
}

/* A child with an address space of its own, which the parent never sees. */
static int forks(struct actor *a, const struct op *op)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(-verb_write.exec(a, op));
	return pid < 0 || waitpid(pid, &status, 0) < 0 ? -errno : 0;
}

LIE(uffd_wp_nothing, "uffd-wp-nothing", "uffd-wp", nothing);
LIE(uffd_off_nothing, "uffd-off-nothing", "uffd-off", nothing);
LIE(uffd_missing_nothing, "uffd-missing-nothing", "uffd-missing", empties);
LIE(uffd_copy_zero, "uffd-copy-empties", "uffd-copy", empties);
LIE(uffd_zero_nothing, "uffd-zero-nothing", "uffd-zero", nothing);
LIE(uffd_poison_nothing, "uffd-poison-empties", "uffd-poison", empties);
LIE(uffd_continue_anew, "uffd-continue-maps-anew", "uffd-continue", maps_anew);
LIE(uffd_move_nothing, "uffd-move-nothing", "uffd-move", nothing);
LIE(uffd_move_loses, "uffd-move-loses", "uffd-move", moves_away);
LIE(spawn_wipes, "spawn-wipes", "spawn", wipes);
LIE(vfork_store_forks, "vfork-store-forks", "vfork-store", forks);
LIE(clone_forks, "clone-forks", "clone", parts);
LIE(clone_store_forks, "clone-store-forks", "clone-store", forks);
