// SPDX-License-Identifier: GPL-2.0-only
#include "core/actor/ahead.h"

#include <stdatomic.h>
#include <string.h>

#include "core/actor/harness.h"

void wish_set(struct wish *w, const struct pin *pin, int npins)
{
	atomic_fetch_add(&w->number, 1);
	w->ahead = (struct ahead){ .npins = npins };
	memcpy(w->ahead.pin, pin, (size_t)npins * sizeof(*pin));
	atomic_fetch_add(&w->number, 1);
}

bool wish_get(struct wish *w, struct ahead *a)
{
	uint32_t number = atomic_load(&w->number);

	if (!number || number & 1)
		return false;
	*a = w->ahead;
	a->number = number;
	atomic_thread_fence(memory_order_acquire);
	return atomic_load(&w->number) == number;
}

void ahead_prepare(struct ahead *a)
{
	if (!a->npins)
		return;
	for (int i = 0; i < a->npins && !a->err; i++)
		a->err = a->pin[i].kind->prepare(&a->pin[i]);
	if (!a->err)
		a->pinned_kb = pinned_kb();
	if (!a->err && a->pinned_kb < 0)
		a->err = (int)a->pinned_kb;
}

bool ahead_same(const struct ahead *a, const struct pin *pin, int npins)
{
	if (a->npins != npins)
		return false;
	for (int i = 0; i < npins; i++)
		if (a->pin[i].kind != pin[i].kind || a->pin[i].index != pin[i].index ||
		    a->pin[i].max_len != pin[i].max_len)
			return false;
	return true;
}
