// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plain loop that docs/measuring.md compares with: stores one byte to each page of
 * a region, the clock around the whole region, mean of the faults that the kernel counted.
 *
 *   gcc -O2 docs/plain-fault.c -o plain-fault
 *   taskset -c 1 ./plain-fault zero|touch|copy|reuse [KIB] [REPEATS]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static long faults(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_minflt + r.ru_majflt;
}

static void stores(volatile char *p, size_t len, char value)
{
	for (size_t at = 0; at < len; at += 4096)
		p[at] = value;
}

static void loads(const volatile char *p, size_t len)
{
	for (size_t at = 0; at < len; at += 4096)
		(void)p[at];
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, 9);
	waitpid(pid, NULL, 0);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "touch";
	size_t len = (argc > 2 ? strtoul(argv[2], NULL, 10) : 4096) * 1024;
	int repeats = argc > 3 ? atoi(argv[3]) : 200;
	double *ns = calloc((size_t)repeats, sizeof(*ns)), sum = 0;
	long counted = 0;

	for (int i = 0; i < repeats; i++) {
		char *p =
			mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		pid_t pid = 0;
		double start;
		long before;

		madvise(p, len, MADV_NOHUGEPAGE);
		if (*mode == 'c' || *mode == 'r') {
			stores(p, len, 1);
			pid = sleeper();
			if (*mode == 'r')
				end(pid);
		}
		before = faults();
		start = now_ns();
		if (*mode == 'z')
			loads(p, len);
		else
			stores(p, len, 2);
		ns[i] = now_ns() - start;
		before = faults() - before;
		ns[i] /= (double)before;
		sum += ns[i];
		counted += before;
		if (*mode == 'c')
			end(pid);
		munmap(p, len);
	}
	qsort(ns, (size_t)repeats, sizeof(*ns), by_size);
	printf("%s: %.0f ns a fault (mean), %.0f (median of the passes), %.0f (best); "
	       "%ld faults, %.3f of the pages\n",
	       mode, sum / repeats, ns[repeats / 2], ns[0], counted,
	       (double)counted / ((double)repeats * (double)(len / 4096)));
	free(ns);
	return 0;
}
