// SPDX-License-Identifier: GPL-2.0-only
/* Regions of a process that called ibv_fork_init(). */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/base/util.h"
#include "core/mem/mem.h"
#include "core/need/kind.h"
#include "core/pin/kinds.h"
#include "rdma/rdma.h"

static const char *status_name(enum ibv_fork_status status)
{
	switch (status) {
	case IBV_FORK_DISABLED:
		return "off";
	case IBV_FORK_ENABLED:
		return "on";
	case IBV_FORK_UNNEEDED:
		return "not needed (the kernel copies at fork)";
	}
	return "unknown";
}

/* Lasts for the process: only in actors and in children that probe. */
static int start(enum ibv_fork_status *status)
{
	int err;

	setenv("RDMAV_HUGEPAGES_SAFE", "1", 1);
	err = ibv_fork_init();
	*status = ibv_is_fork_initialized();
	return -err;
}

static int prepare(struct pin *p)
{
	enum ibv_fork_status status;
	int err = start(&status);

	return err ? err : rdma_region_prepare(p);
}

#define FORK_KIND .charges = true, .by_name = true, .pin = rdma_region_register, RDMA_REGION_RW

const struct pin_kind pin_rdma_dontfork = {
	.name = "rdma-dontfork",
	.about = "RDMA memory region that libibverbs hides from children, after ibv_fork_init()",
	.rule = "ibv_fork_init(3); madvise(2) MADV_DONTFORK",
	.needs = { "rdma", "memlock", "rdma-fork-marks" },
	.prepare = prepare,
	.hides = true,
	FORK_KIND,
};

const struct pin_kind pin_rdma_copyfork = {
	.name = "rdma-copyfork",
	.about = "RDMA memory region after ibv_fork_init() where the kernel copies at fork",
	.rule = "ibv_is_fork_initialized(3); 6cc9e215eb27 (5.13); rdma-core 5a11b68ca (52)",
	.needs = { "rdma", "memlock", "rdma-copy-on-fork" },
	.prepare = prepare,
	FORK_KIND,
};

const struct pin_kind mutant_marks = {
	.name = "mutant-marks-nothing",
	.about = "says that it hides its memory from children and does not",
	.needs = { "rdma", "memlock" },
	.hides = true,
	.mutant = true,
	.prepare = rdma_region_prepare,
	FORK_KIND,
};

/* Whether a page that is registered has the mark: the library may set it without need. */
static int marked(bool *mark, enum ibv_fork_status *status, char *why, size_t size)
{
	char *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rdma_device d;
	struct ibv_mr *mr;
	const char *what;
	int flag, err = rdma_open(&d, host_options.rdma, &what);

	if (page == MAP_FAILED)
		return unmet(why, size, "memory: %s", errno_name(ENOMEM));
	if (err)
		return unmet(why, size, "%s: %s: %s", host_options.rdma, what, errno_name(-err));
	err = start(status);
	if (err)
		return unmet(why, size, "ibv_fork_init: %s", errno_name(-err));
	mr = ibv_reg_mr(d.pd, page, BASE_PAGE, RDMA_WRITABLE);
	if (!mr)
		return unmet(why, size, "registering memory: %s", errno_name(errno));
	flag = smaps_flag(page, "dc");
	ibv_dereg_mr(mr);
	rdma_close(&d);
	*mark = flag == 1;
	return flag < 0 ? unmet(why, size, "VmFlags: %s", errno_name(-flag)) : 0;
}

static int marks_try(char *why, size_t size)
{
	enum ibv_fork_status status = IBV_FORK_DISABLED;
	bool mark = false;
	int err = marked(&mark, &status, why, size);

	if (err || mark)
		return err;
	return unmet(why, size, "ibv_fork_init() marks nothing: %s", status_name(status));
}

static int marks_probe(char *why, size_t size)
{
	return rdma_probe_with(marks_try, why, size);
}

static int copies_try(char *why, size_t size)
{
	enum ibv_fork_status status = IBV_FORK_DISABLED;
	bool mark = false;
	int err = marked(&mark, &status, why, size);

	if (err || (!mark && status == IBV_FORK_UNNEEDED))
		return err;
	return unmet(why, size, "fork support is %s%s", status_name(status),
		     mark ? "; memory is marked MADV_DONTFORK" : "");
}

static int copies_probe(char *why, size_t size)
{
	return rdma_probe_with(copies_try, why, size);
}

const struct need need_rdma_marks = {
	.name = "rdma-fork-marks",
	.about = "libibverbs hides registered memory from children (ibv_fork_init)",
	.hint = "rdma-core before 52, or a kernel before 5.13, such as scripts/lab --kernel 5.10",
	.probe = marks_probe,
};

const struct need need_rdma_copies = {
	.name = "rdma-copy-on-fork",
	.about = "libibverbs leaves children to a kernel that copies pinned pages at fork",
	.hint = "Linux 5.13 ('rdma sys' shows copy-on-fork on) and rdma-core 52",
	.probe = copies_probe,
};
