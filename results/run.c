// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/util.h"
#include "results/environment.h"
#include "results/record.h"
#include "results/run_internal.h"

struct reader {
	struct run *run;
	const char *file;
	size_t line;
	json_t *index; /* cell -> number of its result */
	json_t *open;  /* cells that started and did not end: cell -> boot */
	char boot[64];
	char *why;
	size_t size;
};

static int __attribute__((format(printf, 2, 3))) complain(struct reader *r, const char *f, ...)
{
	int n = snprintf(r->why, r->size, "%s:%zu: ", r->file, r->line);
	va_list ap;

	va_start(ap, f);
	if (n >= 0 && (size_t)n < r->size)
		vsnprintf(r->why + n, r->size - (size_t)n, f, ap);
	va_end(ap);
	return -EINVAL;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static long long number_of(const json_t *o, const char *key, long long absent)
{
	const json_t *j = json_object_get(o, key);

	return json_is_integer(j) ? json_integer_value(j) : absent;
}

#define COPY(field, key) snprintf(field, sizeof(field), "%s", text_of(o, key))

static int verdict_parse(struct reader *r, const json_t *o, struct verdict *v)
{
	const char *name = text_of(o, "verdict");
	int kind = VERDICT_PASS;

	memset(v, 0, sizeof(*v));
	while (kind <= VERDICT_BROKEN && strcmp(name, verdict_name((enum verdict_kind)kind)))
		kind++;
	if (kind > VERDICT_BROKEN)
		return complain(r, "expected a verdict, got \"%s\"", name);
	v->kind = (enum verdict_kind)kind;
	COPY(v->class, "class");
	COPY(v->law, "law");
	COPY(v->step_text, "step_text");
	COPY(v->read, "read");
	COPY(v->allowed, "allowed");
	COPY(v->whose, "whose");
	COPY(v->why, "why");
	COPY(v->known, "known");
	v->step = (int)number_of(o, "step", 0);
	v->page = (long)number_of(o, "page", -1);
	v->offset = (long)number_of(o, "offset", -1);
	v->tried = (int)number_of(o, "tried", 0);
	v->failed = (int)number_of(o, "failed", 0);
	v->wall_ns = (uint64_t)number_of(o, "wall_ns", 0);
	v->step_ns = (uint64_t)number_of(o, "step_ns", 0);
	return 0;
}

/* The result of a cell, a new one when it has none. A later line wins. */
static struct result *result_for(struct reader *r, const char *cell)
{
	struct run *run = r->run;
	json_t *at = json_object_get(r->index, cell);
	struct result *grown;

	if (at)
		return &run->result[json_integer_value(at)];
	if (!(run->count & (run->count - 1))) {
		size_t room = run->count ? run->count * 2 : 1;

		grown = realloc(run->result, room * sizeof(*grown));
		if (!grown)
			return NULL;
		run->result = grown;
	}
	grown = &run->result[run->count];
	memset(grown, 0, sizeof(*grown));
	grown->cell = strdup(cell);
	if (!grown->cell ||
	    json_object_set_new(r->index, cell, json_integer((json_int_t)run->count))) {
		free(grown->cell);
		return NULL;
	}
	run->count++;
	return grown;
}

static int take_env(struct reader *r, const json_t *o)
{
	long long format = number_of(o, "format", 0);
	char label[128];

	if (format != RECORD_FORMAT)
		return complain(r, "expected format %d, got %lld", RECORD_FORMAT, format);
	kernel_label(text_of(o, "release"), text_of(o, "version"), label, sizeof(label));
	r->run->release = strdup(text_of(o, "release"));
	r->run->label = strdup(label);
	r->run->env_json = json_dumps(o, JSON_COMPACT);
	COPY(r->boot, "boot");
	return r->run->release && r->run->label && r->run->env_json ? 0 : -ENOMEM;
}

static int take_line(struct reader *r, const json_t *o)
{
	const char *type = text_of(o, "type"), *cell = text_of(o, "cell");
	struct result *result;
	struct verdict v;

	if (r->line == 1)
		return strcmp(type, "env") ? complain(r, "expected the environment line") :
					     take_env(r, o);
	if (!strcmp(type, "start") || !strcmp(type, "cell")) {
		if (!cell[0])
			return complain(r, "expected a cell");
	}
	if (!strcmp(type, "resume"))
		COPY(r->boot, "boot");
	r->run->ended = !strcmp(type, "end");
	if (!strcmp(type, "start"))
		return json_object_set_new(r->open, cell, json_string(r->boot)) ? -ENOMEM : 0;
	if (strcmp(type, "cell"))
		return 0;
	if (verdict_parse(r, o, &v))
		return -EINVAL;
	result = result_for(r, cell);
	if (!result)
		return -ENOMEM;
	result->verdict = v;
	json_object_del(r->open, cell);
	return 0;
}

/* Costs are read, and judged, by cost_read(). */
static bool of_a_cost(const char *line, size_t size)
{
	static const char cost[] = "{\"type\":\"cost\"";

	return size >= sizeof(cost) && !strncmp(line, cost, sizeof(cost) - 1);
}

static int take_text(struct reader *r, const char *text, size_t size, size_t *whole)
{
	const char *p = text, *nl;
	int err = 0;

	while (!err && (nl = memchr(p, '\n', size - (size_t)(p - text)))) {
		json_error_t at;
		json_t *o;

		r->line++;
		if (r->line > 1 && of_a_cost(p, (size_t)(nl - p))) {
			r->run->ended = false;
			p = nl + 1;
			continue;
		}
		o = json_loadb(p, (size_t)(nl - p), 0, &at);
		if (!json_is_object(o))
			err = complain(r, "expected a JSON object: %s",
				       o ? "other value" : at.text);
		else
			err = take_line(r, o);
		json_decref(o);
		p = nl + 1;
	}
	*whole = (size_t)(p - text);
	if (!err && !r->line) {
		r->line = 1;
		return complain(r, "expected the environment line, got no whole line");
	}
	return err;
}

void crash_verdict(struct verdict *v, const char *why)
{
	memset(v, 0, sizeof(*v));
	v->kind = VERDICT_FAIL;
	snprintf(v->class, sizeof(v->class), "crash");
	snprintf(v->law, sizeof(v->law), "access");
	snprintf(v->why, sizeof(v->why), "%s", why);
	v->page = -1;
	v->offset = -1;
}

static int load(const char *path, char **text, size_t *size)
{
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		return errno ? -errno : -EIO;
	*size = 0;
	*text = malloc((size_t)st.st_size + 1);
	if (!*text)
		return -ENOMEM;
	while (*size < (size_t)st.st_size) {
		n = read(fd, *text + *size, (size_t)st.st_size - *size);
		if (n < 0 && errno != EINTR) {
			free(*text);
			return -EIO;
		}
		if (!n)
			break;
		if (n > 0)
			*size += (size_t)n;
	}
	return 0;
}

int run_read_open(struct run *run, const char *file, json_t **open_cells, size_t *whole, char *why,
		  size_t size)
{
	struct reader r = { .run = run, .file = file, .why = why, .size = size };
	char *text = NULL;
	size_t length = 0;
	int err;

	memset(run, 0, sizeof(*run));
	*open_cells = NULL;
	*whole = 0;
	why[0] = '\0';
	err = load(file, &text, &length);
	if (err || !text) {
		snprintf(why, size, "%s: %s", file, strerror(-err));
		return err;
	}
	r.index = json_object();
	r.open = json_object();
	run->path = strdup(file);
	err = r.index && r.open && run->path ? take_text(&r, text, length, whole) : -ENOMEM;
	if (err == -ENOMEM)
		snprintf(why, size, "%s: %s", file, strerror(ENOMEM));
	free(text);
	json_decref(r.index);
	if (err) {
		json_decref(r.open);
		run_free(run);
	} else {
		*open_cells = r.open;
	}
	return err;
}

static int add_open(struct run *run, json_t *open_cells)
{
	const char *cell;
	json_t *boot;

	json_object_foreach (open_cells, cell, boot) {
		struct result *grown =
			realloc(run->result, (run->count + 1) * sizeof(*run->result));

		if (!grown)
			return -ENOMEM;
		run->result = grown;
		grown += run->count;
		crash_verdict(&grown->verdict, "started, never ended: the machine went down, or "
					       "the run was killed");
		grown->cell = strdup(cell);
		if (!grown->cell)
			return -ENOMEM;
		run->count++;
	}
	return 0;
}

int run_read(struct run *run, const char *path, char *why, size_t size)
{
	char file[4096];
	struct stat st;
	json_t *open_cells;
	size_t whole;
	int err;

	snprintf(file, sizeof(file), "%s", path);
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		snprintf(file, sizeof(file), "%s/records.jsonl", path);
	if (run_read_open(run, file, &open_cells, &whole, why, size))
		return -EINVAL;
	err = add_open(run, open_cells);
	json_decref(open_cells);
	if (err) {
		snprintf(why, size, "%s: %s", file, strerror(-err));
		run_free(run);
		return -EINVAL;
	}
	return 0;
}

void run_free(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		free(run->result[i].cell);
	free(run->result);
	free(run->path);
	free(run->release);
	free(run->label);
	free(run->env_json);
	memset(run, 0, sizeof(*run));
}
