// SPDX-License-Identifier: GPL-2.0-only
#include "core/mutant/list.h"

static int lie_nothing(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return 0;
}

LIE(vm_write_nothing, "vm-write-nothing", "vm-write", lie_nothing);
LIE(mem_write_nothing, "mem-write-nothing", "mem-write", lie_nothing);
LIE(poke_nothing, "poke-nothing", "poke", lie_nothing);
LIE(pkey_nothing, "pkey-nothing", "pkey", lie_nothing);
LIE(pkey_off_nothing, "pkey-off-nothing", "pkey-off", lie_nothing);
