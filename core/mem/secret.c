// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/util.h"

/* Not in the headers of every distribution; one number on all architectures. */
enum { MEMFD_SECRET = 447 };

static int secret_map(struct region *r, char *at)
{
	own_fd fd = (int)syscall(MEMFD_SECRET, 0);
	struct region file = *r;
	int err;

	if (fd < 0 || ftruncate(fd, (off_t)r->len))
		return -errno;
	file.fd = fd;
	err = region_map(&file, at, MAP_SHARED);
	if (!err)
		r->addr = at;
	return err;
}

static int secret_check(struct region *r, char *why, size_t size)
{
	int named = smaps_named(r->addr, "secretmem");

	if (named < 0)
		return named;
	if (named)
		return region_check_present(r, true, why, size);
	snprintf(why, size, "the mapping is not of secretmem");
	return 1;
}

const struct mem_kind mem_secretmem = {
	.name = "secretmem",
	.about = "MAP_SHARED of memfd_secret: the kernel itself has no mapping of its pages",
	.needs = { "secretmem" },
	.share = SHARE_SHARED_SECRET,
	.unit = BASE_PAGE,
	.units = 2,
	.map = secret_map,
	.check = secret_check,
};
