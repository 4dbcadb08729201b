// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "core/mutant/list.h"
#include "core/verb/list.h"

static int nothing(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return 0;
}

/* The call does what it says, and the pages are lost behind it. */
static int squeezes_and_discards(struct actor *a, const struct op *op)
{
	int err = verb_squeeze.exec(a, op);

	return err ? err : verb_discard.exec(a, op);
}

static int fails_and_discards(struct actor *a, const struct op *op)
{
	int err = verb_fork_fails.exec(a, op);

	return err ? err : verb_discard.exec(a, op);
}

static int moves_nothing(struct actor *a, const struct op *op)
{
	int err = verb_remap_keep.exec(a, op);

	return err ? err : verb_discard.exec(a, op);
}

/* What was cut off is not gone: it comes back with its bytes. */
static int cuts_nothing(struct actor *a, const struct op *op)
{
	char *end = a->region[op->region].addr + op->arg * BASE_PAGE;
	size_t rest = op_bytes(op) - (size_t)op->arg * BASE_PAGE;

	return rest && mprotect(end, rest, PROT_READ) ? -errno : 0;
}

LIE(fork_fails_discards, "fork-fails-discards", "fork-fails", fails_and_discards);
LIE(remap_keep_loses, "remap-keep-loses", "remap-keep", moves_nothing);
LIE(resize_nothing, "resize-cuts-nothing", "resize", cuts_nothing);
LIE(discard_locked_nothing, "discard-locked-nothing", "discard-locked", nothing);
LIE(squeeze_discards, "squeeze-discards", "squeeze", squeezes_and_discards);
