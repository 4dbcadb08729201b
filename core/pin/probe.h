/* SPDX-License-Identifier: GPL-2.0-only */
/* What a mechanism takes on the running kernel, found by pinning one page. */
#ifndef CORE_PIN_PROBE_H
#define CORE_PIN_PROBE_H

#include <stdbool.h>

#include "core/pin/pin.h"

struct pin_probe {
	const char *failed; /* what failed ("pinning a page"), or NULL */
	bool shows_stores;  /* a store after the pin is seen by the device */
	long foll_pins;	    /* FOLL_PIN references that the kernel counted; -1: unknown */
};

/*
 * Works in the calling process, which should be one that ends soon (see
 * probe_in_child). The mechanism's needs must be met. 0 or -errno.
 */
int pin_probe(const struct pin_kind *k, struct pin_probe *p);

#endif
