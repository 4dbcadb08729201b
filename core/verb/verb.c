// SPDX-License-Identifier: GPL-2.0-only
#include "core/verb/verb.h"

#include <string.h>

#include "core/verb/list.h"

const struct verb *const verbs[] = {
	&verb_map,	   &verb_unmap,		&verb_write,
	&verb_read,	   &verb_fork,		&verb_exit,
	&verb_exec,	   &verb_pin_rw,	&verb_pin_ro,
	&verb_get,	   &verb_unpin,		&verb_protect,
	&verb_discard,	   &verb_free,		&verb_pageout,
	&verb_dontfork,	   &verb_dofork,	&verb_wipeonfork,
	&verb_keeponfork,  &verb_remap,		&verb_truncate,
	&verb_punch,	   &verb_scavenge,	&verb_vm_read,
	&verb_vm_write,	   &verb_mem_read,	&verb_mem_write,
	&verb_cold,	   &verb_populate_read, &verb_populate_write,
	&verb_mlock,	   &verb_munlock,	&verb_reclaim,
	&verb_collapse,	   &verb_split_map,	&verb_split,
	&verb_merge,	   &verb_unmerge,	&verb_migrate,
	&verb_compact,	   &verb_offline,	&verb_guard,
	&verb_unguard,	   &verb_mseal,		&verb_clear_refs,
	&verb_seal,	   &verb_map_ro,	&verb_allocate,
	&verb_preallocate, &verb_zero_range,	&verb_shift,
	&verb_writeback,   &verb_uffd_wp,	&verb_uffd_missing,
	&verb_uffd_off,	   &verb_uffd_copy,	&verb_uffd_zero,
	&verb_uffd_poison, &verb_uffd_continue, &verb_uffd_move,
	&verb_spawn,	   &verb_vfork_store,	&verb_clone_store,
	&verb_clone,	   &verb_vfork,		&verb_upgrade,
	&verb_memlock,	   &verb_numa_hint,	&verb_fork_fails,
	&verb_remap_keep,  &verb_resize,	&verb_discard_locked,
	&verb_squeeze,	   &verb_kill,		&verb_keep,
	&verb_try_write,   &verb_heir_perf,	&verb_heir_uring,
	&verb_heir_hidden, &verb_heir_aio,	&verb_heir_packet,
	&verb_heir_device, &verb_heir_off,	&verb_pkey,
	&verb_pkey_off,	   &verb_peek,		&verb_poke,
	&verb_remount_ro,  &verb_remount_rw,	NULL,
};

const struct verb *verb_find(const char *name)
{
	for (const struct verb *const *v = verbs; *v; v++)
		if (!strcmp((*v)->name, name))
			return *v;
	return NULL;
}

uint8_t op_sectors(const struct op *op, size_t page)
{
	size_t per_unit = op->unit / BASE_PAGE;
	size_t begin = per_unit ? page % per_unit * BASE_PAGE : 0;
	uint8_t map = 0;

	if (page < op->first || page >= op->first + op->npages)
		return 0;
	if (!op->len)
		return 0xff;
	for (size_t i = 0; i < PAGE_SECTORS; i++) {
		size_t at = begin + i * SECTOR;

		if (at >= op->off && at < (size_t)op->off + op->len)
			map |= (uint8_t)(1 << i);
	}
	return map;
}

void op_decode(struct actor *a, const struct op *op, size_t page, const char *from, uint8_t map)
{
	struct pattern_site site = { a->nonce, (uint8_t)op->region, (uint32_t)page };

	for (size_t s = 0; s < PAGE_SECTORS; s++)
		if (map & 1 << s)
			a->read[page][s] = pattern_decode(from, s * SECTOR, SECTOR, &site);
	a->sectors[page] = map;
}

char *op_addr(const struct actor *a, const struct op *op)
{
	return a->region[op->region].addr + op->first * BASE_PAGE;
}

size_t op_bytes(const struct op *op)
{
	return op->npages * BASE_PAGE;
}

void op_own(struct op *op, const struct mem_kind *mem)
{
	if (op->len)
		return;
	op->off = mem->own_off;
	op->len = mem->own_len;
}

void op_around(struct op *op)
{
	size_t units = op->part ? op->unit / BASE_PAGE : 1;

	op->first -= op->first % units;
	op->npages = op->part ? units : op->npages;
}
