/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is stored in memory: every aligned 8-byte word names its writer, value,
 * region, page, place in the page and cell, so that wrong bytes tell whose they
 * are and stale bytes of an earlier cell are known as such.
 */
#ifndef CORE_BASE_PATTERN_H
#define CORE_BASE_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* Who stored a value. Processes are 0..PROCS_MAX-1 in order of their creation. */
enum writer {
	WRITER_FILE = 8,
	WRITER_BYSTANDER = 9,
	WRITER_DEVICE = 10, /* + pin number, up to 15 */
};

/*
 * A model value: writer and number, 0 is memory that was never stored to.
 * Numbers are 1..255; 255 from WRITER_FILE is a file's first content.
 */
typedef uint16_t value_t;

enum { VALUE_ZERO = 0, VALUE_FILE_FIRST = 255 };

static inline value_t value_make(unsigned writer, unsigned number)
{
	return (value_t)((writer + 1) << 8 | (number & 0xff));
}

static inline unsigned value_writer(value_t v)
{
	return (v >> 8) - 1u;
}

static inline unsigned value_number(value_t v)
{
	return v & 0xff;
}

/* The least nonce: it is the tail of a ring that pin/pbuf.c reads, which must not seem empty. */
enum { PATTERN_NONCE = 0x8000 };

/* Where a pattern word belongs. page counts base pages inside the region. */
struct pattern_site {
	uint16_t nonce; /* of the cell, not 0; from PATTERN_NONCE on in cells */
	uint8_t region;
	uint32_t page;
};

/* Fills [off, off+len) of one base page at base; off and len 8-byte aligned. */
void pattern_fill(void *base, size_t off, size_t len, value_t v, const struct pattern_site *site);

enum pattern_state {
	PATTERN_VALUE,	 /* every word is v at its own place, or zero */
	PATTERN_TORN,	 /* words of different values */
	PATTERN_FOREIGN, /* another cell's, page's or place's bytes, or none of ours */
};

/* What one sector of a page holds. */
struct pattern_read {
	enum pattern_state state;
	value_t value;	 /* of the first word, or of the one that differs */
	uint16_t offset; /* bytes into the page of the word that says so */
	uint64_t word;	 /* raw */
};

/* Decodes len bytes at offset off of a page copied to base (8-byte aligned). */
struct pattern_read pattern_decode(const void *base, size_t off, size_t len,
				   const struct pattern_site *site);

/*
 * Of n aligned words only the one at index `seen` is known: gives the others what the
 * store that left it put there. Zero and foreign words are repeated.
 */
void pattern_spread(void *words, unsigned n, unsigned seen, uint64_t word);

/*
 * The word whose low 48 bits a clock has as its time, less than WORD_TICKS ticks after it
 * was set to them. The nonce has to be told.
 */
enum { WORD_TICKS = 64 };
uint64_t pattern_before(uint64_t clock, uint16_t nonce);

/* "P=2", "C=1", "F=255", "D=3", "zero" into buf. Returns buf. */
char *value_print(value_t v, char *buf, size_t size);

/* Describes a foreign word: whose cell, page and value it claims to be. */
char *pattern_describe(uint64_t word, char *buf, size_t size);

#endif
