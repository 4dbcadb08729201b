/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pins that a cell will need, prepared in a spare while another cell runs. Only those
 * of mechanisms whose prepare concerns its own process alone (pin_kind.ahead).
 */
#ifndef CORE_ACTOR_AHEAD_H
#define CORE_ACTOR_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/verb/verb.h"

enum { AHEAD_MAX = 2 };

struct ahead {
	int npins, err; /* err: of prepare */
	long pinned_kb; /* pinned_kb() behind it */
	struct pin pin[PINS_MAX];
};

struct wishes {
	int n;
	struct ahead ahead[AHEAD_MAX];
};

/* In memory that the runner and the nursery share. */
struct wish {
	_Atomic uint32_t number; /* odd: is being written */
	struct wishes wishes;
};

/* In the runner; it forgets what was wished before. */
void wish_set(struct wish *w, const struct wishes *wishes);
/* In the nursery: its number; 0 when there is none, or it is being written. */
uint32_t wish_get(struct wish *w, struct wishes *wishes);

/* In a spare; nothing to do without pins. */
void ahead_prepare(struct ahead *a);

/* Whether they are prepared alike. */
bool ahead_same(const struct ahead *a, const struct pin *pin, int npins);

#endif
