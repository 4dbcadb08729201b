// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child has zeros where its parent has a private hugetlb page of 1 GiB.
 *
 * Since 14967a9c7d24 ("mm/hugetlb: fix copy_hugetlb_page_range() to use
 * ->pt_share_count") fork leaves out what lies in a page table of the child that
 * has a share count. Only tables of huge pages of 2 MiB (PMD tables) have one;
 * the entry of a page of 1 GiB is in a PUD table, where the field is not set up
 * and holds what the page was used for before (it shares its place with
 * page->index). If that is not 0, fork copies nothing, says that all is well, and
 * the child gets an empty page at its first access.
 *
 * That is by reading the source; what the program shows is the zeros. It frees
 * file pages between the forks, so that page tables are made of pages that had an
 * index.
 *
 * cc -Wall -Wextra -o t fork-of-gigantic.c; needs one huge page of 1 GiB
 * (hugepagesz=1G hugepages=1) that is not used by others, and one more for each
 * child that gets an empty one
 * Exit 0: 400 children had their parent's bytes; 1: one had not; 2: set-up failed.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (1ul << 30)

#ifndef MAP_HUGE_1GB
#define MAP_HUGE_1GB (30 << 26)
#endif

enum { CHILDREN = 400, EACH = 50, FILE_MIB = 200 };

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(2);
}

/* Fills page cache and frees it. */
static void use_pages(void)
{
	static char block[1 << 20];
	int fd = memfd_create("used", 0);

	need(fd >= 0, "memfd_create");
	for (int i = 0; i < FILE_MIB; i++)
		need(write(fd, block, sizeof(block)) == sizeof(block), "write");
	close(fd);
}

int main(void)
{
	char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_1GB, -1, 0);
	int wrong = 0;

	need(at != MAP_FAILED, "mmap of a huge page of 1 GiB");
	at[5] = 1;
	for (int i = 0; i < CHILDREN; i++) {
		int status;
		pid_t child;

		if (i % EACH == 0)
			use_pages();
		child = fork();
		need(child >= 0, "fork");
		if (!child)
			_exit(*(volatile char *)(at + 5) == 1 ? 0 : 1);
		need(waitpid(child, &status, 0) == child, "waitpid");
		wrong += status != 0;
	}
	printf("%d of %d children had not the bytes of their parent\n", wrong, CHILDREN);
	return wrong != 0;
}
