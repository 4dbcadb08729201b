/* SPDX-License-Identifier: GPL-2.0-only */
/* The FUSE protocol as far as a mount of one file needs it; for pin/holder.c. */
#ifndef CORE_PIN_HOLDER_SERVE_H
#define CORE_PIN_HOLDER_SERVE_H

#include "core/pin/holder.h"

/* Answers the requests that wait on dev, an open non-blocking /dev/fuse. */
void fuse_serve(int dev, enum holder_mode mode, char *stage);

#endif
