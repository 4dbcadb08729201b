// SPDX-License-Identifier: GPL-2.0-only
/* Calls on a part of a huge page that take all of it. */
#include "core/mutant/list.h"
#include "core/verb/list.h"

#define TAKES_ALL(verb)                                                \
	static int verb##_all(struct actor *a, const struct op *given) \
	{                                                              \
		struct op op = *given;                                 \
                                                                       \
		op_around(&op);                                        \
		return verb_##verb.exec(a, &op);                       \
	}

TAKES_ALL(discard)
TAKES_ALL(protect)
TAKES_ALL(unmap)
TAKES_ALL(dontfork)
TAKES_ALL(wipeonfork)
TAKES_ALL(guard)
TAKES_ALL(mlock)
TAKES_ALL(uffd_wp)
TAKES_ALL(uffd_copy)

LIE(discard_all, "discard-of-more", "discard", discard_all);
LIE(protect_all, "protect-of-more", "protect", protect_all);
LIE(unmap_all, "unmap-of-more", "unmap", unmap_all);
LIE(dontfork_all, "dontfork-of-more", "dontfork", dontfork_all);
LIE(wipeonfork_all, "wipeonfork-of-more", "wipeonfork", wipeonfork_all);
LIE(guard_all, "guard-of-more", "guard", guard_all);
LIE(mlock_all, "mlock-of-more", "mlock", mlock_all);
LIE(uffd_wp_all, "uffd-wp-of-more", "uffd-wp", uffd_wp_all);
LIE(uffd_copy_all, "uffd-copy-of-more", "uffd-copy", uffd_copy_all);

/* Beside what is the region's as well. */
static int lie_whole_pages(struct actor *a, const struct op *op)
{
	struct op whole = *op;

	if (op->by == ACTOR_PROCESS && a->region[op->region].kind->own_len)
		whole.len = 0;
	return verb_write.exec(a, &whole);
}

const struct mutant mutant_write_whole_pages = {
	.name = "write-whole-pages",
	.verb = "write",
	.exec = lie_whole_pages,
	.need = "malloc",
	.about = "a store goes beyond the region's own bytes"
};
