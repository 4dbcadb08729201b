// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "core/base/util.h"
#include "core/pin/kinds.h"
#include "vfio/vfio.h"

static const uint64_t pin_iova = 0x10000000, pin_window = 0x10000000;

enum { WRITE_MAX = 16 * 1024 }; /* bytes */

static int users;

static void kind_close(void)
{
	if (!users || --users)
		return;
	vfio_bounce_close();
	vfio_close();
}

static int kind_open(const struct vfio_backend *backend)
{
	int err;

	if (users) {
		users++;
		return 0;
	}
	err = vfio_open(backend);
	if (err)
		return err;
	err = vfio_bounce_open();
	if (err) {
		vfio_close();
		return err;
	}
	users = 1;
	return 0;
}

static int type1_kind_open(void)
{
	return kind_open(&vfio_type1);
}

static int iommufd_kind_open(void)
{
	return kind_open(&vfio_iommufd);
}

static uint64_t window(const struct pin *p)
{
	return pin_iova + (uint64_t)p->index * pin_window;
}

static int vfio_prepare(struct pin *p)
{
	int64_t n;

	if (p->max_len > pin_window)
		return -E2BIG;
	/* A cell that was killed may have left its mapping. */
	n = vfio_unmap(window(p), pin_window);
	return n < 0 ? (int)n : 0;
}

static int vfio_pin_writable(struct pin *p)
{
	return vfio_map(window(p), p->addr, p->len, true);
}

static int vfio_pin_readable(struct pin *p)
{
	return vfio_map(window(p), p->addr, p->len, false);
}

static int vfio_unpin(struct pin *p)
{
	int64_t n = vfio_unmap(window(p), pin_window);

	if (n < 0)
		return (int)n;
	return (size_t)n == p->len ? 0 : -EINVAL;
}

static void vfio_release(struct pin *p)
{
	if (users)
		vfio_unmap(window(p), pin_window);
}

struct looked {
	const struct pin *pin;
	const struct pin_data *data;
};

static void arrived(void *arg, size_t off, const void *bytes, size_t len)
{
	const struct looked *l = arg;

	memcpy(l->data->dst + l->pin->start + off, bytes, len);
	pin_mark(l->pin, l->data, off, len);
}

static int vfio_device_read(struct pin *p, const struct pin_data *data)
{
	struct looked l = { p, data };

	return vfio_sample(window(p), p->len, arrived, &l);
}

static int vfio_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	if (off > p->len || len > p->len - off)
		return -EINVAL;
	return len > WRITE_MAX ? -EOPNOTSUPP : vfio_store(window(p) + off, src, len);
}

#define OPEN .prefix = "vfio", .open = "vfio_open(argv[1], argv[2])", .unread = true, .keep = ""

static const struct pin_text rw_text = {
	OPEN, .args = ", VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE"
};
static const struct pin_text ro_text = { OPEN, .args = ", VFIO_DMA_MAP_FLAG_READ" };

static int vfio_device_try(struct pin *p, const void *src)
{
	return vfio_try(window(p), src, p->len, false);
}

static int own_device_try(struct pin *p, const void *src)
{
	return vfio_try(window(p), src, p->len, true);
}

static int word_device_read(struct pin *p, const struct pin_data *data)
{
	struct looked l = { p, data };

	return vfio_words(window(p), p->len, p->nonce, arrived, &l);
}

static void arrived_beside(void *arg, size_t off, const void *bytes, size_t len)
{
	arrived(arg, off ^ SECTOR, bytes, len);
}

static int astray_device_read(struct pin *p, const struct pin_data *data)
{
	struct looked l = { p, data };

	return vfio_words(window(p), p->len, p->nonce, arrived_beside, &l);
}

#define VFIO_KIND                                                              \
	.promise = PROMISE_SAME_OBJECT, .holds = "vfio", .close = kind_close,  \
	.prepare = vfio_prepare, .unpin = vfio_unpin, .release = vfio_release, \
	.device_memory = vfio_device_memory, .device_switch = vfio_device_switch

/* vfio_iommu_type1.c, vaddr_get_pfns(): pin_user_pages_remote() */
#define TYPE1 \
	.open = type1_kind_open, .remote = true, .handle = HANDLE_PREPARED, .keep_need = "vfio-keep"

#define WRITABLE                                                                           \
	.class = PIN_RW, .dirs = DEVICE_READS | DEVICE_WRITES, .write_max = 2 * BASE_PAGE, \
	.pin = vfio_pin_writable, .device_read = vfio_device_read,                         \
	.device_write = vfio_device_write

#define READABLE                                                                \
	.class = PIN_RO, .dirs = DEVICE_READS, .device_read = vfio_device_read, \
	.device_try = vfio_device_try

const struct pin_kind pin_vfio_rw = {
	.name = "vfio-rw",
	.about = "VFIO type 1 mapping that the device may write",
	.rule = "drivers/vfio/vfio_iommu_type1.c: vaddr_get_pfns() takes FOLL_LONGTERM pins",
	.needs = { "vfio", "dma" },
	TYPE1,
	VFIO_KIND,
	.text = &rw_text,
	WRITABLE,
};

const struct pin_kind pin_vfio_ro = {
	.name = "vfio-ro",
	.about = "VFIO type 1 mapping that the device may only read",
	.rule = "drivers/vfio/vfio_iommu_type1.c: FOLL_WRITE only with IOMMU_WRITE",
	.needs = { "vfio", "dma" },
	TYPE1,
	VFIO_KIND,
	.text = &ro_text,
	READABLE,
	.pin = vfio_pin_readable,
};

#define BLIND                                                                \
	.needs = { "vfio", "dma-store" }, TYPE1, VFIO_KIND, .class = PIN_RO, \
	.device_try = own_device_try

const struct pin_kind pin_blind_vfio_ro = {
	.name = "blind-vfio-ro",
	.about = "as vfio-ro, and the device tries to store bytes of its own: what an NVMe "
		 "controller is, logs and takes for the time",
	.rule = "drivers/vfio/vfio_iommu_type1.c: FOLL_WRITE only with IOMMU_WRITE",
	.by_name = true,
	BLIND,
	.pin = vfio_pin_readable,
};

const struct pin_kind mutant_blind_ro_writable = {
	.name = "mutant-blind-vfio-ro-writable",
	.about = "maps for writing what it should map for reading, for a device's own bytes",
	.mutant = true,
	BLIND,
	.pin = vfio_pin_writable,
};

#define WORDS .needs = { "vfio", "dma-word" }, TYPE1, VFIO_KIND, .dirs = DEVICE_READS

const struct pin_kind pin_word_vfio_rw = {
	.name = "word-vfio-rw",
	.about = "as vfio-rw, for NVMe without a scratch namespace: its clock brings back the "
		 "first word of each sector",
	.rule = "drivers/vfio/vfio_iommu_type1.c: vaddr_get_pfns() takes FOLL_LONGTERM pins",
	.by_name = true,
	WORDS,
	.class = PIN_RW,
	.pin = vfio_pin_writable,
	.device_read = word_device_read,
};

const struct pin_kind pin_word_vfio_ro = {
	.name = "word-vfio-ro",
	.about = "as vfio-ro, in the same way",
	.rule = "drivers/vfio/vfio_iommu_type1.c: FOLL_WRITE only with IOMMU_WRITE",
	.by_name = true,
	WORDS,
	.class = PIN_RO,
	.pin = vfio_pin_readable,
	.device_read = word_device_read,
	.device_try = own_device_try,
};

const struct pin_kind mutant_word_astray = {
	.name = "mutant-word-vfio-astray",
	.about = "shows the words of the sectors beside",
	.mutant = true,
	WORDS,
	.class = PIN_RW,
	.pin = vfio_pin_writable,
	.device_read = astray_device_read,
};

const struct pin_kind mutant_vfio_ro_writable = {
	.name = "mutant-vfio-ro-writable",
	.about = "maps for writing what it should map for reading",
	.needs = { "vfio", "dma" },
	.mutant = true,
	TYPE1,
	VFIO_KIND,
	READABLE,
	.pin = vfio_pin_writable,
};

const struct pin_kind pin_iommufd_rw = {
	.name = "iommufd-rw",
	.about = "iommufd mapping that the device may write; the device is bound to iommufd",
	.rule = "drivers/iommu/iommufd/pages.c: pfn_reader_user_pin() takes FOLL_LONGTERM pins",
	.needs = { "vfio", "dma", "iommufd" },
	.by_name = true,
	.open = iommufd_kind_open,
	.handle = HANDLE_PREPARED,
	VFIO_KIND,
	WRITABLE,
};

const struct pin_kind pin_iommufd_ro = {
	.name = "iommufd-ro",
	.about = "iommufd mapping that the device may only read",
	.rule = "drivers/iommu/iommufd/pages.c: FOLL_WRITE only with IOMMU_IOAS_MAP_WRITEABLE",
	.needs = { "vfio", "dma", "iommufd" },
	.by_name = true,
	.open = iommufd_kind_open,
	.handle = HANDLE_PREPARED,
	VFIO_KIND,
	READABLE,
	.pin = vfio_pin_readable,
};
