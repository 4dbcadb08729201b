// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/util.h"
#include "core/lang/program.h"

enum { FILE_MAX = 1 << 20 };

struct program *program_new(void)
{
	struct program *p = calloc(1, sizeof(*p));

	if (p) {
		p->name = strdup("");
		p->family = strdup("");
		p->file = strdup("");
	}
	return p;
}

void program_free(struct program *p)
{
	if (!p)
		return;
	free(p->name);
	free(p->family);
	free(p->file);
	free(p->about);
	free(p->source);
	free(p->mem);
	free(p->pin);
	free(p->needs);
	free(p->step);
	free(p);
}

void corpus_free(struct corpus *c)
{
	for (size_t i = 0; i < c->count; i++)
		program_free(c->program[i]);
	free(c->program);
	*c = (struct corpus){ 0 };
}

static int corpus_add(struct corpus *c, struct program *p)
{
	struct program **bigger = realloc(c->program, (c->count + 1) * sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	c->program = bigger;
	c->program[c->count++] = p;
	return 0;
}

struct reader {
	const char *file;
	char *text; /* a copy; comments are blanked, so positions stay */
	struct parse_error *err;
};

static int bad(struct reader *r, int line, int col, const char *expected)
{
	snprintf(r->err->text, sizeof(r->err->text), "%s:%d:%d: expected %s", r->file, line, col,
		 expected);
	return -EINVAL;
}

static void blank_comments(char *text)
{
	for (char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		char *first = at + strspn(at, " \t");

		if (*first == '#')
			memset(first, ' ', strcspn(first, "\n"));
	}
}

/* The value of a key: the rest of its line and the indented lines that follow. */
static size_t value_length(const char *value)
{
	size_t n = strcspn(value, "\n");

	while (value[n] == '\n' && (value[n + 1] == ' ' || value[n + 1] == '\t'))
		n += 1 + strcspn(value + n + 1, "\n");
	return n;
}

static char *one_line(const char *value, size_t len)
{
	char *out = malloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; out && i < len; i++) {
		if (!isspace((unsigned char)value[i]))
			out[n++] = value[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	if (out) {
		while (n && out[n - 1] == ' ')
			n--;
		out[n] = '\0';
	}
	return out;
}

static int header_line(struct reader *r, struct program *p, const char *at, int line, size_t *len)
{
	static const char *const keys =
		"'about', 'source', 'mem', 'pin', 'needs', 'steps' or [NAME]";
	size_t key = strcspn(at, " \t\n");
	const char *value = at + key;
	struct {
		const char *name;
		char **text;
	} field[] = { { "about", &p->about },
		      { "source", &p->source },
		      { "mem", &p->mem },
		      { "pin", &p->pin },
		      { "needs", &p->needs } };

	*len = key + value_length(value);
	if (key == 5 && !strncmp(at, "steps", 5)) {
		char *steps;
		int err;

		if (p->nsteps)
			return bad(r, line, 1, "one 'steps' in a program");
		steps = strndup(value, value_length(value));
		if (!steps)
			return -ENOMEM;
		err = steps_parse(p, steps, r->file, line, (int)key + 1, r->err);
		free(steps);
		return err;
	}
	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		if (strlen(field[i].name) != key || strncmp(at, field[i].name, key))
			continue;
		if (*field[i].text)
			return bad(r, line, 1, "each header line once in a program");
		*field[i].text = one_line(value, value_length(value));
		if (*field[i].text && **field[i].text)
			return 0;
		return bad(r, line, (int)key + 1, "a value");
	}
	return bad(r, line, 1, keys);
}

static int name_line(struct reader *r, struct corpus *c, const char *at, int line)
{
	size_t n = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789-");
	size_t rest = at[1 + n] ? strspn(at + 1 + n + 1, " \t\r") : 0;
	const char *base = strrchr(r->file, '/');
	struct program *p;

	if (!n || at[1 + n] != ']')
		return bad(r, line, (int)n + 2, "a name of a-z, 0-9 and '-', then ']'");
	if (at[2 + n + rest] && at[2 + n + rest] != '\n')
		return bad(r, line, (int)(n + rest) + 3, "the end of the line after [NAME]");
	p = program_new();
	if (!p)
		return -ENOMEM;
	free(p->name);
	free(p->family);
	free(p->file);
	p->name = strndup(at + 1, n);
	base = base ? base + 1 : r->file;
	p->family = strndup(base, strcspn(base, "."));
	p->file = strdup(r->file);
	p->line = line;
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->program[i]->name, p->name) &&
		    !strcmp(c->program[i]->family, p->family)) {
			program_free(p);
			return bad(r, line, 1, "a name that is not used yet in this family");
		}
	return corpus_add(c, p);
}

static int finish_program(struct reader *r, struct corpus *c, size_t before, int line)
{
	struct program *p = c->count > before ? c->program[c->count - 1] : NULL;

	if (!p)
		return 0;
	if (!p->nsteps)
		return bad(r, line, 1, "'steps' in the program before this line");
	if (!p->about)
		return bad(r, p->line, 1, "'about' with one sentence in the program");
	return 0;
}

static int read_sections(struct reader *r, struct corpus *c)
{
	size_t before = c->count;
	int line = 1, err = 0;
	const char *at = r->text;

	while (*at && !err) {
		size_t len = strcspn(at, "\n");

		if (strspn(at, " \t\r") == len) {
			; /* blank */
		} else if (*at == '[') {
			err = finish_program(r, c, before, line);
			if (!err)
				err = name_line(r, c, at, line);
		} else if (c->count == before) {
			err = bad(r, line, 1, "[NAME] before the first header line");
		} else {
			err = header_line(r, c->program[c->count - 1], at, line, &len);
		}
		for (size_t i = 0; i < len; i++)
			line += at[i] == '\n';
		at += len;
		if (*at) {
			at++;
			line++;
		}
	}
	return err ? err : finish_program(r, c, before, line);
}

int corpus_parse(struct corpus *c, const char *file, const char *text, struct parse_error *err)
{
	struct reader r = { file, strdup(text), err };
	size_t before = c->count;
	int bad_text;

	if (!r.text)
		return -ENOMEM;
	blank_comments(r.text);
	bad_text = read_sections(&r, c);
	free(r.text);
	if (!bad_text)
		return 0;
	if (c->count > before)
		program_free(c->program[--c->count]);
	return bad_text;
}

static int load_file(struct corpus *c, const char *path, struct parse_error *err)
{
	char *text = malloc(FILE_MAX);
	int n = text ? file_read(path, text, FILE_MAX) : -ENOMEM;

	if (n < 0) {
		snprintf(err->text, sizeof(err->text), "%s: %s", path, strerror(-n));
		n = -EINVAL;
	} else {
		n = corpus_parse(c, path, text, err);
	}
	free(text);
	return n;
}

static int is_pin_or_dir(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' &&
	       (d->d_type == DT_DIR || (n > 4 && !strcmp(d->d_name + n - 4, ".pin")));
}

int corpus_load(struct corpus *c, const char *path, struct parse_error *err)
{
	struct dirent **entry;
	struct stat st;
	int n, bad_file = 0;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return load_file(c, path, err);
	n = scandir(path, &entry, is_pin_or_dir, alphasort);
	if (n < 0) {
		snprintf(err->text, sizeof(err->text), "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	for (int i = 0; i < n; i++) {
		char below[4096];

		snprintf(below, sizeof(below), "%s/%s", path, entry[i]->d_name);
		if (!bad_file)
			bad_file = corpus_load(c, below, err);
		free(entry[i]);
	}
	free(entry);
	return bad_file;
}

char *program_print(const struct program *p)
{
	char *text = NULL, *steps = steps_print(p);
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f && steps) {
		fprintf(f, "[%s]\n", p->name);
		fprintf(f, "about   %s\n", p->about ? p->about : "-");
		if (p->source)
			fprintf(f, "source  %s\n", p->source);
		if (p->mem)
			fprintf(f, "mem     %s\n", p->mem);
		if (p->pin)
			fprintf(f, "pin     %s\n", p->pin);
		if (p->needs)
			fprintf(f, "needs   %s\n", p->needs);
		fprintf(f, "steps   %s\n", steps);
	}
	if (f)
		fclose(f);
	free(steps);
	return text;
}
