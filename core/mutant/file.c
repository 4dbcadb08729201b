// SPDX-License-Identifier: GPL-2.0-only
#include "core/mutant/list.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>

#include "core/verb/list.h"

static int nothing(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return 0;
}

static int maps_writable(struct actor *a, const struct op *op)
{
	int err = verb_map_ro.exec(a, op);

	return err							      ? err :
	       mprotect(op_addr(a, op), op_bytes(op), PROT_READ | PROT_WRITE) ? -errno :
										0;
}

static int grows(struct actor *a, const struct op *op)
{
	return verb_allocate.exec(a, op);
}

static int punches(struct actor *a, const struct op *op)
{
	return verb_punch.exec(a, op);
}

LIE(seal_nothing, "seal-nothing", "seal", nothing);
LIE(map_ro_writable, "map-ro-is-writable", "map-ro", maps_writable);
LIE(allocate_nothing, "allocate-nothing", "allocate", nothing);
LIE(preallocate_grows, "preallocate-grows", "preallocate", grows);
LIE(zero_range_nothing, "zero-range-nothing", "zero-range", nothing);
LIE(shift_nothing, "shift-nothing", "shift", nothing);
LIE(remount_ro_nothing, "remount-ro-nothing", "remount-ro", nothing);
LIE(remount_rw_nothing, "remount-rw-nothing", "remount-rw", nothing);
LIE(writeback_nothing, "writeback-nothing", "writeback", nothing);
LIE(writeback_punches, "writeback-punches", "writeback", punches);
