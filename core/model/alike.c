// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "core/model/model.h"

size_t model_next(const struct model_region *r, size_t page)
{
	const struct world *shared = r->page[page].world;

	while (++page < r->npages && r->page[page].world == shared)
		;
	return page;
}

bool model_part(struct model_region *r, size_t page)
{
	struct world *shared, *own;

	if (!page || page >= r->npages || r->page[page].world != r->page[page - 1].world)
		return true;
	shared = r->page[page].world;
	own = malloc((size_t)r->page[page].capacity * sizeof(*own));
	if (!own)
		return false;
	memcpy(own, shared, (size_t)r->page[page].nworlds * sizeof(*own));
	do
		r->page[page].world = own;
	while (++page < r->npages && r->page[page].world == shared);
	return true;
}

bool model_alone(struct model_region *r, size_t page)
{
	return model_part(r, page) && model_part(r, page + 1);
}
