// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plain loops that scripts/loops and docs/measuring.md compare with: the clock stands
 * around a whole region, never around a fault.
 *
 *   plain-fault zero|touch|copy|reuse [KIB] [SECONDS]   stores (zero: loads) one byte a page
 *   plain-fault touch-far|copy-far|map-far [KIB] [SECONDS]
 *       the pages are freed on another CPU, as those of pinfold's processes are, so that
 *       the next ones come from further away
 *   plain-fault map|map-private|map-shared [KIB] [SECONDS] [FILE]
 *       as will-it-scale's page_fault1, 2 and 3: mmap, a store to each page, munmap, again;
 *       anonymous, a private, a shared mapping of FILE
 *   plain-fault map-shared-new [KIB] [SECONDS] FILE
 *       the pages of FILE are new in each round, as in each of pinfold's processes
 *   plain-fault reuse-apart [KIB] [SECONDS]
 *       the store stands as in pinfold's loop: 64 bytes of code from what follows it (x86-64)
 *
 * Prints ns a page: median and quartiles of the rounds that kept the CPU and had its core alone
 * (docs/measuring.md), and the faults that the kernel counted.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, ROUNDS_MAX = 100000 };

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

static long switches(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_nivcsw;
}

#ifdef __x86_64__
static void stores_apart(char *p, size_t len, long value)
{
	for (size_t at = 0; at < len; at += PAGE)
		__asm__ volatile(".balign 64\n\tmovq %1, %0\n\t.balign 64"
				 : "=m"(*(long *)(void *)(p + at))
				 : "r"(value)
				 : "memory");
}
#else
#define stores_apart stores
#endif

static void stores(volatile char *p, size_t len, char value)
{
	for (size_t at = 0; at < len; at += PAGE)
		p[at] = value;
}

static void loads(const volatile char *p, size_t len)
{
	for (size_t at = 0; at < len; at += PAGE)
		(void)p[at];
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid < 0) {
		perror("fork");
		exit(1);
	}
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

/* Independent ones last longer when the core's other thread has work. */
static double additions(void)
{
	unsigned long a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
	double start = now_ns();

	for (int i = 0; i < 1600; i++) {
		a++, b++, c++, d++, e++, f++, g++, h++;
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
		__asm__ volatile("" : "+r"(e), "+r"(f), "+r"(g), "+r"(h));
	}
	return now_ns() - start;
}

/* Those that were as quick as any, if there are enough of them. */
static int alone(double *ns, const double *added, int rounds)
{
	double least = added[0];
	int n = 0, kept = 0;

	for (int i = 0; i < rounds; i++) {
		if (added[i] < least)
			least = added[i];
	}
	for (int i = 0; i < rounds; i++)
		n += added[i] < least * 1.04;
	for (int i = 0; i < rounds && n >= 20; i++) {
		if (added[i] < least * 1.04)
			ns[kept++] = ns[i];
	}
	return kept ? kept : rounds;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Runs on another CPU from here on, or on the first one again. */
static void move(int far)
{
	static cpu_set_t home;
	cpu_set_t set;

	if (!far) {
		sched_setaffinity(0, sizeof(home), &home);
		return;
	}
	sched_getaffinity(0, sizeof(home), &home);
	CPU_ZERO(&set);
	for (int i = 0; i < (int)sysconf(_SC_NPROCESSORS_ONLN); i++)
		if (!CPU_ISSET(i, &home))
			CPU_SET(i, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static char *map(size_t len, const char *mode, int fd)
{
	int flags = !strncmp(mode, "map-shared", 10) ? MAP_SHARED : MAP_PRIVATE;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, fd < 0 ? flags | MAP_ANONYMOUS : flags,
		       fd, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	madvise(p, len, MADV_NOHUGEPAGE);
	return p;
}

/* With pages that nothing has mapped yet. */
static void renew(int fd, size_t len)
{
	static const char page[PAGE] = { 1 };

	if (ftruncate(fd, 0))
		perror("ftruncate");
	for (size_t at = 0; at < len; at += PAGE)
		if (pwrite(fd, page, PAGE, (off_t)at) != PAGE)
			perror("pwrite");
}

/* One round: the time of the loop of faults, or of map to munmap. */
static double one_round(const char *mode, size_t len, int fd, long *counted)
{
	double start, ns;
	pid_t pid = 0;
	long before;
	char *p;

	if (strstr(mode, "-new"))
		renew(fd, len);
	start = now_ns();
	p = map(len, mode, fd);

	if (*mode == 'm') {
		before = faults();
		stores(p, len, 2);
		*counted += faults() - before;
		ns = now_ns() - start;
		if (strstr(mode, "-far"))
			move(1);
		start = now_ns();
		munmap(p, len);
		ns += now_ns() - start;
		if (strstr(mode, "-far"))
			move(0);
		return ns;
	}
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
	else if (strstr(mode, "-apart"))
		stores_apart(p, len, 2);
	else
		stores(p, len, 2);
	ns = now_ns() - start;
	*counted += faults() - before;
	if (strstr(mode, "-far"))
		move(1);
	if (*mode == 'c')
		end(pid);
	munmap(p, len);
	if (strstr(mode, "-far"))
		move(0);
	return ns;
}

int main(int argc, char **argv)
{
	static double ns[ROUNDS_MAX], added[ROUNDS_MAX];
	const char *mode = argc > 1 ? argv[1] : "touch";
	size_t len = (argc > 2 ? strtoul(argv[2], NULL, 10) : 4096) * 1024, pages = len / PAGE;
	double seconds = argc > 3 ? atof(argv[3]) : 1, until;
	int fd = argc > 4 ? open(argv[4], O_RDWR | O_CREAT, 0600) : -1, rounds = 0, all = 0;
	long counted = 0;

	if (argc > 4 && (fd < 0 || ftruncate(fd, (off_t)len))) {
		perror(argv[4]);
		return 1;
	}
	one_round(mode, len, fd, &counted); /* warm-up */
	counted = 0;
	until = now_ns() + seconds * 1e9;
	while (rounds < ROUNDS_MAX && (rounds < 5 || now_ns() < until)) {
		long before = switches();
		double first = additions(), last;

		ns[rounds] = one_round(mode, len, fd, &counted) / (double)pages;
		last = additions();
		added[rounds] = first > last ? first : last;
		all++;
		rounds += switches() == before || now_ns() > until + seconds * 1e9;
	}
	rounds = alone(ns, added, rounds);
	qsort(ns, (size_t)rounds, sizeof(*ns), by_size);
	printf("%s: median %.0f quartiles %.0f %.0f ns a page; %.0f pages/s; %d rounds, "
	       "%d undisturbed, %.3f faults a page\n",
	       mode, ns[rounds / 2], ns[rounds / 4], ns[rounds * 3 / 4], 1e9 / ns[rounds / 2], all,
	       rounds, (double)counted / ((double)all * (double)pages));
	return 0;
}
