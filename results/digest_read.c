// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "results/digest.h"

enum { FIELDS = 12 };

struct reader {
	struct digests *digests;
	char *field[FIELDS];
	int fields;
};

static struct digest *last(struct reader *r)
{
	return r->digests->count ? &r->digests->digest[r->digests->count - 1] : NULL;
}

/* Room for one more of an array that grows by doubling. */
static void *grow(void *array, size_t count, size_t each)
{
	if (count & (count - 1))
		return array;
	return realloc(array, (count ? count * 2 : 1) * each);
}

#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

static int take_run(struct reader *r)
{
	struct digest *d = grow(r->digests->digest, r->digests->count, sizeof(*d));

	if (!d)
		return -ENOMEM;
	r->digests->digest = d;
	d += r->digests->count++;
	memset(d, 0, sizeof(*d));
	COPY(d->origin.utc, r->field[1]);
	COPY(d->origin.machine, r->field[2]);
	COPY(d->origin.label, r->field[3]);
	COPY(d->origin.line, r->field[4]);
	COPY(d->origin.layout, r->field[5]);
	COPY(d->origin.boot, r->field[6]);
	COPY(d->origin.commit, r->field[7]);
	d->ended = !strcmp(r->field[8], "ended");
	COPY(d->origin.about, r->field[9]);
	return 0;
}

static int take_count(struct reader *r)
{
	struct digest *d = last(r);

	for (int i = 0; i < VERDICT_BROKEN + 1; i++)
		d->count[i] = atoi(r->field[1 + i]);
	d->known = atoi(r->field[VERDICT_BROKEN + 2]);
	return 0;
}

static int add_cell(struct reader *r, const struct digest_cell *cell)
{
	struct digest *d = last(r);
	struct digest_cell *c = grow(d->cell, d->cells, sizeof(*c));

	if (!c)
		return -ENOMEM;
	d->cell = c;
	c[d->cells++] = *cell;
	return 0;
}

static int take_fail(struct reader *r)
{
	struct digest_cell c = { .kind = VERDICT_FAIL, .class = r->field[1], .cell = r->field[5] };

	c.known = !strcmp(r->field[2], "known");
	c.failed = atoi(r->field[3]);
	c.tried = atoi(r->field[4]);
	return c.failed < 1 || c.tried < c.failed ? -EINVAL : add_cell(r, &c);
}

static int take_other(struct reader *r)
{
	struct digest_cell c = { .class = "", .cell = r->field[1] };

	while (strcmp(verdict_name(c.kind), r->field[0]) != 0)
		c.kind++;
	return add_cell(r, &c);
}

static int take_cost(struct reader *r)
{
	struct digest *d = last(r);
	struct digest_cost *c = grow(d->cost, d->costs, sizeof(*c));
	char *end;

	if (!c)
		return -ENOMEM;
	d->cost = c;
	c += d->costs;
	*c = (struct digest_cost){ .workload = r->field[1],
				   .clock = r->field[2],
				   .per = r->field[3],
				   .key = r->field[7] };
	c->p50 = strtod(r->field[4], &end);
	if (*end || !(c->p50 >= 0))
		return -EINVAL;
	c->p99 = strtod(r->field[5], &end);
	if (*end || !(c->p99 >= 0))
		return -EINVAL;
	c->processes = (unsigned)strtoul(r->field[6], &end, 10);
	d->costs++;
	return *end ? -EINVAL : 0;
}

static const struct {
	const char *name;
	int fields;
	int (*take)(struct reader *r);
} kinds[] = {
	{ "cost", 8, take_cost },    { "run", 10, take_run },	     { "count", 7, take_count },
	{ "fail", 6, take_fail },    { "pass", 2, take_other },	     { "skip", 2, take_other },
	{ "broken", 2, take_other }, { "unreached", 2, take_other },
};

static int take_line(struct reader *r, char *line)
{
	char *rest = line;

	r->fields = 0;
	while (rest && r->fields < FIELDS)
		r->field[r->fields++] = strsep(&rest, "\t");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, r->field[0]) != 0)
			continue;
		if (r->fields != kinds[i].fields || (!last(r) && strcmp(r->field[0], "run") != 0))
			return -EINVAL;
		return kinds[i].take(r);
	}
	return -EINVAL;
}

int digests_parse(struct digests *d, char *text, const char *file, const char *magic, char *why,
		  size_t size)
{
	struct reader r = { .digests = d };
	char *rest = text, *line, begin[64];
	size_t number = 0;
	int err = 0;

	memset(d, 0, sizeof(*d));
	d->text = text;
	snprintf(begin, sizeof(begin), "%s\t1", magic);
	while (!err && rest && *rest) {
		bool whole = strchr(rest, '\n') != NULL;

		line = strsep(&rest, "\n");
		number++;
		if (number == 1)
			err = strncmp(line, begin, strlen(begin)) != 0 ? -EINVAL : 0;
		else if (*line && *line != '#')
			err = whole ? take_line(&r, line) : -EINVAL;
	}
	if (!err && d->count)
		return 0;
	if (err == -ENOMEM)
		snprintf(why, size, "%s: %s", file, strerror(ENOMEM));
	else if (number <= 1)
		snprintf(why, size, "%s:1: expected \"%s\" version 1", file, magic);
	else
		snprintf(why, size, "%s:%zu: expected a line of a digest, see results/digest.h",
			 file, number);
	digests_free(d);
	return -EINVAL;
}

static char *load(const char *file)
{
	FILE *f = fopen(file, "re");
	char *text = NULL;
	size_t length;
	long n = -1;

	if (f && !fseek(f, 0, SEEK_END))
		n = ftell(f);
	if (n >= 0)
		text = malloc((size_t)n + 1);
	if (text) {
		rewind(f);
		length = fread(text, 1, (size_t)n, f);
		text[length] = '\0';
	}
	if (f)
		fclose(f);
	return text;
}

int digests_read(struct digests *d, const char *file, const char *magic, char *why, size_t size)
{
	char *text = load(file);

	memset(d, 0, sizeof(*d));
	if (text)
		return digests_parse(d, text, file, magic, why, size);
	snprintf(why, size, "%s: %s", file, strerror(errno));
	return -EINVAL;
}

void digests_free(struct digests *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->digest[i].cell);
		free(d->digest[i].cost);
	}
	free(d->digest);
	free(d->text);
	memset(d, 0, sizeof(*d));
}
