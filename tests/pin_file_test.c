// SPDX-License-Identifier: GPL-2.0-only
/* The contract of mechanisms that hold a file's pages (core/pin/pin.h). */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "core/need/need.h"
#include "core/pin/kinds.h"

enum { PAGES = 3, LEN = PAGES * BASE_PAGE };

struct bench {
	struct pin pin;
	char *area, *image;
	uint8_t *sectors;
};

static const struct pin_kind *kind;

static void bench_make(struct bench *b, const void *state)
{
	char why[128] = "";
	int fd;

	kind = state;
	for (int i = 0; i < (int)ARRAY_SIZE(kind->needs) && kind->needs[i]; i++) {
		if (need_check(kind->needs[i], true, why, sizeof(why))) {
			print_message("%s needs %s: %s\n", kind->name, kind->needs[i], why);
			skip();
		}
	}
	assert_true(kind->file);
	assert_int_equal(kind->open ? kind->open() : 0, 0);
	fd = memfd_create("pin_file_test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, LEN), 0);
	b->area = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b->image = pin_alloc(LEN);
	b->sectors = pin_alloc(PAGES);
	memset(b->area, 1, LEN);
	b->pin =
		(struct pin){ .kind = kind, .addr = b->area, .len = LEN, .max_len = LEN, .fd = fd };
	assert_int_equal(kind->prepare(&b->pin), 0);
}

static void bench_end(struct bench *b)
{
	kind->release(&b->pin);
	if (kind->close)
		kind->close();
	close(b->pin.fd);
	munmap(b->area, LEN);
	munmap(b->image, LEN);
	munmap(b->sectors, PAGES);
}

static void look(struct bench *b)
{
	const struct pin_data data = { b->image, b->sectors };

	memset(b->sectors, 0, PAGES);
	memset(b->image, 0, LEN);
	assert_int_equal(kind->device_read(&b->pin, &data), 0);
}

static void shows_the_file(void **state)
{
	struct bench b;

	bench_make(&b, *state);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(kind->pin(&b.pin), 0);
		look(&b);
		assert_memory_equal(b.image, b.area, LEN);
		memset(b.area, 2 + i, LEN);
		look(&b);
		assert_memory_equal(b.image, b.area, LEN);
		assert_int_equal(b.sectors[0] & b.sectors[1] & b.sectors[2], 0xff);
		assert_int_equal(kind->unpin(&b.pin), 0);
	}
	bench_end(&b);
}

static void one_page_of_many(void **state)
{
	struct bench b;

	bench_make(&b, *state);
	b.pin.start = BASE_PAGE;
	b.pin.addr = b.area + BASE_PAGE;
	b.pin.len = BASE_PAGE;
	assert_int_equal(kind->pin(&b.pin), 0);
	memset(b.area + BASE_PAGE, 7, BASE_PAGE);
	look(&b);
	assert_memory_equal(b.image + BASE_PAGE, b.area + BASE_PAGE, BASE_PAGE);
	assert_int_equal(b.sectors[0], 0);
	assert_int_equal(b.sectors[1], 0xff);
	if (kind->device_write) {
		memset(b.image, 9, SECTOR);
		assert_int_equal(kind->device_write(&b.pin, SECTOR, SECTOR, b.image), 0);
		assert_memory_equal(b.area + BASE_PAGE + SECTOR, b.image, SECTOR);
		assert_int_equal(b.area[BASE_PAGE], 7);
		assert_int_equal(b.area[0], 1);
	}
	assert_int_equal(kind->unpin(&b.pin), 0);
	bench_end(&b);
}

static void keeps_punched_pages(void **state)
{
	struct bench b;

	bench_make(&b, *state);
	assert_int_equal(kind->pin(&b.pin), 0);
	assert_int_equal(fallocate(b.pin.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, LEN),
			 0);
	memset(b.area, 5, LEN);
	look(&b);
	for (int i = 0; i < LEN; i++)
		assert_int_equal(b.image[i], 1);
	assert_int_equal(kind->unpin(&b.pin), 0);
	bench_end(&b);
}

static void descendant_pins(void **state)
{
	struct bench b;
	int status;
	pid_t pid;

	bench_make(&b, *state);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (!pid) {
		if (kind->pin(&b.pin))
			_exit(1);
		memset(b.area, 6, LEN);
		look(&b);
		_exit(memcmp(b.image, b.area, LEN) || kind->unpin(&b.pin) ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	bench_end(&b);
}

#define ONE(test, kind) cmocka_unit_test_prestate(test, (void *)(uintptr_t) & (kind))
#define EACH(kind)                                                                              \
	ONE(shows_the_file, kind), ONE(one_page_of_many, kind), ONE(keeps_punched_pages, kind), \
		ONE(descendant_pins, kind)

int main(void)
{
	const struct CMUnitTest tests[] = { EACH(pin_splice), EACH(pin_udmabuf) };

	return cmocka_run_group_tests_name("pin_file", tests, NULL, NULL);
}
