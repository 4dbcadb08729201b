// SPDX-License-Identifier: GPL-2.0-only
#include "core/actor/ahead.h"

#include <stdatomic.h>
#include "core/actor/harness.h"

void wish_set(struct wish *w, const struct wishes *wishes)
{
	atomic_fetch_add(&w->number, 1);
	w->wishes = *wishes;
	atomic_fetch_add(&w->number, 1);
}

uint32_t wish_get(struct wish *w, struct wishes *wishes)
{
	uint32_t number = atomic_load(&w->number);

	if (number & 1)
		return 0;
	*wishes = w->wishes;
	atomic_thread_fence(memory_order_acquire);
	return atomic_load(&w->number) == number ? number : 0;
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
