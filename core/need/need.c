// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <stdio.h>
#include <string.h>

#include "core/base/util.h"

struct host_options host_options;
struct host_provided host_provided;

const struct need *const needs[] = {
	&need_root,
	&need_pagemap,
	&need_kpageflags,
	&need_uring,
	&need_vmsplice,
	&need_thp,
	&need_khugepaged,
	&need_huge_zeropage,
	&need_mthp_16k,
	&need_mthp_32k,
	&need_mthp_64k,
	&need_mthp_128k,
	&need_mthp_256k,
	&need_mthp_512k,
	&need_mthp_1m,
	&need_hugetlb_2m,
	&need_ksm,
	&need_ksm_zero,
	&need_nodes,
	&need_secretmem,
	&need_swap,
	&need_pageout,
	&need_wipeonfork,
	&need_loop,
	&need_ext4,
	&need_xfs,
	&need_tmpfs,
	&need_remount,
	&need_vfio,
	&need_vfio_keep,
	&need_dma,
	&need_dma_store,
	&need_dma_word,
	&need_iommufd,
	&need_iommufd_test,
	&need_fuse,
	&need_loop_fuse,
	&need_splice,
	&need_zc,
	&need_gup_test,
	&need_udmabuf,
	&need_proc_mem,
	&need_ptrace,
	&need_populate,
	&need_guard,
	&need_collapse,
	&need_mseal,
	&need_soft_dirty,
	&need_compact,
	&need_debugfs,
	&need_split,
	&need_soft_offline,
	&need_cgroup,
	&need_rdma,
	&need_rdma_odp,
	&need_memlock,
	&need_lanes,
	&need_uffd,
	&need_uffd_wp,
	&need_uffd_wp_shmem,
	&need_uffd_minor,
	&need_uffd_move,
	&need_uffd_poison,
	&need_seal_exec,
	&need_rdma_rings,
	&need_rdma_marks,
	&need_rdma_copies,
	&need_rdma_rereg,
	&need_rdma_refusal,
	&need_balancing,
	&need_dontneed_locked,
	&need_dontunmap,
	&need_set_tid,
	&need_memcg,
	&need_hugetlb_1g,
	&need_malloc,
	&need_rdma_moved,
	&need_rdma_dmabuf,
	&need_perf_ring,
	&need_aio_ring,
	&need_packet_ring,
	&need_user_rings,
	&need_buffer_rings,
	&need_xsk,
	&need_kvm,
	&need_pkey,
	NULL,
};

static struct answer {
	bool probed, provided, met;
	char why[200];
} answers[ARRAY_SIZE(needs)];

static unsigned changes;

static int need_index(const char *name)
{
	for (int i = 0; needs[i]; i++)
		if (!strcmp(needs[i]->name, name))
			return i;
	return -1;
}

const struct need *need_find(const char *name)
{
	int i = need_index(name);

	return i < 0 ? NULL : needs[i];
}

static void probe(const struct need *n, struct answer *a)
{
	a->why[0] = '\0';
	a->met = !(n->in_child ? probe_in_child(n->probe, a->why, sizeof(a->why)) :
				 n->probe(a->why, sizeof(a->why)));
	a->probed = true;
	changes++;
}

unsigned need_changes(void)
{
	return changes;
}

static void provide_it(const struct need *n, struct answer *a)
{
	char why[sizeof(a->why)] = "";
	int err = n->provide(why, sizeof(why));

	a->provided = true;
	probe(n, a);
	if (a->met || !err)
		return;
	if (*why)
		snprintf(a->why, sizeof(a->why), "%s", why);
	else
		snprintf(a->why, sizeof(a->why), "setting it up: %s", errno_name(-err));
}

int need_check(const char *name, bool provide, char *why, size_t size)
{
	int i = need_index(name);
	struct answer *a;

	if (i < 0) {
		if (why)
			snprintf(why, size, "unknown need");
		return 1;
	}
	a = &answers[i];
	if (!a->probed)
		probe(needs[i], a);
	if (!a->met && provide && needs[i]->provide && !a->provided)
		provide_it(needs[i], a);
	if (why)
		snprintf(why, size, "%s", a->met ? "" : a->why);
	return !a->met;
}
