/* SPDX-License-Identifier: GPL-2.0-only */
/* The verbs, one line each; every one is defined in a verb_*.c file. */
#ifndef CORE_VERB_LIST_H
#define CORE_VERB_LIST_H

#include "core/verb/verb.h"

/* verb/access.c */
extern const struct verb verb_read, verb_write, verb_try_write;
/* What a store of op puts into base page `number` of its region. */
void op_pattern(const struct actor *a, const struct op *op, size_t number, char *page);
/* A value's name in the text of emit-c: "P_1". Returns buf. */
char *value_identifier(value_t v, char *buf, size_t size);
/* verb/process.c */
extern const struct verb verb_fork, verb_exit, verb_exec, verb_kill;
/* verb/mapping.c */
extern const struct verb verb_map, verb_unmap, verb_protect, verb_remap;
/* verb/advice.c */
extern const struct verb verb_discard, verb_free, verb_pageout;
extern const struct verb verb_dontfork, verb_dofork, verb_wipeonfork, verb_keeponfork;
/* verb/pin.c */
extern const struct verb verb_pin_rw, verb_pin_ro, verb_get, verb_unpin, verb_upgrade, verb_keep;
/* For a model function: the pin of the step is released. */
void pin_end(struct model_step *s);
/* verb/limit.c: a pin is charged to its process; true when that refuses it (s->expect is set). */
extern const struct verb verb_memlock;
bool limit_refuses(struct model_step *s);
void limit_charge(struct model_step *s);
void limit_discharge(struct model_step *s);
/* verb/heir.c */
extern const struct verb verb_heir_perf, verb_heir_uring, verb_heir_hidden, verb_heir_aio;
extern const struct verb verb_heir_packet, verb_heir_device, verb_heir_off;
/* verb_heir_device with MADV_DONTFORK on what it asks about, for a mutant. */
int heir_device_hidden(struct actor *a, const struct op *op);
/* verb/remote.c */
extern const struct verb verb_vm_read, verb_vm_write, verb_mem_read, verb_mem_write, verb_peek,
	verb_poke;
/* verb/lru.c, verb/thp.c */
extern const struct verb verb_cold, verb_populate_read, verb_populate_write, verb_mlock;
extern const struct verb verb_munlock, verb_reclaim, verb_collapse, verb_split_map, verb_split;
/* verb/ksm.c, verb/move.c, verb/vma.c */
extern const struct verb verb_merge, verb_unmerge, verb_migrate, verb_compact, verb_offline;
extern const struct verb verb_guard, verb_unguard, verb_mseal, verb_clear_refs;
/* verb/file.c */
extern const struct verb verb_truncate, verb_punch, verb_scavenge;
/* 1 where the file has data in the place: no hole, nor space that nothing was stored to. */
int file_hole_post(struct actor *a, const struct op *op);

/* verb/seal.c */
extern const struct verb verb_seal, verb_map_ro;
enum { SEALS_WRITE = 0x08 | 0x10 }; /* F_SEAL_WRITE, F_SEAL_FUTURE_WRITE */
/* F's write or change of size, for its model: true when a seal refuses it (s->expect is set). */
bool seal_refuses_write(struct model_step *s);
bool seal_refuses_size(struct model_step *s, long pages);
bool seal_refuses_growth(struct model_step *s, long pages);
/* Base pages that the file of the step's region has now. */
size_t file_size_pages(const struct model_step *s);
/* Whether somebody has the file of the step's region mapped so that it may store. */
bool file_is_mapped_for_stores(const struct model_step *s);
/* verb/remount.c */
extern const struct verb verb_remount_ro, verb_remount_rw;
/* verb/range.c */
extern const struct verb verb_allocate, verb_preallocate, verb_zero_range, verb_shift;
extern const struct verb verb_writeback;
/* verb/uffd.c, verb/uffd_move.c */
extern const struct verb verb_uffd_wp, verb_uffd_missing, verb_uffd_off, verb_uffd_copy;
extern const struct verb verb_uffd_zero, verb_uffd_poison, verb_uffd_continue, verb_uffd_move;
/* verb/numa_hint.c, verb/fork_fails.c, verb/resize.c */
extern const struct verb verb_numa_hint, verb_fork_fails, verb_remap_keep, verb_resize;
/* verb/advice.c, verb/lru.c */
extern const struct verb verb_discard_locked, verb_squeeze;
/* verb/pkey.c */
extern const struct verb verb_pkey, verb_pkey_off;
/* verb/spawn.c */
extern const struct verb verb_spawn, verb_vfork_store, verb_clone_store, verb_clone, verb_vfork;

#endif
