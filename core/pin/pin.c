// SPDX-License-Identifier: GPL-2.0-only
#include "core/pin/pin.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/util.h"
#include "core/pin/kinds.h"

const struct pin_kind *const pin_kinds[] = {
	&pin_uring_rw,
	&pin_vmsplice,
	&pin_vfio_rw,
	&pin_vfio_ro,
	&pin_rdma_rw,
	&pin_rdma_ro,
	&pin_rdma_odp,
	&pin_fuse_read,
	&pin_fuse_write,
	&pin_aio_read,
	&pin_aio_write,
	&pin_dio_read,
	&pin_dio_write,
	&pin_splice,
	&pin_zc,
	&pin_gup_ro,
	&pin_gup_rw,
	&pin_udmabuf,
	&pin_sqes,
	&pin_pbuf,
	&pin_xsk,
	&pin_kvm,
	&pin_rdma_own,
	&pin_rdma_own_ro,
	&pin_rdma_dontfork,
	&pin_rdma_copyfork,
	&pin_iommufd_test_rw,
	&pin_iommufd_test_ro,
	&pin_iommufd_rw,
	&pin_iommufd_ro,
	&pin_blind_vfio_ro,
	&pin_word_vfio_rw,
	&pin_word_vfio_ro,
	&pin_rdma_moved,
	&pin_rdma_dmabuf,
	&mutant_copy_rw,
	&mutant_copy_ro,
	&mutant_leak_rw,
	&mutant_torn_rw,
	&mutant_wild_write,
	&mutant_leak_get,
	&mutant_rings,
	&mutant_marks,
	&mutant_vfio_ro_writable,
	&mutant_rdma_ro_writable,
	&mutant_blind_ro_writable,
	&mutant_word_astray,
	NULL,
};

const struct pin_kind *pin_kind_find(const char *name)
{
	for (size_t i = 0; pin_kinds[i]; i++) {
		if (!strcmp(pin_kinds[i]->name, name))
			return pin_kinds[i];
	}
	return NULL;
}

int pin_undo(struct pin *p)
{
	int err = p->kind->unpin(p);

	return err == -EINPROGRESS ? 0 : err;
}

void *pin_alloc(size_t size)
{
	void *priv = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return priv == MAP_FAILED ? NULL : priv;
}

void pin_free(void *priv, size_t size)
{
	if (priv)
		munmap(priv, size);
}

void pin_mark(const struct pin *p, const struct pin_data *data, size_t off, size_t len)
{
	size_t first = (p->start + off) / SECTOR;
	size_t end = (p->start + off + len) / SECTOR;

	for (size_t s = first; s < end; s++)
		data->sectors[s / PAGE_SECTORS] |= (uint8_t)(1u << s % PAGE_SECTORS);
}
