// SPDX-License-Identifier: GPL-2.0-only
/*
 * The selftest of iommufd: pages are pinned for a mock domain, by the code that
 * pins for devices, and read and written by the access calls. Only a range of more
 * than one page goes by the frames that are held; a page alone would be looked up
 * at its address again (drivers/iommu/iommufd/pages.c, iopt_pages_rw_access()).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/base/util.h"
#include "core/pin/kinds.h"
#include "vfio/iommufd_abi.h"
#include "vfio/vfio.h"

static const uint64_t iova = 0x10000000;

enum { LEAST = 2 * BASE_PAGE };

struct mock {
	int iommu, access;
	uint32_t ioas;
	bool held;
	char pages[LEAST];
};

static int test(int fd, unsigned op, unsigned id, struct iommufd_test *cmd)
{
	cmd->size = sizeof(*cmd);
	cmd->op = op;
	cmd->id = id;
	return ioctl(fd, IOMMUFD_TEST, cmd) ? -errno : 0;
}

static void mock_release(struct pin *p)
{
	struct mock *m = p->priv;

	if (!m)
		return;
	close_fd(&m->access);
	close_fd(&m->iommu);
	pin_free(m, sizeof(*m));
	p->priv = NULL;
}

int iommufd_mock_open(int *iommu, int *access, uint32_t *ioas)
{
	struct iommufd_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct iommufd_test cmd = { 0 };
	int err;

	*access = -1;
	*iommu = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (*iommu < 0 || ioctl(*iommu, IOMMUFD_IOAS_ALLOC, &alloc))
		return -errno;
	*ioas = alloc.out_ioas_id;
	err = test(*iommu, IOMMUFD_TEST_MOCK_DOMAIN, *ioas, &cmd);
	if (err)
		return err;
	cmd = (struct iommufd_test){ 0 };
	err = test(*iommu, IOMMUFD_TEST_CREATE_ACCESS, *ioas, &cmd);
	if (!err)
		*access = (int)cmd.create_access.out_access_fd;
	return err;
}

static int mock_prepare(struct pin *p)
{
	struct mock *m = pin_alloc(sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	p->priv = m;
	err = iommufd_mock_open(&m->iommu, &m->access, &m->ioas);
	if (err)
		mock_release(p);
	return err;
}

static int mock_pin(struct pin *p)
{
	struct mock *m = p->priv;
	struct iommufd_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_READABLE |
			 (p->kind->class == PIN_RW ? IOMMUFD_MAP_WRITEABLE : 0u),
		.ioas_id = m->ioas,
		.user_va = (uintptr_t)p->addr,
		.length = p->len,
		.iova = iova,
	};

	if (m->held)
		return -EBUSY;
	if (ioctl(m->iommu, IOMMUFD_IOAS_MAP, &map))
		return -errno;
	m->held = true;
	return 0;
}

static int mock_unpin(struct pin *p)
{
	struct mock *m = p->priv;
	struct iommufd_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = m->ioas, .iova = iova, .length = p->len
	};

	if (!m->held)
		return -EINVAL;
	if (ioctl(m->iommu, IOMMUFD_IOAS_UNMAP, &unmap))
		return -errno;
	m->held = false;
	return 0;
}

static int mock_move(const struct mock *m, size_t off, void *bytes, size_t len, unsigned flags)
{
	struct iommufd_test cmd = { .access_rw = { .iova = iova + off,
						   .length = len,
						   .uptr = (uintptr_t)bytes,
						   .flags = IOMMUFD_TEST_RW_SLOW_PATH | flags } };

	return test(m->iommu, IOMMUFD_TEST_ACCESS_RW, (unsigned)m->access, &cmd);
}

static int mock_device_read(struct pin *p, const struct pin_data *data)
{
	int err = p->len < LEAST ? -EOPNOTSUPP :
				   mock_move(p->priv, 0, data->dst + p->start, p->len, 0);

	if (!err)
		pin_mark(p, data, 0, p->len);
	return err;
}

/* What lies beside the bytes in their two pages is stored as it was. */
static int mock_device_write(struct pin *p, size_t off, size_t len, const void *src)
{
	struct mock *m = p->priv;
	int err = 0;

	if (off > p->len || len > p->len - off)
		return -EINVAL;
	for (size_t done = 0; !err && done < len;) {
		size_t page = (off + done) / BASE_PAGE * BASE_PAGE;
		size_t base = page + LEAST > p->len ? p->len - LEAST : page;
		size_t at = off + done - base,
		       n = LEAST - at < len - done ? LEAST - at : len - done;

		err = mock_move(m, base, m->pages, LEAST, 0);
		memcpy(m->pages + at, (const char *)src + done, n);
		if (!err)
			err = mock_move(m, base, m->pages, LEAST, IOMMUFD_TEST_RW_WRITE);
		done += n;
	}
	return err;
}

/* A mapping without the right to write refuses the store itself. */
static int mock_device_try(struct pin *p, const void *src)
{
	struct mock *m = p->priv;
	int err;

	memcpy(m->pages, src, LEAST);
	err = mock_move(m, 0, m->pages, LEAST, IOMMUFD_TEST_RW_WRITE);
	return err == -EPERM ? 0 : err;
}

#define MOCK_KIND                                                                    \
	.needs = { "iommufd-test" }, .promise = PROMISE_SAME_OBJECT, .least = LEAST, \
	.prepare = mock_prepare, .pin = mock_pin, .device_read = mock_device_read,   \
	.unpin = mock_unpin, .release = mock_release

const struct pin_kind pin_iommufd_test_rw = {
	.name = "iommufd-test-rw",
	.about = "iommufd mapping for the mock domain of its selftest, for reading and writing",
	.rule = "drivers/iommu/iommufd/pages.c: pfn_reader_user_pin() takes FOLL_LONGTERM pins",
	MOCK_KIND,
	.class = PIN_RW,
	.dirs = DEVICE_READS | DEVICE_WRITES,
	.device_write = mock_device_write,
};

const struct pin_kind pin_iommufd_test_ro = {
	.name = "iommufd-test-ro",
	.about = "iommufd mapping for the mock domain of its selftest, for reading",
	.rule = "drivers/iommu/iommufd/pages.c: FOLL_WRITE only with IOMMU_IOAS_MAP_WRITEABLE",
	MOCK_KIND,
	.class = PIN_RO,
	.dirs = DEVICE_READS,
	.device_try = mock_device_try,
};
