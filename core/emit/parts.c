// SPDX-License-Identifier: GPL-2.0-only
#include "core/emit/parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/embedded.h"
#include "core/base/util.h"
#include "core/emit/chunk.h"

enum { INCLUDES_MAX = 64 };

bool parts_in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

const char *parts_skip(const char *p, const char *end)
{
	if (p + 1 < end && p[0] == '/' && p[1] == '*') {
		for (p += 2; p + 1 < end && !(p[0] == '*' && p[1] == '/');)
			p++;
		return p + 2 < end ? p + 2 : end;
	}
	if (*p != '"')
		return p;
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p + 1 < end ? p + 1 : end;
}

bool parts_mentions(const char *text, const char *end, const char *name, size_t len)
{
	for (const char *p = text; p < end;) {
		const char *behind = parts_skip(p, end), *word = p;
		bool member = p > text && (p[-1] == '.' || (p[-1] == '>' && p[-2] == '-'));

		if (behind != p) {
			p = behind;
			continue;
		}
		if (!parts_in_word(*p)) {
			p++;
			continue;
		}
		while (p < end && parts_in_word(*p))
			p++;
		if (!member && (size_t)(p - word) == len && !strncmp(word, name, len))
			return true;
	}
	return false;
}

bool parts_mention(const char *text, const char *name)
{
	return parts_mentions(text, text + strlen(text), name, strlen(name));
}

static void add_name(struct chunk *c, const char *from, const char *end)
{
	size_t len = (size_t)(end - from);

	if (!len || len >= NAME_MAX_LEN || c->names == NAMES_MAX)
		return;
	memcpy(c->name[c->names], from, len);
	c->name[c->names++][len] = '\0';
}

/* The identifiers of a declaration: each stands in front of one of the given characters. */
static void add_names(struct chunk *c, const char *line, const char *end, const char *before)
{
	const char *word = line;

	for (const char *p = line; p < end; p++) {
		if (parts_in_word(*p) && (p == line || !parts_in_word(p[-1])))
			word = p;
		if (!strchr(before, *p) || p == line || !parts_in_word(p[-1]))
			continue;
		add_name(c, word, p);
		if (*p == '(')
			return;
		if (*p == '=' || *p == '[')
			while (p < end && *p != ',' && *p != ';')
				p++;
	}
}

/* Of a line outside of braces. */
static void name_line(struct chunk *c, const char *line, const char *end)
{
	static const char attribute[] = "static __attribute__((noreturn)) ";
	const char *comment = memmem(line, (size_t)(end - line), "/*", 2);
	bool function;

	while (*line == '@')
		line += strcspn(line, " ") + 1;
	function = line[strcspn(line, "(=[;\n")] == '(';
	end = comment ? comment : end;
	if (!strncmp(line, attribute, strlen(attribute)))
		add_names(c, line + strlen(attribute), end, "(");
	else if (!strncmp(line, "static ", 7) && function)
		add_names(c, line, end, "(");
	else if (!strncmp(line, "static ", 7) || *line == '}')
		add_names(c, line, end, "[=;,");
	else if (!strncmp(line, "#define ", 8))
		add_name(c, line + 8, line + 8 + strcspn(line + 8, " (\n"));
	else if (!strncmp(line, "enum ", 5))
		for (const char *p = line; p < end; p++)
			if (isupper((unsigned char)*p) && !parts_in_word(p[-1])) {
				const char *word = p;

				while (parts_in_word(*p))
					p++;
				add_name(c, word, p);
			}
}

static void split(struct parts *p, const char *text)
{
	struct chunk *c = NULL;
	int depth = 0;

	for (const char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return;
		if (end == line && !depth) {
			c = NULL;
			continue;
		}
		if (!c && p->n == CHUNKS_MAX)
			abort();
		if (!c) {
			c = &p->chunk[p->n++];
			c->text = line;
		}
		c->end = end + 1;
		if (!depth || *line == '}')
			name_line(c, line, end);
		for (const char *at = line; at < end; at++)
			depth += (*at == '{') - (*at == '}');
	}
}

static bool need_more(struct parts *p, const char *text, const char *end)
{
	bool more = false;

	for (int i = 0; i < p->n; i++) {
		struct chunk *c = &p->chunk[i];

		for (int k = 0; k < c->names && !c->used; k++)
			if (parts_mentions(text, end, c->name[k], strlen(c->name[k])))
				c->used = more = true;
	}
	return more;
}

static bool is_defined(const struct parts *p, const char *name, size_t len)
{
	for (int i = 0; i < p->n; i++)
		for (int k = 0; k < p->chunk[i].names; k++)
			if (strlen(p->chunk[i].name[k]) == len &&
			    !strncmp(p->chunk[i].name[k], name, len))
				return p->chunk[i].used;
	return parts_mentions(p->text, p->text + strlen(p->text), name, len);
}

const char *parts_line(const struct parts *p, const char *line)
{
	while (*line == '@') {
		bool absent = line[1] == '!';
		size_t len = strcspn(line, " ") - 1 - absent;

		line += 1 + absent;
		if (is_defined(p, line, len) == absent)
			return NULL;
		line += len + 1;
	}
	return line;
}

const char *parts_line_end(const char *line)
{
	return strchr(line, '\n') + 1;
}

static bool needs_of(struct parts *p, const struct chunk *c)
{
	bool more = false;

	for (const char *line = c->text; line < c->end; line = parts_line_end(line)) {
		const char *at = parts_line(p, line);

		more |= at && strncmp(at, "#include", 8) && need_more(p, at, parts_line_end(line));
	}
	return more;
}

struct parts *parts_for(const char *text)
{
	struct parts *p = calloc(1, sizeof(*p));
	bool more;

	if (!p)
		return NULL;
	p->text = text;
	for (const struct embedded_file *f = embedded_parts; f->name; f++)
		split(p, f->text);
	need_more(p, text, text + strlen(text));
	do {
		more = false;
		for (int i = 0; i < p->n; i++)
			more |= p->chunk[i].used && needs_of(p, &p->chunk[i]);
	} while (more);
	return p;
}

void parts_free(struct parts *p)
{
	free(p);
}

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	size_t n = strcspn(*x, "\n"), m = strcspn(*y, "\n");
	int order = strncmp(*x, *y, n < m ? n : m);

	return order ? order : (n > m) - (n < m);
}

/* Another one includes it, in glibc and musl. */
static bool is_covered(const char *const *all, size_t n, const char *line)
{
	static const struct {
		const char *header, *by;
	} covered[] = {
		{ "#include <signal.h>\n", "#include <sys/wait.h>\n" },
		{ "#include <sys/ioctl.h>\n", "#include <sys/mount.h>\n" },
		{ "#include <sys/socket.h>\n", "#include <netinet/in.h>\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(covered); i++)
		for (size_t k = 0; k < n; k++)
			if (!strncmp(line, covered[i].header, strlen(covered[i].header)) &&
			    !strncmp(all[k], covered[i].by, strlen(covered[i].by)))
				return true;
	return false;
}

void parts_includes(const struct parts *p, const char *more, FILE *out)
{
	const char *all[INCLUDES_MAX];
	size_t n = 0;

	for (const char *at = more; *at && n < INCLUDES_MAX; at += strcspn(at, "\n") + 1)
		all[n++] = at;
	for (int i = 0; i < p->n; i++) {
		const struct chunk *c = &p->chunk[i];

		if (!c->used)
			continue;
		for (const char *line = c->text; line < c->end; line = parts_line_end(line))
			if (!strncmp(line, "#include", 8) && n < INCLUDES_MAX)
				all[n++] = line;
	}
	qsort(all, n, sizeof(*all), by_text);
	for (size_t i = 0; i < n; i++)
		if ((!i || by_text(&all[i - 1], &all[i])) && !is_covered(all, n, all[i]))
			fprintf(out, "%.*s\n", (int)strcspn(all[i], "\n"), all[i]);
}

static bool is_empty(const struct parts *p, const struct chunk *c)
{
	for (const char *line = c->text; line < c->end; line = parts_line_end(line))
		if (parts_line(p, line) && strncmp(line, "#include", 8))
			return false;
	return true;
}

/* Macros and constants: a group of those needs no blank lines. */
static bool only_macros(const struct parts *p, const struct chunk *c)
{
	bool more = false;

	for (const char *line = c->text; line < c->end; line = parts_line_end(line)) {
		const char *at = parts_line(p, line);

		if (!at || !strncmp(at, "#include", 8))
			continue;
		if (!more && strncmp(at, "#define ", 8) && strncmp(at, "enum { ", 7) &&
		    strncmp(at, "/*", 2) &&
		    !(!strncmp(at, "static ", 7) &&
		      memchr(at, ';', (size_t)(parts_line_end(at) - at))))
			return false;
		more = parts_line_end(at)[-2] == '\\';
	}
	return true;
}

void parts_print(const struct parts *p, FILE *out)
{
	const struct chunk *last = NULL;

	for (int i = 0; i < p->n; i++) {
		const struct chunk *c = &p->chunk[i];

		if (!c->used || c->in_place || is_empty(p, c))
			continue;
		if (last && !(only_macros(p, last) && only_macros(p, c)))
			fputc('\n', out);
		last = c;
		for (const char *line = c->text; line < c->end; line = parts_line_end(line)) {
			const char *at = parts_line(p, line);

			if (at && strncmp(at, "#include", 8))
				fwrite(at, 1, (size_t)(parts_line_end(line) - at), out);
		}
	}
	fputc('\n', out);
}
