// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "core/base/util.h"
#include "core/mem/mem.h"
#include "rdma/rdma.h"

/* The parent has the page, mapped for reading by the device, then stored to. */
static bool store_shows(const struct rdma_device *d, char *page, char seen[SECTOR])
{
	struct ibv_mr *mr = ibv_reg_mr(d->pd, page, BASE_PAGE, RDMA_ON_DEMAND);
	bool shows = false;

	if (!mr)
		return false;
	if (!mover_read(mr->rkey, (uintptr_t)page, seen, SECTOR)) {
		seen[0] = 2;
		shows = !mover_write(mr->rkey, (uintptr_t)page, seen, SECTOR) && *page == 2;
	}
	ibv_dereg_mr(mr);
	return shows;
}

static int try_fork(const struct rdma_device *d)
{
	char *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char seen[SECTOR];
	int pair[2], status = 1;
	bool shows;
	pid_t pid;

	if (page == MAP_FAILED || pipe(pair))
		return 1;
	*page = 1;
	pid = fork();
	if (!pid) {
		close(pair[1]);
		_exit(read(pair[0], seen, 1) || *page != 1);
	}
	shows = pid > 0 && store_shows(d, page, seen);
	close(pair[1]);
	return pid < 0 || waitpid(pid, &status, 0) < 0 || status || !shows;
}

bool odp_breaks_cow(const struct rdma_device *d)
{
	int status = 1;
	pid_t pid = fork();

	if (!pid)
		_exit(try_fork(d));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static bool is_zero_page(unsigned long pfn)
{
	own_fd fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t flags;

	if (fd < 0 || pread(fd, &flags, sizeof(flags), (off_t)(pfn * sizeof(flags))) <= 0)
		return true;
	return flags >> KPF_ZERO_PAGE & 1;
}

bool odp_knows_zero_page(void)
{
	static volatile char byte;
	struct page_fact fact;

	byte = 1;
	return !page_fact((const char *)&byte, &fact) && fact.pfn && !is_zero_page(fact.pfn);
}

bool odp_meets_zero_page(const char *addr, size_t len)
{
	for (size_t off = 0; off < len; off += BASE_PAGE) {
		struct page_fact fact;

		if (page_fact(addr + off, &fact))
			return true;
		/* Not by fact.file_or_shared: the huge zero page has that too. */
		if (fact.present && !fact.exclusive && (!fact.pfn || is_zero_page(fact.pfn)))
			return true;
	}
	return false;
}
