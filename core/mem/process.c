// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/util.h"

enum { STACK_STRIDE = 1024 * 1024, STACK_LONGEST = STACK_STRIDE / 2 };

/* Where the regions lie once they were mapped; a child inherits it with the memory. */
static char *stack_at[REGIONS_MAX], *heap_at[REGIONS_MAX];

static int map_anew(struct region *r, char *at, int flags)
{
	int err = region_map(r, at, MAP_PRIVATE | MAP_ANONYMOUS | flags);

	if (!err && madvise(at, r->len, MADV_NOHUGEPAGE) && errno != EINVAL)
		err = -errno;
	return err;
}

/*
 * The stack grows past the region, then a page without access is put above it:
 * memory that is gone must fault there, not grow again.
 */
static int stack_grow(struct region *r, char *at)
{
	*(volatile char *)(at - BASE_PAGE) = 0;
	if (mmap(at + r->len, BASE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		return -errno;
	if (madvise(at, r->len, MADV_DONTNEED))
		return -errno;
	if (madvise(at, r->len, MADV_NOHUGEPAGE) && errno != EINVAL)
		return -errno;
	stack_at[r->index] = r->addr = at;
	return 0;
}

static int stack_map(struct region *r, char *at)
{
	uintptr_t top = (uintptr_t)__builtin_frame_address(0);

	(void)at;
	if (r->len > STACK_LONGEST)
		return -EFBIG;
	if (stack_at[r->index])
		return map_anew(r, stack_at[r->index], MAP_GROWSDOWN | MAP_STACK);
	top = top / STACK_STRIDE * STACK_STRIDE - (uintptr_t)(r->index + 1) * STACK_STRIDE;
	return stack_grow(r, (char *)top);
}

static int stack_check(struct region *r, char *why, size_t size)
{
	int grows = smaps_flag(r->addr, "gd");

	if (grows < 0)
		return grows;
	if (grows)
		return region_check_present(r, false, why, size);
	snprintf(why, size, "VmFlags lack 'gd': no stack");
	return 1;
}

const struct mem_kind mem_stack = {
	.name = "stack",
	.about = "base pages of the process's own stack, below what it uses",
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.grows = true,
	.map = stack_map,
	.check = stack_check,
};

static int heap_map(struct region *r, char *at)
{
	uintptr_t begin;

	(void)at;
	if (heap_at[r->index])
		return map_anew(r, heap_at[r->index], 0);
	/* The heap goes on before and behind the region. */
	begin = (uintptr_t)sbrk((intptr_t)r->len + 3l * BASE_PAGE);
	if (begin == UINTPTR_MAX)
		return -errno;
	begin = (begin / BASE_PAGE + 2) * BASE_PAGE;
	if (madvise((void *)begin, r->len, MADV_NOHUGEPAGE) && errno != EINVAL)
		return -errno;
	heap_at[r->index] = r->addr = (char *)begin;
	return 0;
}

int region_check_heap(struct region *r, char *why, size_t size)
{
	int heap = smaps_named(r->addr, "[heap]");

	if (heap < 0)
		return heap;
	if (heap)
		return region_check_present(r, false, why, size);
	snprintf(why, size, "the mapping is not the heap");
	return 1;
}

const struct mem_kind mem_heap = {
	.name = "heap",
	.about = "base pages of the heap (brk) between other pages of it",
	.share = SHARE_PRIVATE_ANON,
	.unit = BASE_PAGE,
	.units = 2,
	.map = heap_map,
	.check = region_check_heap,
};
