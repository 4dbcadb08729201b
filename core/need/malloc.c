// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/malloc.h"
#include "core/need/kind.h"

static int malloc_probe(char *why, size_t size)
{
	return malloc_row(2) ? 0 :
			       unmet(why, size, "malloc() puts other data between its allocations");
}

const struct need need_malloc = {
	.name = "malloc",
	.about = "malloc() of glibc, whose own data lies between what it allocates",
	.hint = "a build with glibc, without a sanitizer",
	.probe = malloc_probe,
	.in_child = true,
};
