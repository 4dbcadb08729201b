/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the harness itself asks of actors, through the same channel as steps.
 * These never appear in a program and have no model.
 */
#ifndef CORE_ACTOR_HARNESS_H
#define CORE_ACTOR_HARNESS_H

#include "core/verb/verb.h"

extern const struct verb harness_prepare; /* prepares op.arg pins, and the threads */
extern const struct verb harness_settle;  /* kind->settle of op.region */
extern const struct verb harness_reap;	  /* waits for the child op.arg (a pid) */
extern const struct verb harness_nop;	  /* for what a reply brings beside */
extern const struct verb
	harness_frames; /* page frames of op's range into the image, 8 bytes each */
extern const struct verb harness_vmflag; /* post 1 when the flag (op.arg: its two letters) is set */
extern const struct verb harness_hoard;	 /* X: post 1 when its memory changed */
/* Post 1 when bytes beside the region changed. Stores to its pages, frees and allocates there. */
extern const struct verb harness_beside;

/* VmPin + VmLck of the calling process, in kB, or -errno. */
long pinned_kb(void);

/* A harness verb or a verb by its name, for a fresh image. */
const struct verb *harness_or_verb(const char *name);

#endif
