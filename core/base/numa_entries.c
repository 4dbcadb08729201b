// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/numa_entries.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/base/util.h"

enum { RING = 16 * BASE_PAGE };

#ifdef __x86_64__

#include <asm/perf_regs.h>

enum { ENTRY_REGS = 1 << PERF_REG_X86_DX | 1 << PERF_REG_X86_SI, BACK_REGS = 1 << PERF_REG_X86_AX };

/* change_prot_numa(area, from, to). Registers come in the order of their numbers. */
struct entry_sample {
	struct perf_event_header header;
	uint64_t abi, to, from;
};

struct back_sample {
	struct perf_event_header header;
	uint64_t abi, updates;
};

static int open_event(uint64_t regs, bool back)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = (uint32_t)file_number("/sys/bus/event_source/devices/kprobe/type"),
		.config = back, /* format/retprobe: config:0 */
		.kprobe_func = (uintptr_t) "change_prot_numa",
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_REGS_INTR,
		.sample_regs_intr = regs,
	};
	int fd = attr.type == UINT32_MAX ?
			 -1 :
			 (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return attr.type == UINT32_MAX ? -ENOENT : fd < 0 ? -errno : fd;
}

/* The next sample of a ring that nothing has wrapped, or NULL at its end. */
static const void *next(const struct perf_event_mmap_page *ring, uint64_t *at, size_t size)
{
	uint64_t head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
	const char *data = (const char *)ring + BASE_PAGE;

	while (*at < head) {
		const struct perf_event_header *h = (const void *)(data + *at);

		*at += h->size;
		if (h->type == PERF_RECORD_SAMPLE && h->size == size)
			return h;
	}
	return NULL;
}

long numa_entries_count(const struct numa_entries *e, const void *addr, size_t len)
{
	const uint64_t first = (uintptr_t)addr;
	const struct entry_sample *in;
	const struct back_sample *out;
	uint64_t at = 0, back_at = 0;
	long sum = 0;

	while ((in = next(e->entries, &at, sizeof(*in))) &&
	       (out = next(e->backs, &back_at, sizeof(*out))))
		if (in->from < first + len && in->to > first)
			sum += (long)out->updates;
	/* A return whose call was not seen: then no pair is sure. */
	return !in && next(e->backs, &back_at, sizeof(*out)) ? -1 : sum;
}

#else

enum { ENTRY_REGS, BACK_REGS };

static int open_event(uint64_t regs, bool back)
{
	(void)regs;
	(void)back;
	return -ENOTSUP;
}

long numa_entries_count(const struct numa_entries *e, const void *addr, size_t len)
{
	(void)e;
	(void)addr;
	(void)len;
	return 0;
}

#endif

static int open_ring(uint64_t regs, bool back, int *fd, void **ring)
{
	*fd = open_event(regs, back);
	if (*fd < 0)
		return *fd;
	*ring = mmap(NULL, BASE_PAGE + RING, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	return *ring == MAP_FAILED ? -errno : 0;
}

int numa_entries_open(struct numa_entries *e)
{
	int err;

	*e = (struct numa_entries){ -1, -1, MAP_FAILED, MAP_FAILED };
	err = open_ring(BACK_REGS, true, &e->back, &e->backs);
	if (!err)
		err = open_ring(ENTRY_REGS, false, &e->entry, &e->entries);
	if (err)
		numa_entries_close(e);
	return err;
}

void numa_entries_close(struct numa_entries *e)
{
	if (e->entries != MAP_FAILED)
		munmap(e->entries, BASE_PAGE + RING);
	if (e->backs != MAP_FAILED)
		munmap(e->backs, BASE_PAGE + RING);
	close_fd(&e->entry);
	close_fd(&e->back);
	*e = (struct numa_entries){ -1, -1, MAP_FAILED, MAP_FAILED };
}
