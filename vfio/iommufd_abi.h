/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of include/uapi/linux/iommufd.h (6.2), vfio.h (6.6) and of
 * drivers/iommu/iommufd/iommufd_test.h that headers of distributions lack.
 */
#ifndef VFIO_IOMMUFD_ABI_H
#define VFIO_IOMMUFD_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct iommufd_destroy {
	__u32 size, id;
};

struct iommufd_ioas_alloc {
	__u32 size, flags, out_ioas_id;
};

struct iommufd_ioas_map {
	__u32 size, flags, ioas_id, reserved;
	__u64 user_va, length, iova;
};

struct iommufd_ioas_unmap {
	__u32 size, ioas_id;
	__u64 iova, length;
};

#define IOMMUFD_DESTROY _IO(';', 0x80)
#define IOMMUFD_IOAS_ALLOC _IO(';', 0x81)
#define IOMMUFD_IOAS_MAP _IO(';', 0x85)
#define IOMMUFD_IOAS_UNMAP _IO(';', 0x86)

enum { IOMMUFD_MAP_FIXED_IOVA = 1, IOMMUFD_MAP_WRITEABLE = 2, IOMMUFD_MAP_READABLE = 4 };

struct vfio_bind_iommufd {
	__u32 argsz, flags;
	__s32 iommufd;
	__u32 out_devid;
};

struct vfio_attach_iommufd {
	__u32 argsz, flags, pt_id;
};

#define VFIO_BIND_IOMMUFD _IO(';', 118)
#define VFIO_ATTACH_IOMMUFD _IO(';', 119)

/* The selftest: op decides which of the arguments count. */
struct iommufd_test {
	__u32 size, op, id, reserved;
	union {
		struct {
			__u32 out_stdev_id, out_hwpt_id, out_idev_id;
		} mock_domain;
		struct {
			__u32 out_access_fd, flags;
		} create_access;
		struct {
			__u64 iova, length, uptr;
			__u32 flags;
		} access_rw;
		__u64 room[6];
	};
	__u32 last;
};

enum {
	IOMMUFD_TEST_MOCK_DOMAIN = 2,
	IOMMUFD_TEST_CREATE_ACCESS = 5,
	IOMMUFD_TEST_ACCESS_RW = 8,
	IOMMUFD_TEST_RW_WRITE = 1,
	IOMMUFD_TEST_RW_SLOW_PATH = 4,
};

#define IOMMUFD_TEST _IO(';', 0xa0)

#endif
