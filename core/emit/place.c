// SPDX-License-Identifier: GPL-2.0-only
/* What a program calls once, from main(), stands there: it reads top down. */
#include <ctype.h>
#include <string.h>

#include "core/emit/chunk.h"
#include "core/emit/parts.h"

enum { ARGUMENTS_MAX = 4 };

/* A call that is a whole line of main(), and the function. */
struct call {
	const char *name, *parameters, *arguments;
	size_t len;
	struct chunk *function;
	const char *body;
};

static bool is_call(const char *line, struct call *c)
{
	const char *end = strchr(line, '\n'), *p = line + 1;

	if (line[0] != '\t' || !isalpha((unsigned char)line[1]) || end - line < 5 ||
	    strncmp(end - 2, ");", 2) != 0)
		return false;
	while (parts_in_word(*p))
		p++;
	c->name = line + 1;
	c->len = (size_t)(p - line) - 1;
	c->arguments = p + 1;
	return *p == '(';
}

static bool find_function(struct parts *p, struct call *c)
{
	static const char before[] = "static void ";

	for (int i = 0; i < p->n; i++)
		for (const char *line = p->chunk[i].text;
		     p->chunk[i].used && line < p->chunk[i].end; line = parts_line_end(line)) {
			const char *name = line + strlen(before);

			if (strncmp(line, before, strlen(before)) != 0 ||
			    strncmp(name, c->name, c->len) != 0 || name[c->len] != '(')
				continue;
			c->function = &p->chunk[i];
			c->parameters = name + c->len + 1;
			c->body = parts_line_end(parts_line_end(line));
		}
	return c->function;
}

static bool chunk_mentions(const struct parts *p, const struct chunk *c, const struct call *call)
{
	for (const char *line = c->text; line < c->end; line = parts_line_end(line)) {
		const char *code = parts_line(p, line);

		if (code && parts_mentions(code, parts_line_end(line), call->name, call->len))
			return true;
	}
	return false;
}

static bool is_only_call(const struct parts *p, const struct call *c, const char *text)
{
	const char *behind = parts_line_end(c->name);

	if (parts_mentions(text, c->name - 1, c->name, c->len) ||
	    parts_mentions(behind, behind + strlen(behind), c->name, c->len))
		return false;
	for (int i = 0; i < p->n; i++)
		if (p->chunk[i].used && &p->chunk[i] != c->function &&
		    chunk_mentions(p, &p->chunk[i], c))
			return false;
	return !parts_mentions(c->body, c->function->end, "return", strlen("return"));
}

/* The argument for a word, when it is a parameter. */
static const char *argument_for(const struct call *c, const char *word, size_t len, size_t *size)
{
	const char *argument = c->arguments;

	for (const char *p = c->parameters, *end; *p != '{'; p = end + 1) {
		end = p + strcspn(p, ",)");
		*size = strcspn(argument, ",)");
		if ((size_t)(end - p) >= len && !strncmp(end - len, word, len) &&
		    !parts_in_word(end[-(ptrdiff_t)len - 1]))
			return argument;
		if (*end == ')')
			break;
		argument += *size + 1;
		argument += *argument == ' ';
	}
	return NULL;
}

static void print_line(FILE *out, const struct call *c, const char *line)
{
	const char *end = parts_line_end(line);

	for (const char *p = line, *word; p < end;) {
		const char *argument = NULL;
		size_t size;

		word = p;
		p = parts_skip(p, end);
		if (p == word)
			while (p < end && parts_in_word(*p))
				p++;
		p += p == word;
		if (parts_in_word(*word) && (word == line || !strchr(".>", word[-1])))
			argument = argument_for(c, word, (size_t)(p - word), &size);
		fwrite(argument ? argument : word, 1, argument ? size : (size_t)(p - word), out);
	}
}

static void print_body(FILE *out, const struct parts *p, const struct call *c)
{
	const char *line = c->function->text;

	for (; strncmp(line, "static void", 11) != 0; line = parts_line_end(line))
		if (!strncmp(line, "/*", 2))
			fprintf(out, "\t%.*s", (int)(parts_line_end(line) - line), line);
	for (line = c->body; *line != '}'; line = parts_line_end(line))
		if (parts_line(p, line) && *line != '\n')
			print_line(out, c, parts_line(p, line));
}

void parts_put_in_place(struct parts *p, const char *text, FILE *out)
{
	const char *end;
	bool behind = false;

	for (const char *line = text; *line; line = end) {
		struct call c = { 0 };

		end = parts_line_end(line);
		if (is_call(line, &c) && find_function(p, &c) && is_only_call(p, &c, text)) {
			if (!behind)
				fputc('\n', out);
			c.function->in_place = behind = true;
			print_body(out, p, &c);
			continue;
		}
		if (behind)
			fputc('\n', out);
		behind = false;
		fwrite(line, 1, (size_t)(end - line), out);
	}
}
