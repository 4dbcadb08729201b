// SPDX-License-Identifier: GPL-2.0-only
/* A step is one call of the macro step(), with its statements on as few lines as they fit on. */
#include <stdlib.h>
#include <string.h>

#include "core/emit/emit.h"

enum { COLUMNS = 100, TAB = 8 };

struct text {
	FILE *out;
	char *text;
	size_t size;
	const char *indent;
	bool begun; /* has a statement */
};

static size_t column_behind(const char *text)
{
	const char *line = strrchr(text, '\n');
	size_t column = 0;

	for (line = line ? line + 1 : text; *line; line++)
		column = *line == '\t' ? (column / TAB + 1) * TAB : column + 1;
	return column;
}

/* Without offsets of 0. */
static void print_code(FILE *out, const char *code, const char *end)
{
	for (; code < end; code++)
		if (!strncmp(code, " + 0", 4) && strchr(",) ", code[4]))
			code += 3;
		else
			fputc(*code, out);
}

static int depth_behind(const char *line, const char *end, int depth)
{
	bool quoted = false;

	for (; line < end; line++) {
		quoted ^= *line == '"';
		if (!quoted)
			depth += (*line == '(' || *line == '{') - (*line == ')' || *line == '}');
	}
	return depth;
}

/* Behind the statement that begins here, which may have several lines. */
static const char *statement_end(const char *text)
{
	int depth = 0;

	do {
		const char *end = strchr(text, '\n');

		depth = depth_behind(text, end, depth);
		text = end + 1;
	} while (depth && *text);
	return text;
}

static void add_statement(struct text *t, const char *from, const char *end)
{
	const char *line_end = strchr(from, '\n');
	size_t len = (size_t)(line_end - from) + (t->begun ? 0 : 1) + (*end ? 0 : 1);

	fflush(t->out);
	if (column_behind(t->text) + len <= COLUMNS)
		fprintf(t->out, t->begun ? " " : ", ");
	else
		fprintf(t->out, "%s\n%s\t", t->begun ? "" : ",", t->indent);
	t->begun = true;
	print_code(t->out, from + 1, line_end);
	for (const char *line = line_end + 1; line < end; line = line_end + 1) {
		line_end = strchr(line, '\n');
		if (line == line_end)
			continue;
		fprintf(t->out, "\n%s", t->indent);
		print_code(t->out, line, line_end);
	}
}

/* A comment behind the last statement stays behind it. */
static void print_closed(FILE *out, const char *text)
{
	const char *end = text + strlen(text), *comment = end;

	if (end - text > 2 && !strcmp(end - 2, "*/"))
		while (strncmp(comment, "/*", 2) != 0)
			comment--;
	end = comment;
	while (end > text && strchr(" ;", end[-1]))
		end--;
	fprintf(out, "%.*s);%s%s\n", (int)(end - text), text, *comment ? " " : "", comment);
}

void emit_step(struct emit *e, int who, const char *name, const char *statements)
{
	struct text t = { .indent = e->in_child ? "\t\t" : "\t" };

	e->turn++;
	t.out = open_memstream(&t.text, &t.size);
	if (!t.out)
		return;
	fprintf(t.out, "%sstep(", t.indent);
	if (!e->solo)
		fprintf(t.out, "%s, ", who == EMIT_MAIN ? "MAIN" : emit_process(who));
	fprintf(t.out, "\"%s\"", name);
	for (const char *end; *statements; statements = end) {
		end = statement_end(statements);
		add_statement(&t, statements, end);
	}
	fclose(t.out);
	print_closed(e->body, t.text);
	free(t.text);
}
