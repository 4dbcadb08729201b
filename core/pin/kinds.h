/* SPDX-License-Identifier: GPL-2.0-only */
/* What the mechanisms share; for core/pin/, vfio/ and rdma/ only. */
#ifndef CORE_PIN_KINDS_H
#define CORE_PIN_KINDS_H

#include "core/pin/pin.h"

extern const struct pin_kind pin_uring_rw, pin_vmsplice, pin_vfio_rw, pin_vfio_ro;
extern const struct pin_kind pin_fuse_read, pin_fuse_write, pin_aio_read, pin_aio_write;
extern const struct pin_kind pin_dio_read, pin_dio_write;
extern const struct pin_kind pin_splice, pin_zc, pin_gup_ro, pin_gup_rw, pin_udmabuf, pin_sqes,
	pin_pbuf, pin_xsk, pin_kvm;
extern const struct pin_kind pin_iommufd_rw, pin_iommufd_ro, pin_blind_vfio_ro;
extern const struct pin_kind pin_word_vfio_rw, pin_word_vfio_ro;
extern const struct pin_kind pin_iommufd_test_rw, pin_iommufd_test_ro;
extern const struct pin_kind pin_rdma_rw, pin_rdma_ro, pin_rdma_odp;
extern const struct pin_kind pin_rdma_own, pin_rdma_own_ro, pin_rdma_dontfork, pin_rdma_copyfork,
	pin_rdma_moved, pin_rdma_dmabuf;
extern const struct pin_kind mutant_rings, mutant_marks;
extern const struct pin_kind mutant_copy_rw, mutant_copy_ro, mutant_leak_rw, mutant_torn_rw,
	mutant_wild_write, mutant_leak_get, mutant_vfio_ro_writable, mutant_rdma_ro_writable,
	mutant_blind_ro_writable, mutant_word_astray;

/*
 * Zeroed memory for p->priv, shared with all descendants and present, so that
 * neither a fork nor a store to it changes anything in an actor. NULL without
 * memory. pin_free() accepts NULL.
 */
void *pin_alloc(size_t size);
void pin_free(void *priv, size_t size);

/* Marks the sectors of bytes [off, off+len) of the pin as arrived. */
void pin_mark(const struct pin *p, const struct pin_data *data, size_t off, size_t len);

/*
 * device_read and device_write of a mechanism that moves at most `most` bytes at once, from or to
 * byte off of the pin.
 */
typedef int pin_fetch(struct pin *p, size_t off, void *dst, size_t len);
typedef int pin_store(struct pin *p, size_t off, const void *src, size_t len);
int pin_read_pieces(struct pin *p, const struct pin_data *data, size_t most, pin_fetch *fetch);
int pin_write_pieces(struct pin *p, size_t off, size_t len, const void *src, size_t most,
		     pin_store *store);

/* In a bounce buffer before a move, so that no bytes of an earlier one are taken for its. */
enum { PIN_NO_BYTES = 0xee };

/*
 * A dma-buf of len bytes of a memfd from start on, by /dev/udmabuf, which wants the memfd sealed
 * against shrinking. Its descriptor, to be closed, or -errno.
 */
int udmabuf_of(int device, int memfd, uint64_t start, uint64_t len);

#endif
