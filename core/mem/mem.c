// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/self.h"
#include "core/base/util.h"

const struct mem_kind *const mem_kinds[] = {
	&mem_anon,
	&mem_thp,
	&mem_thp_pte,
	&mem_thp_single,
	&mem_thp_mremap,
	&mem_thp_shared,
	&mem_mthp_16k,
	&mem_mthp_32k,
	&mem_mthp_64k,
	&mem_mthp_128k,
	&mem_mthp_256k,
	&mem_mthp_512k,
	&mem_mthp_1m,
	&mem_private_tmpfs,
	&mem_private_memfd,
	&mem_private_ext4,
	&mem_private_xfs,
	&mem_private_hugetlbfs,
	&mem_shared_anon,
	&mem_shared_tmpfs,
	&mem_shared_memfd,
	&mem_shared_ext4,
	&mem_shared_xfs,
	&mem_shared_hugetlbfs,
	&mem_zeropage,
	&mem_huge_zeropage,
	&mem_hugetlb_2m,
	&mem_swapped,
	&mem_swapped_ro,
	&mem_swapcache,
	&mem_ksm,
	&mem_ksm_zero,
	&mem_stack,
	&mem_heap,
	&mem_secretmem,
	&mem_migrated,
	&mem_numa_far,
	&mem_hugetlb_1g,
	&mem_shared_mount,
	&mem_private_mount,
	&mem_malloc,
	&mem_mutant_shared,
	NULL,
};

const struct mem_kind *mem_kind_find(const char *name)
{
	for (size_t i = 0; mem_kinds[i]; i++)
		if (!strcmp(mem_kinds[i]->name, name))
			return mem_kinds[i];
	for (size_t i = 0; mem_mutants[i]; i++)
		if (!strcmp(mem_mutants[i]->name, name))
			return mem_mutants[i];
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
	enum { CHUNK = 64 };
	struct page_fact fact[CHUNK] = { 0 };
	size_t pages = r->len / BASE_PAGE;

	for (size_t i = 0; i < pages; i++) {
		const struct page_fact *f = &fact[i % CHUNK];
		size_t n = pages - i < CHUNK ? pages - i : CHUNK;
		int err = i % CHUNK ? 0 : page_facts(r->addr + i * BASE_PAGE, n, fact);

		if (err)
			return err;
		if (!f->present) {
			snprintf(why, size, "page %zu is %s", i,
				 f->swapped ? "swapped" : "not present");
			return 1;
		}
		if (f->file_or_shared != shared) {
			snprintf(why, size, "page %zu is %s", i,
				 shared ? "anonymous" : "of a file or shared");
			return 1;
		}
	}
	return 0;
}

int region_untouched(const struct region *r)
{
	long pages = page_count(r->addr, r->len / BASE_PAGE, PAGE_PRESENT | PAGE_SWAPPED);

	return pages < 0 ? (int)pages : !pages;
}

int page_facts(const void *addr, size_t n, struct page_fact *fact)
{
	enum { CHUNK = 64 };
	own_fd fd = self_open(SELF_PAGEMAP);
	off_t at = (off_t)((uintptr_t)addr / BASE_PAGE * sizeof(uint64_t));
	uint64_t entry[CHUNK];

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < n; i++) {
		size_t want = (n - i < CHUNK ? n - i : CHUNK) * sizeof(*entry);
		uint64_t e;

		if (i % CHUNK == 0) {
			ssize_t got = pread(fd, entry, want, at + (off_t)(i * sizeof(*entry)));

			if (got != (ssize_t)want)
				return got < 0 ? -errno : -EFAULT;
		}
		e = entry[i % CHUNK];
		fact[i] = (struct page_fact){
			.present = e >> 63 & 1,
			.swapped = e >> 62 & 1,
			.file_or_shared = e >> 61 & 1,
			.exclusive = e >> 56 & 1,
		};
		/* Of a swapped page these bits are its place in the swap area. */
		if (fact[i].present)
			fact[i].pfn = e & ((1ul << 55) - 1);
	}
	return 0;
}

int page_fact(const void *addr, struct page_fact *fact)
{
	return page_facts(addr, 1, fact);
}

long page_count(const void *addr, size_t n, unsigned states)
{
	enum { CHUNK = 64 };
	struct page_fact fact[CHUNK] = { 0 };
	long count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct page_fact *f = &fact[i % CHUNK];
		const char *at = (const char *)addr + i * BASE_PAGE;
		int err = i % CHUNK ? 0 : page_facts(at, n - i < CHUNK ? n - i : CHUNK, fact);

		if (err)
			return err;
		count += (states & PAGE_PRESENT && f->present) ||
			 (states & PAGE_SWAPPED && f->swapped);
	}
	return count;
}
