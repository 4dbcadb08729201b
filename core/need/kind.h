/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the needs share; need.c has the table. */
#ifndef CORE_NEED_KIND_H
#define CORE_NEED_KIND_H

#include "core/need/need.h"

extern const struct need need_root, need_pagemap, need_thp, need_khugepaged, need_hugetlb_2m;
extern const struct need need_pageout, need_wipeonfork, need_uring, need_vmsplice;
extern const struct need need_swap, need_loop, need_ext4, need_tmpfs;
extern const struct need need_xfs, need_kpageflags, need_huge_zeropage, need_nodes;
extern const struct need need_secretmem;
extern const struct need need_ksm, need_ksm_zero, need_mthp_16k, need_mthp_32k, need_mthp_64k;
extern const struct need need_mthp_128k, need_mthp_256k, need_mthp_512k, need_mthp_1m;
extern const struct need need_uffd, need_uffd_wp, need_uffd_wp_shmem, need_uffd_minor;
extern const struct need need_uffd_move, need_uffd_poison, need_seal_exec;
extern const struct need need_perf_ring, need_aio_ring, need_packet_ring;
extern const struct need need_vfio, need_vfio_keep, need_dma, need_dma_store, need_iommufd;
extern const struct need need_iommufd_test, need_dma_word, need_lanes;
extern const struct need need_proc_mem, need_fuse, need_loop_fuse, need_splice, need_zc,
	need_gup_test, need_udmabuf, need_user_rings, need_xsk, need_kvm, need_pkey, need_ptrace,
	need_buffer_rings, need_remount;
extern const struct need need_populate, need_guard, need_collapse, need_mseal;
extern const struct need need_soft_dirty, need_compact, need_debugfs, need_split;
extern const struct need need_soft_offline, need_cgroup;
extern const struct need need_balancing, need_dontneed_locked, need_dontunmap, need_set_tid;
extern const struct need need_memcg, need_hugetlb_1g, need_malloc;
extern const struct need need_rdma, need_rdma_odp, need_memlock;
extern const struct need need_rdma_rings, need_rdma_marks, need_rdma_copies, need_rdma_rereg,
	need_rdma_moved, need_rdma_dmabuf, need_rdma_refusal;

/*
 * Runs probe in a child, so that a signal, a hang or a pin of the probe leaves no
 * trace in the runner. Returns what probe returns; 1 with why when it died.
 */
int probe_in_child(int (*probe)(char *why, size_t size), char *why, size_t size);

/*
 * Runs a program (argv[0] is looked up, also in the sbin folders) without output,
 * at most 20 s. Returns 0, the exit code, or -errno (-ETIME when it took too long).
 */
int run_quietly(const char *const argv[]);

/*
 * modprobe of a module that is not there yet; it and what it depends on go again
 * when the run ends. Nothing to do and nothing to tell when it can't be had: the
 * need's probe tells.
 */
void load_module(const char *name);

/* Formats the reason and returns 1. */
int unmet(char *why, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
