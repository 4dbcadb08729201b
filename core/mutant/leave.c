// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what a process leaves behind. */
#include <errno.h>
#include <string.h>

#include "core/actor/fault.h"
#include "core/mutant/list.h"
#include "core/verb/list.h"

/* What a page looks like that was freed, and cleared for somebody else. */
static void wipe_page(char *page)
{
	uint8_t outcome;

	FAULT_GUARD(outcome, memset(page, 0, BASE_PAGE));
	(void)outcome;
}

static void wipe(const struct actor *a)
{
	for (int i = 0; i < a->nregions; i++)
		for (size_t at = 0; a->region[i].addr && at < a->region[i].len; at += BASE_PAGE)
			wipe_page(a->region[i].addr + at);
}

static int lie_exit(struct actor *a, const struct op *op)
{
	wipe(a);
	return verb_exit.exec(a, op);
}

static int lie_exec(struct actor *a, const struct op *op)
{
	wipe(a);
	return verb_exec.exec(a, op);
}

static int lie_kill(struct actor *a, const struct op *op)
{
	wipe(a);
	return verb_kill.exec(a, op);
}

/* The handle works, until the device is to act on it. */
static int lie_keep(struct actor *a, const struct op *op)
{
	int err = verb_keep.exec(a, op);

	return err ? err : op->pin_kind->unpin(&a->pin[op->pin]);
}

LIE(exit_wipes, "exit-wipes", "exit", lie_exit);
LIE(exec_wipes, "exec-wipes", "exec", lie_exec);
LIE(kill_wipes, "kill-wipes", "kill", lie_kill);
LIE(keep_releases, "keep-releases", "keep", lie_keep);
