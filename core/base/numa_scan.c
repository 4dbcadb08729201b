// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/numa_scan.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/lru.h"
#include "core/base/util.h"

/* A number behind a word that begins a line, or -1. */
static long number_of(const char *path, const char *word)
{
	static char text[32768];
	size_t len = strlen(word);

	if (file_read(path, text, sizeof(text)) < 0)
		return -1;
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, len) || (line[len] != ' ' && line[len] != ':'))
			continue;
		return strtol(line + len + strspn(line + len, " :\t"), NULL, 10);
	}
	return -1;
}

static long passes(void)
{
	return number_of("/proc/self/sched", "mm->numa_scan_seq");
}

static int sleeper(void *arg)
{
	(void)arg;
	while (pause() < 0)
		;
	return 0;
}

/* The passes skip what is on the node of a process that is alone in its memory. */
static pid_t company(void)
{
	static char stack[16 * BASE_PAGE] __attribute__((aligned(BASE_PAGE)));

	return clone(sleeper, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
}

/* Two more passes begun: one of them was whole. */
static int wait_for_pass(unsigned timeout_ms)
{
	uint64_t end = now_ns() + (uint64_t)timeout_ms * 1000000;
	long first = passes();

	if (first < 0)
		return -ENOENT;
	while (now_ns() < end) {
		uint64_t spin = now_ns() + 5000000;

		if (passes() >= first + 2)
			return NUMA_SCANNED;
		while (now_ns() < spin)
			;
	}
	return NUMA_NO_PASS;
}

static long minor_faults(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) ? -1 : u.ru_minflt;
}

/* The counter is of all processes, the fault is ours: a page that is there has no other one. */
static int scan_beside(volatile char *page, unsigned timeout_ms)
{
	long hints, faults;
	int err;

	*page = 1;
	/* change_pte_range() skips what has a second reference (80d47f5de5e3, 5.17; until 6.1). */
	lru_drain();
	err = wait_for_pass(timeout_ms);
	if (err)
		return err;
	hints = number_of("/proc/vmstat", "numa_hint_faults");
	faults = minor_faults();
	*page = 2;
	faults = minor_faults() - faults;
	return faults > 0 && number_of("/proc/vmstat", "numa_hint_faults") > hints ? NUMA_SCANNED :
										     NUMA_NO_FAULT;
}

int numa_scan(unsigned timeout_ms)
{
	void *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t other = page == MAP_FAILED ? -1 : company();
	int err = other < 0 ? -errno : scan_beside(page, timeout_ms);

	if (other > 0) {
		kill(other, SIGKILL);
		waitpid(other, NULL, 0);
	}
	if (page != MAP_FAILED)
		munmap(page, BASE_PAGE);
	return err;
}
