// SPDX-License-Identifier: GPL-2.0-only
#include "core/mutant/mutant.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/actor/actor.h"
#include "core/mutant/event.h"
#include "core/mutant/host.h"
#include "core/mutant/list.h"
#include "core/verb/list.h"

static int lie_nothing(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return 0;
}

/* The last 8 bytes of a whole store stay as they were. */
static int lie_torn_write(struct actor *a, const struct op *op)
{
	const struct mem_kind *kind = a->region[op->region].kind;
	size_t end = kind->own_len ? BASE_PAGE - kind->own_off - kind->own_len : 0;
	size_t last = (op->first + op->npages) * BASE_PAGE - end - 8;
	char keep[8];
	int err;

	if (op->by != ACTOR_PROCESS || op->len != kind->own_len)
		return verb_write.exec(a, op);
	memcpy(keep, a->region[op->region].addr + last, sizeof(keep));
	err = verb_write.exec(a, op);
	memcpy(a->region[op->region].addr + last, keep, sizeof(keep));
	return err;
}

static int lie_fork_wipes(struct actor *a, const struct op *op)
{
	for (int i = 0; i < a->nregions; i++)
		if (a->region[i].addr)
			madvise(a->region[i].addr, a->region[i].len, MADV_DONTNEED);
	return verb_fork.exec(a, op);
}

static int lie_cycle_discards(struct actor *a, const struct op *op)
{
	int err = verb_protect.exec(a, op);

	return err ? err : verb_discard.exec(a, op);
}

static int lie_pageout_discards(struct actor *a, const struct op *op)
{
	return verb_discard.exec(a, op);
}

static int lie_refuses(struct actor *a, const struct op *op)
{
	(void)a;
	(void)op;
	return -EFAULT;
}

/* The child keeps what it has, but the parent's region is unmapped as well. */
static int lie_unmap_parent(struct actor *a, const struct op *op)
{
	int err = verb_unmap.exec(a, op);

	if (!err && mmap(op_addr(a, op), op_bytes(op), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	return err;
}

static int lie_truncate_short(struct actor *a, const struct op *op)
{
	return ftruncate(a->region[op->region].fd, op->arg * BASE_PAGE + BASE_PAGE) ? -errno : 0;
}

static const struct mutant torn_write = { .name = "write-torn-at-the-end",
					  .verb = "write",
					  .exec = lie_torn_write,
					  .about = "the verb 'write' lies" };
static const struct mutant lost_write = { .name = "write-nothing",
					  .verb = "write",
					  .exec = lie_nothing,
					  .about = "the verb 'write' lies" };
static const struct mutant fork_wipes = { .name = "fork-wipes-the-parent",
					  .verb = "fork",
					  .exec = lie_fork_wipes,
					  .about = "the verb 'fork' lies" };
static const struct mutant cycle_discards = { .name = "protect-discards",
					      .verb = "protect",
					      .exec = lie_cycle_discards,
					      .about = "the verb 'protect' lies" };
static const struct mutant protect_nothing = { .name = "protect-nothing",
					       .verb = "protect",
					       .exec = lie_nothing,
					       .about = "the verb 'protect' lies" };
static const struct mutant discard_nothing = { .name = "discard-nothing",
					       .verb = "discard",
					       .exec = lie_nothing,
					       .about = "the verb 'discard' lies" };
static const struct mutant pageout_discards = { .name = "pageout-discards",
						.verb = "pageout",
						.exec = lie_pageout_discards,
						.about = "the verb 'pageout' lies" };
static const struct mutant free_refuses = {
	.name = "free-refuses", .verb = "free", .exec = lie_refuses, .about = "the verb 'free' lies"
};
static const struct mutant dontfork_nothing = { .name = "dontfork-nothing",
						.verb = "dontfork",
						.exec = lie_nothing,
						.about = "the verb 'dontfork' lies" };
static const struct mutant dofork_nothing = { .name = "dofork-nothing",
					      .verb = "dofork",
					      .exec = lie_nothing,
					      .about = "the verb 'dofork' lies" };
static const struct mutant wipeonfork_nothing = { .name = "wipeonfork-nothing",
						  .verb = "wipeonfork",
						  .exec = lie_nothing,
						  .about = "the verb 'wipeonfork' lies" };
static const struct mutant keeponfork_nothing = { .name = "keeponfork-nothing",
						  .verb = "keeponfork",
						  .exec = lie_nothing,
						  .about = "the verb 'keeponfork' lies" };
static const struct mutant unmap_remaps = { .name = "unmap-maps-anew",
					    .verb = "unmap",
					    .exec = lie_unmap_parent,
					    .about = "the verb 'unmap' lies" };
static const struct mutant truncate_short = { .name = "truncate-one-page-less",
					      .verb = "truncate",
					      .exec = lie_truncate_short,
					      .about = "the verb 'truncate' lies" };
static const struct mutant punch_nothing = { .name = "punch-nothing",
					     .verb = "punch",
					     .exec = lie_nothing,
					     .about = "the verb 'punch' lies" };
static const struct mutant unpin_nothing = { .name = "unpin-nothing",
					     .verb = "unpin",
					     .exec = lie_nothing,
					     .about = "the verb 'unpin' lies" };
static const struct mutant shared_anon = { .name = "anon-is-shared",
					   .mem_name = "anon",
					   .mem = "mutant-shared",
					   .about = "the kind 'anon' maps shared memory" };
#define KIND(id, text, of, lie)                    \
	static const struct mutant id = {          \
		.name = (text),                    \
		.mem_name = (of),                  \
		.mem = "mutant-" of,               \
		.about = "the kind '" of "' " lie, \
	}

KIND(thp_pte, "thp-pte-stays-whole", "thp-pte", "is not split");
KIND(thp_single, "thp-single-keeps-the-rest", "thp-single", "discards nothing");
KIND(thp_mremap, "thp-mremap-of-base-pages", "thp-mremap", "has no THP");
KIND(thp_shared, "thp-shared-with-nobody", "thp-shared", "forks nothing");
KIND(mthp_64k, "mthp-of-base-pages", "mthp-64k", "has no folio");
KIND(huge_zero, "huge-zeropage-is-small", "huge-zeropage", "has small zero pages");
KIND(swapped_ro, "swapped-ro-stays", "swapped-ro", "pages nothing out");
KIND(swapcache, "swapcache-stays", "swapcache", "pages nothing out");
KIND(ksm_parted, "ksm-not-merged", "ksm", "has no twins");
KIND(ksm_zero_read, "ksm-zero-only-read", "ksm-zero", "only reads");
KIND(stack_elsewhere, "stack-elsewhere", "stack", "is not on the stack");
KIND(heap_elsewhere, "heap-elsewhere", "heap", "is not on the heap");
KIND(malloc_elsewhere, "malloc-elsewhere", "malloc", "is not on the heap");
KIND(not_migrated, "migrated-stays", "migrated", "moves nothing");
KIND(numa_near, "numa-far-is-near", "numa-far", "is bound to no node");
KIND(gigantic, "hugetlb-1G-of-base-pages", "hugetlb-1G", "has no huge page");
KIND(hugetlbfs_shared, "private-hugetlbfs-is-shared", "private-hugetlbfs", "maps the file shared");
KIND(file_shared, "private-file-is-shared", "private-memfd", "maps the file shared");
KIND(file_private, "shared-file-is-private", "shared-memfd", "maps the file private");
KIND(not_secret, "secretmem-is-no-secret", "secretmem", "maps shared memory");
KIND(untracked, "shared-ext4-in-memory", "shared-ext4", "has a file in memory");
KIND(no_ext4, "private-ext4-in-memory", "private-ext4", "has a file in memory");
KIND(no_xfs, "shared-xfs-in-memory", "shared-xfs", "has a file in memory");
KIND(no_mount, "shared-mount-without-a-name", "shared-mount", "has a file without a name");
static const struct mutant no_hugetlbfs = { .name = "private-hugetlbfs-without-a-file",
					    .mem_name = "private-hugetlbfs",
					    .mem = "mutant-hugetlbfs-file",
					    .about = "the kind 'private-hugetlbfs' has no file" };
static const struct mutant copy_rw = { .name = "pin-rw-copies",
				       .pin = "mutant-copy-rw",
				       .about = "a R/W pin works on a copy" };
static const struct mutant copy_ro = { .name = "pin-ro-copies",
				       .pin = "mutant-copy-ro",
				       .about = "a R/O pin works on a copy" };
static const struct mutant leak_rw = { .name = "pin-rw-leaks",
				       .pin = "mutant-leak-rw",
				       .about = "unpin releases nothing" };
static const struct mutant torn_rw = { .name = "pin-rw-torn",
				       .pin = "mutant-torn-rw",
				       .about = "a device read is torn at the end of the pin" };
static const struct mutant wild_rw = { .name = "pin-rw-wild-write",
				       .pin = "mutant-wild-write",
				       .about = "a device write lands beside its place" };

static const struct mutant parted_rings = { .name = "rdma-rings-parted",
					    .pin = "mutant-parted-rings",
					    .need = "rdma",
					    .about = "queues are copies that no device sees" };
static const struct mutant marks_nothing = { .name = "rdma-marks-nothing",
					     .pin = "mutant-marks-nothing",
					     .need = "rdma",
					     .about = "a hidden region is not hidden" };

static const struct mutant upgrade_grants = { .name = "upgrade-grants",
					      .verb = "upgrade",
					      .exec = lie_nothing,
					      .about = "the verb 'upgrade' lies" };
static const struct mutant memlock_nothing = { .name = "memlock-nothing",
					       .verb = "memlock",
					       .exec = lie_nothing,
					       .about = "the verb 'memlock' lies" };
static const struct mutant ro_writable = { .name = "vfio-ro-is-writable",
					   .pin = "mutant-vfio-ro-writable",
					   .need = "dma",
					   .about = "a R/O VFIO mapping lets the device store" };

static const struct mutant rdma_ro_writable = {
	.name = "rdma-ro-is-writable",
	.pin = "mutant-rdma-ro-writable",
	.need = "rdma",
	.about = "a region for reading lets the device store"
};

static const struct mutant blind_ro_writable = {
	.name = "blind-vfio-ro-is-writable",
	.pin = "mutant-blind-vfio-ro-writable",
	.need = "dma-store",
	.about = "a R/O VFIO mapping lets the device store bytes of its own"
};

static const struct mutant word_astray = { .name = "word-of-the-sector-beside",
					   .pin = "mutant-word-vfio-astray",
					   .need = "dma-word",
					   .about = "a word that a device fetched is another's" };

const struct mutant *const mutants[] = {
	&torn_write,
	&lost_write,
	&mutant_write_whole_pages,
	&fork_wipes,
	&cycle_discards,
	&protect_nothing,
	&discard_nothing,
	&pageout_discards,
	&free_refuses,
	&dontfork_nothing,
	&dofork_nothing,
	&wipeonfork_nothing,
	&keeponfork_nothing,
	&unmap_remaps,
	&truncate_short,
	&punch_nothing,
	&unpin_nothing,
	&mutant_vm_write_nothing,
	&mutant_mem_write_nothing,
	&shared_anon,
	&thp_pte,
	&thp_single,
	&thp_mremap,
	&thp_shared,
	&mthp_64k,
	&huge_zero,
	&swapped_ro,
	&swapcache,
	&ksm_parted,
	&ksm_zero_read,
	&stack_elsewhere,
	&heap_elsewhere,
	&malloc_elsewhere,
	&not_migrated,
	&numa_near,
	&gigantic,
	&hugetlbfs_shared,
	&no_hugetlbfs,
	&no_ext4,
	&no_xfs,
	&file_shared,
	&file_private,
	&untracked,
	&not_secret,
	&copy_rw,
	&copy_ro,
	&leak_rw,
	&torn_rw,
	&wild_rw,
	&parted_rings,
	&memlock_nothing,
	&upgrade_grants,
	&marks_nothing,
	&ro_writable,
	&rdma_ro_writable,
	&blind_ro_writable,
	&word_astray,
	&mutant_free_nothing,
	&mutant_poke_nothing,
	&mutant_cold_discards,
	&mutant_populate_read_discards,
	&mutant_populate_write_nothing,
	&mutant_mlock_nothing,
	&mutant_munlock_nothing,
	&mutant_reclaim_discards,
	&mutant_collapse_discards,
	&mutant_split_map_discards,
	&mutant_split_discards,
	&mutant_split_parts_pinned,
	&mutant_merge_discards,
	&mutant_unmerge_discards,
	&mutant_migrate_discards,
	&mutant_compact_discards,
	&mutant_offline_discards,
	&mutant_guard_nothing,
	&mutant_unguard_nothing,
	&mutant_mseal_nothing,
	&mutant_numa_hint_discards,
	&mutant_numa_hint_nothing,
	&mutant_clear_refs_refuses,
	&mutant_clear_refs_discards,
	&mutant_log_warns,
	&mutant_unpin_leaves_pins,
	&mutant_seal_nothing,
	&mutant_map_ro_writable,
	&mutant_allocate_nothing,
	&mutant_preallocate_grows,
	&mutant_zero_range_nothing,
	&mutant_shift_nothing,
	&mutant_writeback_punches,
	&mutant_writeback_nothing,
	&mutant_remount_ro_nothing,
	&mutant_remount_rw_nothing,
	&no_mount,
	&mutant_uffd_wp_nothing,
	&mutant_uffd_off_nothing,
	&mutant_uffd_missing_nothing,
	&mutant_uffd_copy_zero,
	&mutant_uffd_zero_nothing,
	&mutant_uffd_poison_nothing,
	&mutant_uffd_continue_anew,
	&mutant_uffd_move_nothing,
	&mutant_uffd_move_loses,
	&mutant_spawn_wipes,
	&mutant_vfork_store_forks,
	&mutant_clone_store_forks,
	&mutant_clone_forks,
	&mutant_fork_fails_discards,
	&mutant_remap_keep_loses,
	&mutant_resize_nothing,
	&mutant_discard_locked_nothing,
	&mutant_squeeze_discards,
	&mutant_discard_all,
	&mutant_protect_all,
	&mutant_unmap_all,
	&mutant_dontfork_all,
	&mutant_wipeonfork_all,
	&mutant_guard_all,
	&mutant_mlock_all,
	&mutant_uffd_wp_all,
	&mutant_uffd_copy_all,
	&mutant_exit_wipes,
	&mutant_exec_wipes,
	&mutant_kill_wipes,
	&mutant_keep_releases,
	&mutant_heir_perf,
	&mutant_heir_uring,
	&mutant_heir_hidden,
	&mutant_heir_aio,
	&mutant_heir_packet,
	&mutant_heir_device,
	&mutant_heir_off,
	&mutant_pkey_nothing,
	&mutant_pkey_off_nothing,
	NULL,
};

const struct mutant *mutant_find(const char *name)
{
	for (const struct mutant *const *m = mutants; *m; m++)
		if (!strcmp((*m)->name, name))
			return *m;
	return NULL;
}
