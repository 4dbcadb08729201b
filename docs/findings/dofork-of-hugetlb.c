// SPDX-License-Identifier: GPL-2.0-only
/*
 * MADV_DONTFORK of hugetlb memory can't be undone.
 *
 * 7.x refuses MADV_DOFORK with EINVAL of every mapping that has a flag of
 * VM_SPECIAL, where it was VM_IO before: a driver's "do not copy" shall stay.
 * Hugetlb mappings have VM_DONTEXPAND, one of them, so what user space marked
 * itself stays marked as well. libibverbs undoes its own marks with this call
 * when a memory region is deregistered.
 *
 * Thread: "Re: [GIT PULL] tracing: Fixes for 7.0", linux-mm, 5 and 6 March 2026.
 *
 * cc -Wall -Wextra -o t dofork-of-hugetlb.c; needs one huge page of 2 MiB
 * Exit 0: the child has the memory; 1: MADV_DOFORK failed, and the child has no
 * mapping there; 2: set-up failed.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (2ul << 20)

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#endif

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(2);
}

int main(void)
{
	char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);
	int status, refused;
	pid_t child;

	need(at != MAP_FAILED, "mmap of a huge page");
	at[0] = 1;
	need(!madvise(at, SIZE, MADV_DONTFORK), "MADV_DONTFORK");
	refused = madvise(at, SIZE, MADV_DOFORK);
	if (refused)
		perror("MADV_DOFORK");
	child = fork();
	need(child >= 0, "fork");
	if (!child)
		_exit(*(volatile char *)at);
	need(waitpid(child, &status, 0) == child, "waitpid");
	printf("the child %s\n", WIFSIGNALED(status) ? "has no mapping there" : "has the memory");
	return refused || WIFSIGNALED(status);
}
