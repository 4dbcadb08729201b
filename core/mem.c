// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/util.h"

const struct mem_kind *const mem_kinds[] = {
	&mem_anon,
	&mem_thp,
	&mem_private_tmpfs,
	&mem_private_ext4,
	&mem_shared_anon,
	&mem_shared_tmpfs,
	&mem_zeropage,
	&mem_hugetlb_2m,
	&mem_swapped,
	&mem_mutant_shared,
	NULL,
};

const struct mem_kind *mem_kind_find(const char *name)
{
	for (size_t i = 0; mem_kinds[i]; i++)
		if (!strcmp(mem_kinds[i]->name, name))
			return mem_kinds[i];
	return NULL;
}

int region_map(struct region *r, char *at, int flags)
{
	char *got = mmap(at, r->len, PROT_READ | PROT_WRITE, flags | MAP_FIXED_NOREPLACE, r->fd, 0);

	if (got == MAP_FAILED)
		return -errno;
	/* A kernel before 4.17 takes the address as a mere wish. */
	if (got != at) {
		munmap(got, r->len);
		return -EEXIST;
	}
	r->addr = got;
	return 0;
}

int region_map_small(struct region *r, char *at, int flags)
{
	int err = region_map(r, at, flags);

	/* EINVAL: a kernel without huge pages, which does what we want anyway. */
	if (!err && madvise(r->addr, r->len, MADV_NOHUGEPAGE) && errno != EINVAL)
		err = -errno;
	return err;
}

int region_check_present(const struct region *r, bool shared, char *why, size_t size)
{
	struct page_fact fact = { 0 };

	for (size_t off = 0; off < r->len; off += BASE_PAGE) {
		int err = page_fact(r->addr + off, &fact);

		if (err)
			return err;
		if (!fact.present) {
			snprintf(why, size, "page %zu is %s", off / BASE_PAGE,
				 fact.swapped ? "swapped" : "not present");
			return 1;
		}
		if (fact.file_or_shared != shared) {
			snprintf(why, size, "page %zu is %s", off / BASE_PAGE,
				 shared ? "anonymous" : "of a file or shared");
			return 1;
		}
	}
	return 0;
}

int page_fact(const void *addr, struct page_fact *fact)
{
	own_fd fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	off_t at = (off_t)((uintptr_t)addr / BASE_PAGE * sizeof(uint64_t));
	uint64_t entry;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pread(fd, &entry, sizeof(entry), at);
	if (n != sizeof(entry))
		return n < 0 ? -errno : -EFAULT;
	*fact = (struct page_fact){
		.present = entry >> 63 & 1,
		.swapped = entry >> 62 & 1,
		.file_or_shared = entry >> 61 & 1,
		.exclusive = entry >> 56 & 1,
	};
	/* Of a swapped page these bits are its place in the swap area. */
	if (fact->present)
		fact->pfn = entry & ((1ul << 55) - 1);
	return 0;
}
