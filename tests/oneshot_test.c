// SPDX-License-Identifier: GPL-2.0-only
/* The contract of one-shot mechanisms (core/pin/pin.h), each on memory of its own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "core/need/need.h"
#include "core/pin/kinds.h"

enum { SMALL = 2 * BASE_PAGE, BIG = HUGE_PAGE + BASE_PAGE };

struct bench {
	struct pin pin;
	char *area, *image, *source;
	uint8_t *sectors;
};

static const struct pin_kind *kind;

static void fill(void *area, size_t len, uint32_t seed)
{
	uint32_t *word = area;

	for (size_t i = 0; i < len / sizeof(*word); i++)
		word[i] = seed + (uint32_t)i * 2654435761u;
}

static void bench_make(struct bench *b, const void *state, size_t len)
{
	char why[128] = "";

	kind = state;
	for (int i = 0; i < (int)ARRAY_SIZE(kind->needs) && kind->needs[i]; i++) {
		if (need_check(kind->needs[i], true, why, sizeof(why))) {
			print_message("%s needs %s: %s\n", kind->name, kind->needs[i], why);
			skip();
		}
	}
	assert_true(kind->oneshot);
	assert_int_equal(kind->open ? kind->open() : 0, 0);
	memset(b, 0, sizeof(*b));
	b->area = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	b->image = pin_alloc(len);
	b->source = pin_alloc(len);
	b->sectors = pin_alloc(len / BASE_PAGE);
	fill(b->area, len, 1);
	fill(b->source, len, 99);
	b->pin =
		(struct pin){ .kind = kind, .addr = b->area, .len = len, .max_len = len, .fd = -1 };
	assert_int_equal(kind->prepare(&b->pin), 0);
}

static void bench_end(struct bench *b)
{
	size_t len = b->pin.max_len;

	kind->release(&b->pin);
	if (kind->close)
		kind->close();
	munmap(b->area, len);
	munmap(b->image, len);
	munmap(b->source, len);
	munmap(b->sectors, len / BASE_PAGE);
}

static int device_gives(struct bench *b)
{
	int err = 0;

	for (size_t off = 0; !err && off < b->pin.len; off += SECTOR)
		err = kind->device_write(&b->pin, off, SECTOR, b->source + off);
	return err;
}

static int device_takes(struct bench *b)
{
	struct pin_data data = { .dst = b->image, .sectors = b->sectors };

	memset(b->sectors, 0, b->pin.max_len / BASE_PAGE);
	return kind->device_read(&b->pin, &data);
}

/* The bytes move when the device step says so, not before, and all of them. */
static int transfers_also(struct bench *b, bool stored_to)
{
	size_t len = b->pin.len;
	char *before = b->image;

	memcpy(before, b->area, len);
	if (kind->pin(&b->pin))
		return 1;
	if (kind->device_write) {
		if (memcmp(before, b->area, len))
			return 2;
		if (device_gives(b) || memcmp(b->area, b->source, len))
			return 3;
	} else {
		if (stored_to)
			fill(b->area, len, 7);
		if (device_takes(b) || memcmp(b->image, b->area, len))
			return 4;
		for (size_t i = 0; i < len / SECTOR; i++)
			if (!(b->sectors[i / PAGE_SECTORS] >> i % PAGE_SECTORS & 1))
				return 5;
	}
	return kind->unpin(&b->pin) ? 6 : 0;
}

static int transfers(struct bench *b)
{
	return transfers_also(b, false);
}

/* Of memory that was never shared or protected, also a plain reference shows each store. */
static void small_transfer(void **state)
{
	struct bench b;

	bench_make(&b, *state, SMALL);
	for (int i = 0; i < 20; i++)
		assert_int_equal(transfers_also(&b, true), 0);
	bench_end(&b);
}

static void big_transfer(void **state)
{
	struct bench b;

	bench_make(&b, *state, BIG);
	assert_int_equal(transfers_also(&b, true), 0);
	assert_int_equal(transfers_also(&b, true), 0);
	bench_end(&b);
}

static void one_sector(void **state)
{
	struct bench b;

	bench_make(&b, *state, SMALL);
	b.pin.addr += 3 * SECTOR;
	b.pin.len = SECTOR;
	b.pin.start = 3 * SECTOR;
	assert_int_equal(kind->pin(&b.pin), 0);
	if (kind->device_write) {
		assert_int_equal(device_gives(&b), 0);
		assert_memory_equal(b.area + 3 * SECTOR, b.source, SECTOR);
		assert_memory_not_equal(b.area + 4 * SECTOR, b.source, SECTOR);
	} else {
		assert_int_equal(device_takes(&b), 0);
		assert_memory_equal(b.area + 3 * SECTOR, b.image + 3 * SECTOR, SECTOR);
		assert_int_equal(b.sectors[0], 8);
		assert_int_equal(b.sectors[1], 0);
	}
	bench_end(&b);
}

static void unpin_moves_nothing(void **state)
{
	struct bench b;

	bench_make(&b, *state, SMALL);
	for (int i = 0; i < 20; i++) {
		memcpy(b.image, b.area, SMALL);
		assert_int_equal(kind->pin(&b.pin), 0);
		assert_int_equal(kind->unpin(&b.pin), 0);
		assert_memory_equal(b.image, b.area, SMALL);
	}
	assert_int_equal(transfers(&b), 0);
	bench_end(&b);
}

static void stays_in_flight(void **state)
{
	const struct timespec nap = { .tv_nsec = 350000000 };
	struct bench b;

	bench_make(&b, *state, SMALL);
	memcpy(b.image, b.area, SMALL);
	assert_int_equal(kind->pin(&b.pin), 0);
	nanosleep(&nap, NULL);
	assert_memory_equal(b.image, b.area, SMALL);
	assert_int_equal(kind->pin(&b.pin), -EBUSY);
	assert_int_equal(kind->unpin(&b.pin), 0);
	bench_end(&b);
}

static void refused(void **state)
{
	struct bench b;

	for (size_t len = SMALL;; len = BIG) {
		bench_make(&b, *state, len);
		assert_int_equal(mprotect(b.area, len, PROT_NONE), 0);
		assert_int_equal(kind->pin(&b.pin), -EFAULT);
		assert_int_equal(mprotect(b.area, len, PROT_READ | PROT_WRITE), 0);
		assert_int_equal(transfers(&b), 0);
		bench_end(&b);
		if (len == BIG)
			break;
	}
}

static void descendant_transfers(void **state)
{
	struct bench b;
	int status;
	pid_t pid;

	bench_make(&b, *state, SMALL);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (!pid)
		_exit(transfers(&b));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(transfers(&b), 0);
	bench_end(&b);
}

/* exit_aio() waits for the transfer, so the other side has to notice. */
static void submitter_may_die(void **state)
{
	struct bench b;
	int status;
	pid_t pid;

	bench_make(&b, *state, SMALL);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (!pid)
		_exit(kind->pin(&b.pin) ? 1 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	kind->release(&b.pin);
	assert_int_equal(kind->prepare(&b.pin), 0);
	assert_int_equal(transfers(&b), 0);
	bench_end(&b);
}

#define ONE(test, kind) cmocka_unit_test_prestate(test, (void *)(uintptr_t) & (kind))
#define EACH(kind)                                                                              \
	ONE(small_transfer, kind), ONE(big_transfer, kind), ONE(one_sector, kind),              \
		ONE(unpin_moves_nothing, kind), ONE(stays_in_flight, kind), ONE(refused, kind), \
		ONE(descendant_transfers, kind), ONE(submitter_may_die, kind)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(pin_fuse_read), EACH(pin_fuse_write), EACH(pin_aio_read), EACH(pin_aio_write),
		EACH(pin_dio_read),  EACH(pin_dio_write),  EACH(pin_zc),
	};

	return cmocka_run_group_tests_name("oneshot", tests, NULL, NULL);
}
