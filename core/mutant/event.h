/* SPDX-License-Identifier: GPL-2.0-only */
/* The lies of the verbs for events; mutant.c has the table. */
#ifndef CORE_MUTANT_EVENT_H
#define CORE_MUTANT_EVENT_H

#include "core/mutant/mutant.h"

extern const struct mutant mutant_free_nothing;
extern const struct mutant mutant_cold_discards, mutant_populate_read_discards;
extern const struct mutant mutant_populate_write_nothing, mutant_mlock_nothing;
extern const struct mutant mutant_munlock_nothing, mutant_reclaim_discards;
extern const struct mutant mutant_collapse_discards, mutant_split_map_discards;
extern const struct mutant mutant_split_discards, mutant_split_parts_pinned, mutant_merge_discards;
extern const struct mutant mutant_unmerge_discards, mutant_migrate_discards;
extern const struct mutant mutant_compact_discards, mutant_offline_discards;
extern const struct mutant mutant_guard_nothing, mutant_unguard_nothing, mutant_mseal_nothing;
extern const struct mutant mutant_numa_hint_discards, mutant_numa_hint_nothing;
extern const struct mutant mutant_clear_refs_refuses, mutant_clear_refs_discards;

#endif
