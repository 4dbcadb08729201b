/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the harness itself asks of actors, through the same channel as steps.
 * These never appear in a program and have no model.
 */
#ifndef CORE_ACTOR_HARNESS_H
#define CORE_ACTOR_HARNESS_H

#include "core/verb/verb.h"

extern const struct verb harness_prepare; /* prepares op.arg pins; then as -pinned */
extern const struct verb harness_settle;  /* kind->settle of op.region */
extern const struct verb harness_reap;	  /* waits for the child op.arg (a pid) */
extern const struct verb harness_pinned;  /* VmPin + VmLck in kB into image[0..7] */
extern const struct verb
	harness_frames; /* page frames of op's range into the image, 8 bytes each */
extern const struct verb harness_vmflag; /* post 1 when the flag (op.arg: its two letters) is set */
extern const struct verb harness_hoard;	 /* X: post 1 when its memory changed */

/* VmPin + VmLck of the calling process, in kB. 0 or -errno. */
int pinned_kb(long *kb);

/* A harness verb or a verb by its name, for a fresh image. */
const struct verb *harness_or_verb(const char *name);

#endif
