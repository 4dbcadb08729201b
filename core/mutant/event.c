// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "core/mutant/event.h"
#include "core/verb/event.h"

/* The event loses what was stored. */
static int lie_discards(struct actor *a, const struct op *op)
{
	return verb_discard.exec(a, op);
}

/* The event happens, and the pages are lost after it. */
static int lie_merge_discards(struct actor *a, const struct op *op)
{
	int err = verb_merge.exec(a, op);

	return err ? err : verb_discard.exec(a, op);
}

static int lie_hint_discards(struct actor *a, const struct op *op)
{
	int err = verb_numa_hint.exec(a, op);

	return err ? err : verb_discard.exec(a, op);
}

/* Base pages with the same bytes take the place of a huge page, also of one that is held. */
static int lie_splits_pinned(struct actor *a, const struct op *op)
{
	char *at = op_addr(a, op), *keep = a->image + op->first * BASE_PAGE;

	if (!op->pinned)
		return verb_split.exec(a, op);
	memcpy(keep, at, op_bytes(op));
	if (madvise(at, op_bytes(op), MADV_DONTNEED) || madvise(at, op_bytes(op), MADV_NOHUGEPAGE))
		return -errno;
	memcpy(at, keep, op_bytes(op));
	return 0;
}

static int lie_nothing(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return 0;
}

static int lie_refuses(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return -EFAULT;
}

#define LIE(id, named, of, lie)                                                                 \
	const struct mutant mutant_##id = {                                                     \
		.name = (named), .verb = (of), .exec = (lie), .about = "the verb '" of "' lies" \
	}

LIE(free_nothing, "free-nothing", "free", lie_nothing);
LIE(cold_discards, "cold-discards", "cold", lie_discards);
LIE(populate_read_discards, "populate-read-discards", "populate-read", lie_discards);
LIE(populate_write_nothing, "populate-write-nothing", "populate-write", lie_nothing);
LIE(mlock_nothing, "mlock-nothing", "mlock", lie_nothing);
LIE(munlock_nothing, "munlock-nothing", "munlock", lie_nothing);
LIE(reclaim_discards, "reclaim-discards", "reclaim", lie_discards);
LIE(collapse_discards, "collapse-discards", "collapse", lie_discards);
LIE(split_map_discards, "split-map-discards", "split-map", lie_discards);
LIE(split_discards, "split-discards", "split", lie_discards);
LIE(split_parts_pinned, "split-parts-a-pinned-page", "split", lie_splits_pinned);
LIE(merge_discards, "merge-discards", "merge", lie_merge_discards);
LIE(unmerge_discards, "unmerge-discards", "unmerge", lie_discards);
LIE(migrate_discards, "migrate-discards", "migrate", lie_discards);
LIE(compact_discards, "compact-discards", "compact", lie_discards);
LIE(offline_discards, "offline-discards", "offline", lie_discards);
LIE(guard_nothing, "guard-nothing", "guard", lie_nothing);
LIE(unguard_nothing, "unguard-nothing", "unguard", lie_nothing);
LIE(mseal_nothing, "mseal-nothing", "mseal", lie_nothing);
LIE(numa_hint_nothing, "numa-hint-nothing", "numa-hint", lie_nothing);
LIE(numa_hint_discards, "numa-hint-discards", "numa-hint", lie_hint_discards);
LIE(clear_refs_refuses, "clear-refs-refuses", "clear-refs", lie_refuses);
LIE(clear_refs_discards, "clear-refs-discards", "clear-refs", lie_discards);
