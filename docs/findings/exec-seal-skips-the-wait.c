// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd: F_SEAL_EXEC sets F_SEAL_WRITE without looking for writers.
 *
 * Of an executable file F_SEAL_EXEC implies F_SEAL_WRITE (6.3). The implied seal
 * was added behind the check for writable mappings and pins, so the file reads
 * as sealed (F_GET_SEALS) and a mapping from before still changes it. Fixed by
 * 3b041514cb6e "memfd: deny writeable mappings when implying SEAL_WRITE".
 *
 * cc -Wall -Wextra -o t exec-seal-skips-the-wait.c
 * Exit 0: the seal was refused, or held; 1: the file changed under its write
 * seal; 2: set-up failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE 4096

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
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
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING), seals;
	char now = 0;
	char *at;

	need(fd >= 0 && !ftruncate(fd, SIZE) && !fchmod(fd, 0700), "memfd");
	at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	need(at != MAP_FAILED, "mmap");
	at[0] = 1;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC)) {
		need(errno == EBUSY, "F_SEAL_EXEC");
		printf("F_SEAL_EXEC with a writable mapping: %s\n", strerror(errno));
		return 0;
	}
	seals = fcntl(fd, F_GET_SEALS);
	at[0] = 2;
	need(pread(fd, &now, 1, 0) == 1, "pread");
	printf("seals %#x (F_SEAL_WRITE is %#x), the file held 1, now it holds %d\n", seals,
	       F_SEAL_WRITE, now);
	return seals & F_SEAL_WRITE && now != 1;
}
