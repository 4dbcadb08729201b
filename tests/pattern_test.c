// SPDX-License-Identifier: GPL-2.0-only
// What is stored says whose it is, and every wrong byte is noticed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/pattern.h"
#include "core/base/util.h"

static char page[BASE_PAGE] __attribute__((aligned(8)));
static const struct pattern_site site = { 0x1234, 2, 4095 };

static void filled_page_decodes(void **state)
{
	const value_t values[] = { value_make(0, 1), value_make(4, 254),
				   value_make(WRITER_FILE, 255), value_make(WRITER_DEVICE + 3, 7),
				   VALUE_ZERO };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		pattern_fill(page, 0, BASE_PAGE, values[i], &site);
		for (size_t off = 0; off < BASE_PAGE; off += SECTOR) {
			struct pattern_read r = pattern_decode(page, off, SECTOR, &site);

			assert_int_equal(r.state, PATTERN_VALUE);
			assert_int_equal(r.value, values[i]);
		}
	}
}

static void every_flipped_bit_is_noticed(void **state)
{
	value_t v = value_make(1, 3);

	(void)state;
	pattern_fill(page, 0, BASE_PAGE, v, &site);
	for (size_t bit = 0; bit < BASE_PAGE * 8; bit++) {
		struct pattern_read r;

		page[bit / 8] = (char)(page[bit / 8] ^ 1 << bit % 8);
		r = pattern_decode(page, bit / 8 / SECTOR * SECTOR, SECTOR, &site);
		assert_true(r.state != PATTERN_VALUE || r.value != v);
		page[bit / 8] = (char)(page[bit / 8] ^ 1 << bit % 8);
	}
	assert_int_equal(pattern_decode(page, 0, BASE_PAGE, &site).state, PATTERN_VALUE);
}

static void two_values_are_torn(void **state)
{
	struct pattern_read r;

	(void)state;
	pattern_fill(page, 0, BASE_PAGE, value_make(0, 1), &site);
	pattern_fill(page, 1000, 8, value_make(0, 2), &site);
	r = pattern_decode(page, 512, SECTOR, &site);
	assert_int_equal(r.state, PATTERN_TORN);
	assert_int_equal(r.offset, 1000);
	assert_int_equal(r.value, value_make(0, 2));
	pattern_fill(page, 1000, 8, VALUE_ZERO, &site);
	assert_int_equal(pattern_decode(page, 512, SECTOR, &site).state, PATTERN_TORN);
	assert_int_equal(pattern_decode(page, 1024, SECTOR, &site).state, PATTERN_VALUE);
}

static void other_places_are_foreign(void **state)
{
	const struct pattern_site others[] = { { 0x1235, 2, 4095 },
					       { 0x1234, 1, 4095 },
					       { 0x1234, 2, 4094 } };
	struct pattern_read r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		pattern_fill(page, 0, BASE_PAGE, value_make(0, 1), &others[i]);
		r = pattern_decode(page, 1024, SECTOR, &site);
		assert_int_equal(r.state, PATTERN_FOREIGN);
		assert_int_equal(r.offset, 1024);
	}
	/* The right page, moved by a sector. */
	pattern_fill(page, 0, BASE_PAGE, value_make(0, 1), &site);
	memmove(page, page + SECTOR, SECTOR);
	r = pattern_decode(page, 0, SECTOR, &site);
	assert_int_equal(r.state, PATTERN_FOREIGN);
	memset(page, 0xff, sizeof(page));
	assert_int_equal(pattern_decode(page, 0, SECTOR, &site).state, PATTERN_FOREIGN);
}

static void one_word_stands_for_its_line(void **state)
{
	uint64_t line[8], word;

	(void)state;
	pattern_fill(page, 0, BASE_PAGE, value_make(0, 3), &site);
	for (size_t at = 0; at < BASE_PAGE; at += sizeof(line)) {
		memcpy(&word, page + at + 4 * sizeof(word), sizeof(word));
		pattern_spread(line, 8, 4, word);
		assert_memory_equal(line, page + at, sizeof(line));
	}
	pattern_spread(line, 8, 4, 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(line[i], 0);
	pattern_spread(line, 8, 4, word + (1ull << 6));
	memcpy(page, line, sizeof(line));
	assert_int_equal(pattern_decode(page, 0, SECTOR, &site).state, PATTERN_FOREIGN);
}

static void clock_gives_the_word_back(void **state)
{
	const value_t v = value_make(3, 200);
	uint64_t word;

	(void)state;
	pattern_fill(page, 0, BASE_PAGE, v, &site);
	memcpy(&word, page + 3 * SECTOR, sizeof(word));
	for (uint64_t ticks = 0; ticks < WORD_TICKS; ticks++) {
		/* Above its 48 bits a clock tells other things. */
		uint64_t clock = (word + ticks) % (1ull << 48) + (1ull << 49);

		assert_true(pattern_before(clock, site.nonce) == word);
		assert_true(pattern_before(ticks, site.nonce) == 0);
	}
	assert_true(pattern_before(word + WORD_TICKS, site.nonce) != word);
	assert_true(pattern_before(WORD_TICKS, site.nonce) != 0);
}

static void values_have_names(void **state)
{
	char text[16];

	(void)state;
	assert_string_equal(value_print(VALUE_ZERO, text, sizeof(text)), "zero");
	assert_string_equal(value_print(value_make(0, 2), text, sizeof(text)), "P=2");
	assert_string_equal(value_print(value_make(1, 254), text, sizeof(text)), "C=254");
	assert_string_equal(value_print(value_make(2, 3), text, sizeof(text)), "C2=3");
	assert_string_equal(value_print(value_make(WRITER_FILE, 255), text, sizeof(text)), "F=255");
	assert_string_equal(value_print(value_make(WRITER_BYSTANDER, 1), text, sizeof(text)),
			    "X=1");
	assert_string_equal(value_print(value_make(WRITER_DEVICE, 4), text, sizeof(text)), "D1=4");
	assert_string_equal(value_print(value_make(WRITER_DEVICE + 1, 4), text, sizeof(text)),
			    "D2=4");
	for (unsigned who = 0; who < 16; who++)
		for (unsigned n = 1; n < 256; n++) {
			value_t v = value_make(who, n);

			assert_int_equal(value_writer(v), who);
			assert_int_equal(value_number(v), n);
			assert_int_not_equal(v, VALUE_ZERO);
		}
}

static void foreign_words_are_described(void **state)
{
	uint64_t word;
	char text[96];

	(void)state;
	pattern_fill(page, 0, BASE_PAGE, value_make(1, 9), &site);
	memcpy(&word, page + 80, sizeof(word));
	assert_string_equal(pattern_describe(word, text, sizeof(text)),
			    "C=9 of cell 1234, region 2, page 4095, word 10");
	assert_string_equal(pattern_describe(0xdead, text, sizeof(text)),
			    "none of ours: 000000000000dead");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filled_page_decodes),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(two_values_are_torn),
		cmocka_unit_test(other_places_are_foreign),
		cmocka_unit_test(one_word_stands_for_its_line),
		cmocka_unit_test(clock_gives_the_word_back),
		cmocka_unit_test(values_have_names),
		cmocka_unit_test(foreign_words_are_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
