// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/pattern.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/util.h"

/*
 * word: nonce 16 | value 16 | region 3 | page 14 | place 9 | tag 6. pin/pbuf.c wants that order,
 * and so does a clock, which counts from the right.
 */
enum { WORD_BYTES = 8, TAG = 0x2b, PLACE_AT = 6, PAGE_AT = 15, REGION_AT = 29, VALUE_AT = 32 };

static uint64_t word_make(value_t v, const struct pattern_site *site, size_t place)
{
	return (uint64_t)site->nonce << 48 | (uint64_t)v << VALUE_AT |
	       (uint64_t)(site->region & 7) << REGION_AT |
	       (uint64_t)(site->page & 0x3fff) << PAGE_AT | (uint64_t)(place & 0x1ff) << PLACE_AT |
	       TAG;
}

/* The common case, as a loop that the compiler can make wide. */
static bool is_all(const char *at, size_t len, uint64_t first, uint64_t step)
{
	uint64_t differs = 0;

	for (size_t i = 0; i < len / WORD_BYTES; i++) {
		uint64_t w;

		memcpy(&w, at + i * WORD_BYTES, sizeof(w));
		differs |= w ^ (first + i * step);
	}
	return !differs;
}

void pattern_fill(void *base, size_t off, size_t len, value_t v, const struct pattern_site *site)
{
	uint64_t *at = (uint64_t *)((char *)base + off);

	for (size_t i = 0; i < len / WORD_BYTES; i++)
		at[i] = v == VALUE_ZERO ? 0 : word_make(v, site, off / WORD_BYTES + i);
}

struct pattern_read pattern_decode(const void *base, size_t off, size_t len,
				   const struct pattern_site *site)
{
	struct pattern_read r = { PATTERN_VALUE, 0, (uint16_t)off, 0 };
	const char *at = (const char *)base + off;

	memcpy(&r.word, at, sizeof(r.word));
	r.value = (value_t)(r.word >> VALUE_AT);
	if (r.value == VALUE_ZERO ?
		    is_all(at, len, 0, 0) :
		    is_all(at, len, word_make(r.value, site, off / WORD_BYTES), 1 << PLACE_AT))
		return r;
	for (size_t i = 0; i < len / WORD_BYTES; i++) {
		size_t place = off / WORD_BYTES + i;
		uint16_t byte = (uint16_t)(place * WORD_BYTES);
		uint64_t w;
		value_t v;

		memcpy(&w, (const char *)base + byte, sizeof(w));
		v = (value_t)(w >> VALUE_AT);
		if (w != (v == VALUE_ZERO ? 0 : word_make(v, site, place)))
			return (struct pattern_read){ PATTERN_FOREIGN, v, byte, w };
		if (!i) {
			r.value = v;
			r.word = w;
		} else if (v != r.value) {
			return (struct pattern_read){ PATTERN_TORN, v, byte, w };
		}
	}
	return r;
}

void pattern_spread(void *words, unsigned n, unsigned seen, uint64_t word)
{
	const uint64_t place = (uint64_t)0x1ff << PLACE_AT;

	for (unsigned i = 0; i < n; i++) {
		uint64_t w = word;

		if ((word & 0x3f) == TAG)
			w = (word & ~place) |
			    ((((word >> PLACE_AT) + i - seen) << PLACE_AT) & place);
		memcpy((char *)words + (size_t)i * WORD_BYTES, &w, sizeof(w));
	}
}

uint64_t pattern_before(uint64_t clock, uint16_t nonce)
{
	const uint64_t low = ((uint64_t)1 << 48) - 1;

	clock &= low;
	if (clock < WORD_TICKS)
		return 0;
	/* Every word of ours ends with the tag. */
	return (uint64_t)nonce << 48 | ((clock - ((clock - TAG) & (WORD_TICKS - 1))) & low);
}

char *value_print(value_t v, char *buf, size_t size)
{
	unsigned who = value_writer(v), n = value_number(v);

	if (v == VALUE_ZERO)
		snprintf(buf, size, "zero");
	else if (who == 0)
		snprintf(buf, size, "P=%u", n);
	else if (who == 1)
		snprintf(buf, size, "C=%u", n);
	else if (who < WRITER_FILE)
		snprintf(buf, size, "C%u=%u", who, n);
	else if (who == WRITER_FILE)
		snprintf(buf, size, "F=%u", n);
	else if (who == WRITER_BYSTANDER)
		snprintf(buf, size, "X=%u", n);
	else
		snprintf(buf, size, "D%u=%u", who - WRITER_DEVICE + 1, n);
	return buf;
}

char *pattern_describe(uint64_t word, char *buf, size_t size)
{
	char value[16];

	if ((word & 0x3f) == TAG)
		snprintf(buf, size, "%s of cell %04x, region %u, page %u, word %u",
			 value_print((value_t)(word >> VALUE_AT), value, sizeof(value)),
			 (unsigned)(word >> 48), (unsigned)(word >> REGION_AT & 7),
			 (unsigned)(word >> PAGE_AT & 0x3fff),
			 (unsigned)(word >> PLACE_AT & 0x1ff));
	else
		snprintf(buf, size, "none of ours: %016" PRIx64, word);
	return buf;
}
