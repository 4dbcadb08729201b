/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctls of the kernel's gup_test driver that pin for as long as told (6.2). */
#ifndef CORE_PIN_GUP_TEST_H
#define CORE_PIN_GUP_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define GUP_TEST_PATH "/sys/kernel/debug/gup_test"

struct pin_longterm_test {
	__u64 addr, size;
	__u32 flags;
};

#define PIN_LONGTERM_TEST_START _IOW('g', 7, struct pin_longterm_test)
#define PIN_LONGTERM_TEST_STOP _IO('g', 8)
#define PIN_LONGTERM_TEST_READ _IOW('g', 9, __u64)

#define PIN_LONGTERM_TEST_FLAG_USE_WRITE 1

#endif
