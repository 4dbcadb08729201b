// SPDX-License-Identifier: GPL-2.0-only
#include "results/junit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/base/util.h"

struct junit {
	char *path, *suite, *body;
	size_t size;
	FILE *cells;
	int tests, failures, errors, skipped;
	uint64_t start;
	time_t began;
};

/* Bytes of the UTF-8 character at s that XML 1.0 allows, 0 when it is none. */
static int character(const unsigned char *s)
{
	int more = *s >= 0xf0 ? 3 : *s >= 0xe0 ? 2 : 1;
	unsigned code;

	if (*s < 0x80)
		return *s >= 0x20 && *s != 0x7f;
	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	code = *s & (0x3fu >> more);
	for (int i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if ((code >= 0xd800 && code <= 0xdfff) || code == 0xfffe || code == 0xffff ||
	    code > 0x10ffff ||
	    code < (more == 3 ? 0x10000u :
		    more == 2 ? 0x800u :
				0x80u))
		return 0;
	return more + 1;
}

static void escape(FILE *out, const char *text)
{
	static const struct {
		char c;
		const char *name;
	} entity[] = { { '&', "&amp;" },
		       { '<', "&lt;" },
		       { '>', "&gt;" },
		       { '"', "&quot;" },
		       { '\'', "&apos;" } };

	while (*text) {
		int n = character((const unsigned char *)text);
		const char *name = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(entity); i++)
			if (*text == entity[i].c)
				name = entity[i].name;
		if (name)
			fputs(name, out);
		else if (n)
			fwrite(text, 1, (size_t)n, out);
		else
			fputc(*text == '\n' || *text == '\t' ? ' ' : '?', out);
		text += n ? n : 1;
	}
}

static void attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	escape(out, text);
	fputc('"', out);
}

struct junit *junit_begin(const char *path, const char *suite)
{
	struct junit *j = calloc(1, sizeof(*j));
	char *slash;
	bool writable;
	struct stat st;

	if (!j)
		return NULL;
	j->path = strdup(path);
	j->suite = strdup(suite);
	j->cells = open_memstream(&j->body, &j->size);
	j->start = now_ns();
	j->began = time(NULL);
	slash = j->path ? strrchr(j->path, '/') : NULL;
	if (slash)
		*slash = '\0';
	writable = j->path && !access(slash ? (*j->path ? j->path : "/") : ".", W_OK);
	if (slash)
		*slash = '/';
	errno = writable ? 0 : errno;
	if (writable && !stat(path, &st) && S_ISDIR(st.st_mode))
		errno = EISDIR;
	else if (writable && j->suite && j->cells)
		return j;
	free(j->path);
	free(j->suite);
	if (j->cells)
		fclose(j->cells);
	free(j->body);
	free(j);
	return NULL;
}

static void details(FILE *out, const struct verdict *v)
{
	const struct {
		const char *name, *text;
	} line[] = { { "law", v->law },		{ "step", v->step_text }, { "read", v->read },
		     { "allowed", v->allowed }, { "whose", v->whose },	  { "why", v->why },
		     { "known", v->known } };

	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		if (!*line[i].text)
			continue;
		fprintf(out, "%s: ", line[i].name);
		escape(out, line[i].text);
		if (line[i].text == v->step_text)
			fprintf(out, " (%d)", v->step);
		fputc('\n', out);
	}
}

/* <element type="CLASS" message="...">details</element> */
static void outcome(struct junit *j, const char *element, const char *message,
		    const struct verdict *v)
{
	fprintf(j->cells, "\n    <%s", element);
	if (*v->class && strcmp(element, "skipped") != 0)
		attribute(j->cells, "type", v->class);
	attribute(j->cells, "message", message);
	fputc('>', j->cells);
	details(j->cells, v);
	fprintf(j->cells, "</%s>\n  ", element);
}

static void put_outcome(struct junit *j, const struct verdict *v)
{
	bool known = v->kind == VERDICT_FAIL && *v->known;
	char message[400];

	snprintf(message, sizeof(message), "%s%s%s%s",
		 known			      ? "known failure: " :
		 v->kind == VERDICT_UNREACHED ? "unreached" :
		 v->kind == VERDICT_BROKEN    ? "broken" :
						"",
		 v->class,
		 *v->class && *v->why		    ? ": " :
		 *v->why && v->kind != VERDICT_SKIP ? ": " :
						      "",
		 v->why);
	if (v->kind == VERDICT_FAIL && !known) {
		j->failures++;
		outcome(j, "failure", message, v);
	} else if (v->kind == VERDICT_BROKEN) {
		j->errors++;
		outcome(j, "error", message, v);
	} else if (v->kind != VERDICT_PASS) {
		j->skipped++;
		outcome(j, "skipped", message, v);
	}
}

void junit_cell(struct junit *j, const char *id, const struct verdict *v)
{
	const char *end = strstr(id, "/mem=");
	char class[640];

	if (!j)
		return;
	snprintf(class, sizeof(class), "%.*s", end ? (int)(end - id) : (int)strlen(id), id);
	j->tests++;
	fputs("  <testcase", j->cells);
	attribute(j->cells, "classname", class);
	attribute(j->cells, "name", id);
	fprintf(j->cells, " time=\"%.6f\">", (double)v->wall_ns / 1e9);
	put_outcome(j, v);
	fputs("</testcase>\n", j->cells);
}

static int write_suite(struct junit *j, FILE *out)
{
	double seconds = (double)(now_ns() - j->start) / 1e9;
	char stamp[32];
	struct tm t;

	gmtime_r(&j->began, &t);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &t);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite", out);
	fputs(" name=\"pinfold ", out);
	escape(out, j->suite);
	fputc('"', out);
	fprintf(out,
		" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\""
		" timestamp=\"%s\">\n",
		j->tests, j->failures, j->errors, j->skipped, seconds, stamp);
	fwrite(j->body, 1, j->size, out);
	fputs("</testsuite>\n", out);
	if (fflush(out) || ferror(out) || fsync(fileno(out)))
		return errno ? -errno : -EIO;
	return 0;
}

static int replace(struct junit *j, const char *temporary)
{
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), err;
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out) {
		err = -errno;
		close_fd(&fd);
		return err;
	}
	err = write_suite(j, out);
	if (fclose(out) && !err)
		err = -errno;
	if (!err && rename(temporary, j->path))
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}

int junit_end(struct junit *j)
{
	char *temporary = NULL;
	int err = 0;

	if (!j)
		return 0;
	if (fclose(j->cells) || asprintf(&temporary, "%s.%d", j->path, (int)getpid()) < 0)
		err = -ENOMEM;
	else
		err = replace(j, temporary);
	free(temporary);
	free(j->path);
	free(j->suite);
	free(j->body);
	free(j);
	return err;
}
