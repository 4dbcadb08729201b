/* SPDX-License-Identifier: GPL-2.0-only */
/* The mutants outside mutant.c, which has the table. */
#ifndef CORE_MUTANT_LIST_H
#define CORE_MUTANT_LIST_H

#include "core/mutant/mutant.h"

/* Defines mutant_ID: a verb whose exec is replaced. */
#define LIE(id, text, which, how)                     \
	const struct mutant mutant_##id = {           \
		.name = (text),                       \
		.verb = (which),                      \
		.exec = (how),                        \
		.about = "the verb '" which "' lies", \
	}

/* mutant/file.c */
extern const struct mutant mutant_seal_nothing, mutant_map_ro_writable, mutant_allocate_nothing;
extern const struct mutant mutant_preallocate_grows, mutant_zero_range_nothing;
extern const struct mutant mutant_shift_nothing, mutant_writeback_punches;
extern const struct mutant mutant_writeback_nothing;
extern const struct mutant mutant_remount_ro_nothing, mutant_remount_rw_nothing;
/* mutant/heir.c */
extern const struct mutant mutant_heir_perf, mutant_heir_uring, mutant_heir_hidden;
extern const struct mutant mutant_heir_aio, mutant_heir_packet, mutant_heir_device, mutant_heir_off;
/* mutant/leave.c */
extern const struct mutant mutant_exit_wipes, mutant_exec_wipes, mutant_kill_wipes;
extern const struct mutant mutant_keep_releases;
/* mutant/remote.c */
extern const struct mutant mutant_vm_write_nothing, mutant_mem_write_nothing, mutant_poke_nothing;
extern const struct mutant mutant_pkey_nothing, mutant_pkey_off_nothing;
/* mutant/uffd.c */
extern const struct mutant mutant_uffd_wp_nothing, mutant_uffd_off_nothing;
extern const struct mutant mutant_uffd_missing_nothing, mutant_uffd_copy_zero;
extern const struct mutant mutant_uffd_zero_nothing, mutant_uffd_poison_nothing;
extern const struct mutant mutant_uffd_continue_anew, mutant_uffd_move_nothing;
extern const struct mutant mutant_uffd_move_loses;
extern const struct mutant mutant_clone_forks, mutant_spawn_wipes, mutant_vfork_store_forks,
	mutant_clone_store_forks;
/* mutant/remap.c */
extern const struct mutant mutant_fork_fails_discards, mutant_remap_keep_loses;
extern const struct mutant mutant_resize_nothing, mutant_discard_locked_nothing;
extern const struct mutant mutant_squeeze_discards;
/* mutant/part.c */
extern const struct mutant mutant_write_whole_pages;
extern const struct mutant mutant_discard_all, mutant_protect_all, mutant_unmap_all;
extern const struct mutant mutant_dontfork_all, mutant_wipeonfork_all, mutant_guard_all;
extern const struct mutant mutant_mlock_all, mutant_uffd_wp_all, mutant_uffd_copy_all;

#endif
