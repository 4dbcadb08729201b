// SPDX-License-Identifier: GPL-2.0-only
#include "results/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "core/base/util.h"
#include "results/environment.h"
#include "results/run_internal.h"

struct record {
	int fd, error;
	off_t length;  /* of the whole lines */
	off_t unended; /* where the line of the cell that runs begins, or -1 */
	char *path;
	uint64_t synced, sync_cost; /* ns */
	struct record_cost cost;
	struct run run; /* what was there before, on resume */
	json_t *index, *open_cells;
	char boot[64];
};

static void __attribute__((format(printf, 3, 4))) say(char *why, size_t size, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	vsnprintf(why, size, f, ap);
	va_end(ap);
}

int make_dirs(const char *dir)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s", dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	for (char *c = path + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			return -errno;
		*c = '/';
	}
	return mkdir(path, 0777) && errno != EEXIST ? -errno : 0;
}

static ssize_t write_once(int fd, const char *text, size_t size)
{
	ssize_t n;

	do
		n = write(fd, text, size);
	while (n < 0 && errno == EINTR);
	return n;
}

/*
 * What is left of a line would spoil the next one; and a cell whose end could not
 * be written ran on a machine that lives, so that it must not look like a crash.
 */
static int cut_off(struct record *r, int err)
{
	if (r->unended >= 0)
		r->length = r->unended;
	return ftruncate(r->fd, r->length) ? -errno : err;
}

int record_line(struct record *r, json_t *o)
{
	/* Nine digits: no measured value has more, and 17 are a third of a cost's line. */
	char *text = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	char *line = NULL;
	int n = text ? asprintf(&line, "%s\n", text) : -1;
	int err = n < 0 ? -ENOMEM : 0;
	ssize_t done;

	json_decref(o);
	free(text);
	if (!err && r->error)
		err = r->error;
	if (!err) {
		done = write_once(r->fd, line, (size_t)n);
		if (done == n)
			r->length += n;
		else
			err = cut_off(r, done < 0 ? -errno : -ENOSPC);
	}
	free(line);
	if (err && !r->error)
		r->error = err;
	return err;
}

/*
 * Only what is on disk survives a panic. A sync is repeated after eight times
 * its cost, so a slow disk loses at most that many lines and never time.
 */
static void sync_sometimes(struct record *r)
{
	uint64_t before = now_ns();

	if (r->synced && before - r->synced < 8 * r->sync_cost)
		return;
	if (fdatasync(r->fd) && errno != EINVAL && errno != EROFS && !r->error)
		r->error = -errno;
	r->synced = now_ns();
	r->sync_cost = r->synced - before;
}

static int write_env(struct record *r, const char *command)
{
	return record_line(r, environment_collect(command));
}

static int write_resume(struct record *r, const char *command)
{
	json_t *o = json_object();
	char utc[32];

	utc_now(utc, sizeof(utc));
	json_object_set_new(o, "type", json_string("resume"));
	json_object_set_new(o, "utc", json_string(utc));
	json_object_set_new(o, "boot", json_text(r->boot));
	json_object_set_new(o, "command", json_text(command ? command : ""));
	return record_line(r, o);
}

/* A record is of one kernel on one machine. */
static int same_host(const struct record *r, char *why, size_t size)
{
	static const char *const key[] = { "release", "version", "machine_id" };
	json_t *old = json_loads(r->run.env_json, 0, NULL), *now = environment_collect("");
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(key) && !err; i++) {
		const char *a = json_string_value(json_object_get(old, key[i]));
		const char *b = json_string_value(json_object_get(now, key[i]));

		if (!a || !b || !strcmp(a, b))
			continue;
		say(why, size, "%s: cannot resume: recorded with %s \"%s\", this is \"%s\"",
		    r->path, key[i], a, b);
		err = -EINVAL;
	}
	json_decref(old);
	json_decref(now);
	return err;
}

static int load_old(struct record *r, char *why, size_t size)
{
	size_t whole;
	int err = run_read_open(&r->run, r->path, &r->open_cells, &whole, why, size);

	if (err)
		return err;
	err = same_host(r, why, size);
	if (err)
		return err;
	r->index = json_object();
	for (size_t i = 0; i < r->run.count; i++)
		json_object_set_new(r->index, r->run.result[i].cell, json_integer((json_int_t)i));
	r->length = (off_t)whole;
	return 0;
}

/* Whether the file has no whole line: then there is nothing to resume from. */
static bool without_line(int fd)
{
	char buf[4096];
	ssize_t n;

	for (off_t at = 0; (n = pread(fd, buf, sizeof(buf), at)) > 0; at += n)
		if (memchr(buf, '\n', (size_t)n))
			return false;
	return true;
}

static int open_resumed(struct record *r, const char *command, char *why, size_t size)
{
	int err;

	if (flock(r->fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		say(why, size, "%s: another run is writing it", r->path);
		return -EBUSY;
	}
	if (without_line(r->fd))
		return ftruncate(r->fd, 0) ? -errno : write_env(r, command);
	err = load_old(r, why, size);
	if (err)
		return err;
	if (ftruncate(r->fd, r->length))
		return -errno;
	return write_resume(r, command);
}

static int open_new(struct record *r, const char *command, char *why, size_t size)
{
	r->fd = open(r->path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
	if (r->fd < 0 && errno == EEXIST) {
		say(why, size, "%s: exists; --resume continues it, --out DIR starts another",
		    r->path);
		return -EEXIST;
	}
	if (r->fd < 0)
		return -errno;
	flock(r->fd, LOCK_EX | LOCK_NB);
	return write_env(r, command);
}

static void record_free(struct record *r)
{
	close_fd(&r->fd);
	run_free(&r->run);
	json_decref(r->index);
	json_decref(r->open_cells);
	free(r->path);
	free(r);
}

struct record *record_open(const char *dir, bool resume, const char *command, char *why,
			   size_t size)
{
	struct record *r = calloc(1, sizeof(*r));
	int err;

	why[0] = '\0';
	if (!r || asprintf(&r->path, "%s/records.jsonl", dir) < 0) {
		free(r);
		errno = ENOMEM;
		return NULL;
	}
	r->fd = -1;
	r->unended = -1;
	if (file_read("/proc/sys/kernel/random/boot_id", r->boot, sizeof(r->boot)) < 0)
		r->boot[0] = '\0';
	err = make_dirs(dir);
	if (!err && resume)
		r->fd = open(r->path, O_RDWR | O_APPEND | O_CLOEXEC);
	if (!err && r->fd < 0 && resume && errno != ENOENT)
		err = -errno;
	if (!err)
		err = r->fd >= 0 ? open_resumed(r, command, why, size) :
				   open_new(r, command, why, size);
	if (!err)
		return r;
	if (!why[0])
		say(why, size, "%s: %s", r->path, strerror(-err));
	record_free(r);
	errno = -err;
	return NULL;
}

void record_start(struct record *r, const char *cell)
{
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string("start"));
	json_object_set_new(o, "cell", json_text(cell));
	r->unended = r->length;
	record_line(r, o);
	sync_sometimes(r);
}

static void put(json_t *o, const char *key, const char *text)
{
	if (text[0])
		json_object_set_new(o, key, json_text(text));
}

void record_cell(struct record *r, const char *cell, const struct verdict *v)
{
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string("cell"));
	put(o, "cell", cell);
	put(o, "verdict", verdict_name(v->kind));
	put(o, "class", v->class);
	put(o, "law", v->law);
	if (v->step || v->kind == VERDICT_FAIL)
		json_object_set_new(o, "step", json_integer(v->step));
	put(o, "step_text", v->step_text);
	if (v->kind == VERDICT_FAIL && v->page >= 0)
		json_object_set_new(o, "page", json_integer(v->page));
	if (v->kind == VERDICT_FAIL && v->offset >= 0)
		json_object_set_new(o, "offset", json_integer(v->offset));
	put(o, "read", v->read);
	put(o, "allowed", v->allowed);
	put(o, "whose", v->whose);
	put(o, "why", v->why);
	put(o, "known", v->known);
	if (v->tried) {
		json_object_set_new(o, "tried", json_integer(v->tried));
		json_object_set_new(o, "failed", json_integer(v->failed));
	}
	if (v->wall_ns)
		json_object_set_new(o, "wall_ns", json_integer((json_int_t)v->wall_ns));
	if (v->step_ns)
		json_object_set_new(o, "step_ns", json_integer((json_int_t)v->step_ns));
	record_line(r, o);
	r->unended = -1;
}

bool record_failed(const struct record *r)
{
	return r->error;
}

void record_cost(struct record *r, const struct record_cost *c)
{
	r->cost = *c;
}

static void put_cost(json_t *o, const struct record_cost *c)
{
	const struct {
		const char *key;
		uint64_t ns;
	} cost[] = { { "median_cell_ns", c->cell_ns },
		     { "median_steps_ns", c->steps_ns },
		     { "median_harness_ns", c->harness_ns },
		     { "median_fork_ns", c->fork_ns },
		     { "run_ns_a_cell", c->run_ns } };

	for (size_t i = 0; i < ARRAY_SIZE(cost); i++)
		if (cost[i].ns)
			json_object_set_new(o, cost[i].key, json_integer((json_int_t)cost[i].ns));
}

int record_end(struct record *r, const int count[], int exit_code)
{
	json_t *o = json_object();
	int cells = 0, err;

	json_object_set_new(o, "type", json_string("end"));
	for (int k = VERDICT_PASS; k <= VERDICT_BROKEN; k++) {
		json_object_set_new(o, verdict_name((enum verdict_kind)k), json_integer(count[k]));
		cells += count[k];
	}
	json_object_set_new(o, "cells", json_integer(cells));
	json_object_set_new(o, "exit", json_integer(exit_code));
	put_cost(o, &r->cost);
	record_line(r, o);
	r->synced = 0;
	sync_sometimes(r);
	err = r->error;
	record_free(r);
	return err;
}

int record_done(const struct record *r, const char *cell, struct verdict *v)
{
	const json_t *at = json_object_get(r->index, cell);
	const char *boot = json_string_value(json_object_get(r->open_cells, cell));

	if (boot && (!boot[0] || strcmp(boot, r->boot))) {
		crash_verdict(v, "the machine went down while this cell ran");
		return 2;
	}
	/* Started in this boot: the machine lives, the runner was killed. */
	if (boot || !at)
		return 0;
	*v = r->run.result[json_integer_value(at)].verdict;
	return 1;
}

const char *record_path(const struct record *r)
{
	return r->path;
}
