// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/pattern.h"
#include "core/base/util.h"
#include "core/guard/guard.h"
#include "core/need/need.h"
#include "core/pin/kinds.h"
#include "core/pin/pin.h"

enum { BIG = 2 * HUGE_PAGE, WRITTEN = 2 * BASE_PAGE };

/* A mechanism on a region of its own, and room for what it shows. */
struct bench {
	struct pin pin;
	char *area, *image;
	uint8_t *sectors;
};

static const struct pin_kind *kind;

static void *shared(size_t size)
{
	void *p = pin_alloc(size);

	assert_non_null(p);
	return p;
}

static void need_or_skip(void)
{
	char why[128] = "";

	for (int i = 0; i < (int)ARRAY_SIZE(kind->needs) && kind->needs[i]; i++) {
		if (need_check(kind->needs[i], true, why, sizeof(why))) {
			print_message("%s needs %s: %s\n", kind->name, kind->needs[i], why);
			skip();
		}
	}
	if (kind->open)
		assert_int_equal(kind->open(), 0);
}

static void bench_make(struct bench *b, size_t len)
{
	need_or_skip();
	memset(b, 0, sizeof(*b));
	b->area = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(b->area, MAP_FAILED);
	b->image = shared(len);
	b->sectors = shared(len / BASE_PAGE);
	b->pin = (struct pin){ .kind = kind, .index = 1, .addr = b->area, .nonce = PATTERN_NONCE };
	b->pin.len = b->pin.max_len = len;
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
	munmap(b->sectors, len / BASE_PAGE);
}

/* Sectors that the device shows and that hold the bytes of memory; -errno. */
static int look(struct bench *b)
{
	struct pin_data data = { .dst = b->image, .sectors = b->sectors };
	size_t count = b->pin.max_len / SECTOR;
	int err, same = 0;

	memset(b->sectors, 0, b->pin.max_len / BASE_PAGE);
	err = kind->device_read(&b->pin, &data);
	if (err)
		return err;
	for (size_t s = 0; s < count; s++) {
		if (!(b->sectors[s / PAGE_SECTORS] >> s % PAGE_SECTORS & 1))
			continue;
		if (memcmp(b->image + s * SECTOR, b->area + s * SECTOR, SECTOR))
			return -ERANGE;
		same++;
	}
	return same;
}

static void fill(struct bench *b, value_t seed)
{
	struct pattern_site site = { .nonce = b->pin.nonce };

	for (; site.page < b->pin.max_len / BASE_PAGE; site.page++)
		pattern_fill(b->area + (size_t)site.page * BASE_PAGE, 0, BASE_PAGE, seed, &site);
}

static bool marked(const struct bench *b, size_t sector)
{
	return b->sectors[sector / PAGE_SECTORS] >> sector % PAGE_SECTORS & 1;
}

static void shows_stores(size_t len)
{
	struct bench b;

	bench_make(&b, len);
	fill(&b, 1);
	assert_int_equal(kind->pin(&b.pin), 0);
	assert_true(look(&b) > 0);
	assert_true(marked(&b, 0));
	assert_true(marked(&b, len / SECTOR - 1));
	if (kind->promise != PROMISE_PINNER_VALUES)
		fill(&b, 2);
	assert_true(look(&b) > 0);
	assert_int_equal(pin_undo(&b.pin), 0);
	fill(&b, 3);
	assert_int_equal(kind->pin(&b.pin), 0);
	assert_true(look(&b) > 0);
	assert_int_equal(pin_undo(&b.pin), 0);
	bench_end(&b);
}

static void small_pin_shows_stores(void **state)
{
	kind = *state;
	shows_stores(kind->least ? kind->least : BASE_PAGE);
}

static void big_pin_shows_stores(void **state)
{
	kind = *state;
	shows_stores(BIG);
}

static void device_stores_reach_memory(void **state)
{
	static char source[WRITTEN];
	struct bench b;

	kind = *state;
	if (!kind->device_write)
		skip();
	bench_make(&b, WRITTEN);
	fill(&b, 1);
	memset(source, 0x5a, sizeof(source));
	assert_int_equal(kind->pin(&b.pin), 0);
	/* Soft-RoCE's on-demand regions have no offsets in a page (6.18, 7.3): a finding. */
	if (kind != &pin_rdma_odp) {
		assert_int_equal(kind->device_write(&b.pin, 3 * SECTOR, SECTOR, source), 0);
		assert_memory_equal(b.area + 3 * SECTOR, source, SECTOR);
		assert_memory_not_equal(b.area + 4 * SECTOR, source, SECTOR);
		assert_memory_not_equal(b.area + 2 * SECTOR, source, SECTOR);
	}
	assert_int_equal(kind->device_write(&b.pin, 0, sizeof(source), source), 0);
	assert_memory_equal(b.area, source, sizeof(source));
	assert_true(look(&b) > 0);
	assert_int_equal(pin_undo(&b.pin), 0);
	bench_end(&b);
}

/* In a child of the process that prepared; its memory differs from the parent's. */
static int child_pins(struct bench *b)
{
	static const char word[] = "device";
	char sector[SECTOR] = { 0 };

	fill(b, 7);
	if (kind->pin(&b->pin))
		return 1;
	if (look(b) <= 0)
		return 2;
	if (kind->promise != PROMISE_PINNER_VALUES) {
		fill(b, 8);
		if (look(b) <= 0)
			return 3;
	}
	if (kind->device_write && kind != &pin_rdma_odp) {
		memcpy(sector, word, sizeof(word));
		if (kind->device_write(&b->pin, SECTOR, SECTOR, sector) ||
		    strcmp(b->area + SECTOR, word))
			return 4;
	}
	return kind->unpin(&b->pin) ? 5 : 0;
}

static void descendant_pins_its_own_memory(void **state)
{
	struct bench b;
	int status;
	pid_t pid;

	kind = *state;
	bench_make(&b, WRITTEN);
	fill(&b, 1);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (!pid)
		_exit(child_pins(&b));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	fill(&b, 9);
	assert_int_equal(kind->pin(&b.pin), 0);
	assert_true(look(&b) > 0);
	assert_int_equal(pin_undo(&b.pin), 0);
	bench_end(&b);
}

static void refused_pin_holds_nothing(void **state)
{
	struct bench b;

	kind = *state;
	bench_make(&b, WRITTEN);
	fill(&b, 1);
	assert_int_equal(munmap(b.area + BASE_PAGE, BASE_PAGE), 0);
	if (kind->promise == PROMISE_FOLLOWS) {
		assert_int_equal(kind->pin(&b.pin), 0);
		assert_int_equal(look(&b), -EFAULT);
		assert_int_equal(pin_undo(&b.pin), 0);
	} else {
		/* xdp_umem_pin_pages() has another errno when it got some of the pages. */
		assert_int_equal(kind->pin(&b.pin), kind == &pin_xsk ? -ENOMEM : -EFAULT);
	}
	b.pin.len = BASE_PAGE;
	assert_int_equal(kind->pin(&b.pin), 0);
	assert_int_equal(pin_undo(&b.pin), 0);
	bench_end(&b);
}

static long vm_pin_kb(void)
{
	char text[4096];
	const char *line;

	assert_true(file_read("/proc/self/status", text, sizeof(text)) > 0);
	line = strstr(text, "VmPin:");
	return line ? atol(line + 6) : -1;
}

static void unpin_is_complete_on_return(void **state)
{
	struct bench b;
	long before;

	kind = *state;
	if (kind != &pin_uring_rw && kind != &pin_rdma_rw && kind != &pin_rdma_ro)
		skip();
	bench_make(&b, BIG);
	fill(&b, 1);
	before = vm_pin_kb();
	assert_int_equal(kind->pin(&b.pin), 0);
	if (vm_pin_kb() == before) {
		bench_end(&b);
		print_message("this kernel does not count the pins of %s in VmPin\n", kind->name);
		skip();
	}
	assert_int_equal(kind->unpin(&b.pin), 0);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(kind->pin(&b.pin), 0);
		assert_int_equal(vm_pin_kb(), before + BIG / 1024);
		assert_true(look(&b) > 0);
		assert_int_equal(kind->unpin(&b.pin), 0);
		assert_int_equal(vm_pin_kb(), before);
	}
	bench_end(&b);
}

static void mutants_lie(void **state)
{
	static char source[SECTOR];
	const struct pin_kind *const stale[] = { &mutant_copy_rw, &mutant_copy_ro,
						 &mutant_torn_rw };
	struct bench b;

	(void)state;
	memset(source, 0x5a, sizeof(source));
	for (size_t i = 0; i < ARRAY_SIZE(stale); i++) {
		kind = stale[i];
		bench_make(&b, WRITTEN);
		fill(&b, 1);
		assert_int_equal(kind->pin(&b.pin), 0);
		assert_true(look(&b) > 0);
		fill(&b, 2);
		assert_int_equal(look(&b), -ERANGE);
		assert_int_equal(pin_undo(&b.pin), 0);
		bench_end(&b);
	}
	kind = &mutant_wild_write;
	bench_make(&b, WRITTEN);
	assert_int_equal(kind->pin(&b.pin), 0);
	assert_int_equal(kind->device_write(&b.pin, 0, SECTOR, source), 0);
	assert_int_equal(b.area[0], 0);
	assert_int_equal(b.area[SECTOR], 0x5a);
	bench_end(&b);
	kind = &mutant_leak_rw;
	bench_make(&b, WRITTEN);
	assert_int_equal(kind->pin(&b.pin), 0);
	assert_int_equal(pin_undo(&b.pin), 0);
	fill(&b, 1);
	assert_true(look(&b) > 0);
	bench_end(&b);
}

static void leaky_get_shows_the_parent(void **state)
{
	struct bench b;
	int status;
	pid_t pid;

	(void)state;
	kind = &mutant_leak_get;
	bench_make(&b, BASE_PAGE);
	fill(&b, 1);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (!pid) {
		fill(&b, 2);
		_exit(kind->pin(&b.pin) || look(&b) != -ERANGE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(look(&b), PAGE_SECTORS);
	bench_end(&b);
}

static void names_find_kinds(void **state)
{
	(void)state;
	for (int i = 0; pin_kinds[i]; i++) {
		assert_ptr_equal(pin_kind_find(pin_kinds[i]->name), pin_kinds[i]);
		if (pin_kinds[i]->mutant && pin_kinds[i + 1])
			assert_true(pin_kinds[i + 1]->mutant);
	}
	assert_null(pin_kind_find("no-such"));
}

/* The environment names devices, as the options do. */
static void take(const char *variable, char *to, size_t size)
{
	const char *text = getenv(variable);

	snprintf(to, size, "%s", text ? text : "");
}

#define ONE(test, kind) cmocka_unit_test_prestate(test, (void *)(uintptr_t) & (kind))
#define EACH(kind)                                                                                \
	ONE(small_pin_shows_stores, kind), ONE(big_pin_shows_stores, kind),                       \
		ONE(device_stores_reach_memory, kind), ONE(descendant_pins_its_own_memory, kind), \
		ONE(refused_pin_holds_nothing, kind), ONE(unpin_is_complete_on_return, kind)
#define BOTH(word) EACH(word##_rw), EACH(word##_ro)
#define RINGS EACH(pin_sqes), EACH(pin_pbuf), EACH(pin_xsk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_find_kinds),
		cmocka_unit_test(mutants_lie),
		cmocka_unit_test(leaky_get_shows_the_parent),
		EACH(pin_uring_rw),
		RINGS,
		EACH(pin_vmsplice),
		BOTH(pin_vfio),
		BOTH(pin_word_vfio),
		BOTH(pin_iommufd),
		BOTH(pin_iommufd_test),
		BOTH(pin_gup),
		BOTH(pin_rdma),
		EACH(pin_rdma_odp),
	};
	const char *devices = getenv("PINFOLD_VFIO");
	char why[256] = "";
	int failed;

	if (devices && guard_start(why, sizeof(why))) {
		fprintf(stderr, "pin_test: %s\n", why);
		return 1;
	}
	take("PINFOLD_VFIO", host_options.vfio, sizeof(host_options.vfio));
	take("PINFOLD_NVME_SCRATCH", host_options.nvme_scratch, sizeof(host_options.nvme_scratch));
	take("PINFOLD_RDMA", host_options.rdma, sizeof(host_options.rdma));
	failed = cmocka_run_group_tests_name("pin", tests, NULL, NULL);
	if (devices && guard_end(why, sizeof(why))) {
		fprintf(stderr, "pin_test: %s\n", why);
		return 1;
	}
	return failed;
}
