/* SPDX-License-Identifier: GPL-2.0-only */
/* What core/emit/parts.c and core/emit/place.c share: the definitions, as they were split. */
#ifndef CORE_EMIT_CHUNK_H
#define CORE_EMIT_CHUNK_H

#include <stdbool.h>
#include <stddef.h>

enum { CHUNKS_MAX = 160, NAMES_MAX = 8, NAME_MAX_LEN = 32 };

struct chunk {
	const char *text, *end;
	char name[NAMES_MAX][NAME_MAX_LEN];
	int names;
	bool used;
	bool in_place; /* its one call has become its body */
};

struct parts {
	struct chunk chunk[CHUNKS_MAX];
	int n;
	const char *text;
};

/* Of an identifier. */
bool parts_in_word(char c);
/* Behind a comment or a string that begins at p, else p. */
const char *parts_skip(const char *p, const char *end);
/* Whether text has the identifier, beside comments, strings and members. */
bool parts_mentions(const char *text, const char *end, const char *name, size_t len);
/* The line without its conditions, or NULL when one does not hold. */
const char *parts_line(const struct parts *p, const char *line);
/* The start of the next line. */
const char *parts_line_end(const char *line);

#endif
