// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/history_internal.h"
#include "results/rank.h"

static int order_run(const void *x, const void *y)
{
	const struct origin *a = &((const struct stored_run *)x)->origin;
	const struct origin *b = &((const struct stored_run *)y)->origin;
	int c = strcmp(a->machine, b->machine);

	c = c ? c : strverscmp(a->line, b->line);
	c = c ? c : strcmp(a->utc, b->utc);
	return c ? c : strcmp(a->boot, b->boot);
}

static bool same_line(const struct stored_run *a, const struct stored_run *b)
{
	return !strcmp(a->origin.machine, b->origin.machine) &&
	       !strcmp(a->origin.line, b->origin.line);
}

static bool same_day(const struct stored_run *a, const struct stored_run *b)
{
	return !strncmp(a->origin.utc, b->origin.utc, 10);
}

static void raise(int *most, int n)
{
	if (n > *most)
		*most = n;
}

static void take_run(struct history_day *d, const struct stored_run *run, const char *boot_before)
{
	int cells = 0;

	snprintf(d->date, sizeof(d->date), "%.10s", run->origin.utc);
	snprintf(d->label, sizeof(d->label), "%s", run->origin.label);
	for (int i = 0; i <= VERDICT_BROKEN; i++)
		cells += run->count[i];
	d->runs++;
	d->boots += strcmp(run->origin.boot, boot_before) != 0;
	d->cut_off += !run->ended;
	raise(&d->cells, cells);
	raise(&d->skip, run->count[VERDICT_SKIP]);
	raise(&d->unreached, run->count[VERDICT_UNREACHED]);
	raise(&d->broken, run->count[VERDICT_BROKEN]);
}

/* What a line's days are collected in; by name. */
struct sheet {
	struct history_line *line;
	const struct names *names;
	struct history_fail *fail; /* days 0: never */
	size_t *stamp;		   /* day + 1 of the last failure */
	double **log;
	const struct stored_point **today;
	size_t todays;
};

static void take_fails(struct sheet *s, const struct stored_run *run, size_t day)
{
	struct history_day *d = &s->line->day[day];

	for (size_t i = 0; i < run->fails; i++) {
		const struct stored_fail *from = &run->fail[i];
		struct history_fail *f = &s->fail[from->name];

		bool again = s->stamp[from->name] == day + 1;

		/* Of a day the failure that nobody knows. */
		if (again && (from->known || !f->known))
			continue;
		s->stamp[from->name] = day + 1;
		d->failed += !again;
		d->known += (int)from->known - (int)again;
		if (!f->days)
			f->first = day;
		f->days += !again;
		f->last = day;
		f->known = from->known;
		f->cell = s->names->name[from->name];
		memcpy(f->class, from->class, sizeof(f->class));
	}
}

static int order_point(const void *x, const void *y)
{
	const struct stored_point *a = *(struct stored_point *const *)x;
	const struct stored_point *b = *(struct stored_point *const *)y;
	int c = (a->name > b->name) - (a->name < b->name);

	return c ? c : (a->log > b->log) - (a->log < b->log);
}

/* The median over the day's runs. */
static int end_day(struct sheet *s, size_t day, size_t days)
{
	size_t j;

	qsort(s->today, s->todays, sizeof(*s->today), order_point);
	for (size_t i = 0; i < s->todays; i = j) {
		size_t name = s->today[i]->name;

		for (j = i; j < s->todays && s->today[j]->name == name; j++)
			;
		if (!s->log[name]) {
			s->log[name] = malloc(days * sizeof(double));
			if (!s->log[name])
				return -ENOMEM;
			for (size_t k = 0; k < days; k++)
				s->log[name][k] = NAN;
		}
		s->log[name][day] = ((double)s->today[(i + j - 1) / 2]->log +
				     (double)s->today[(i + j) / 2]->log) /
				    2;
		s->line->day[day].costs++;
	}
	s->todays = 0;
	return 0;
}

static int take_points(struct sheet *s, const struct stored_run *run)
{
	const struct stored_point **grown =
		realloc(s->today, (s->todays + run->points + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->today = grown;
	for (size_t i = 0; i < run->points; i++)
		s->today[s->todays++] = &run->point[i];
	return 0;
}

static int order_fail(const void *x, const void *y)
{
	const struct history_fail *a = x, *b = y;
	int c = (b->last > a->last) - (b->last < a->last);

	c = c ? c : a->known - b->known;
	c = c ? c : (b->first > a->first) - (b->first < a->first);
	return c ? c : strcmp(a->cell, b->cell);
}

/* Into arrays without gaps. */
static int pack(struct sheet *s)
{
	struct history_line *l = s->line;
	size_t fails = 0, trends = 0;

	for (size_t i = 0; i < s->names->count; i++) {
		fails += s->fail[i].days > 0;
		trends += s->log[i] != NULL;
	}
	l->fail = calloc(fails + 1, sizeof(*l->fail));
	l->trend = calloc(trends + 1, sizeof(*l->trend));
	if (!l->fail || !l->trend)
		return -ENOMEM;
	for (size_t i = 0; i < s->names->count; i++) {
		const char *name = s->names->name[i];
		struct history_trend *t = &l->trend[l->trends];

		if (s->fail[i].days)
			l->fail[l->fails++] = s->fail[i];
		if (!s->log[i])
			continue;
		t->log = s->log[i];
		s->log[i] = NULL;
		t->per = strchr(strchr(name, '\t') + 1, '\t') + 1;
		t->key = strchr(t->per, '\t') + 1;
		l->trends++;
	}
	if (l->fails)
		qsort(l->fail, l->fails, sizeof(*l->fail), order_fail);
	return 0;
}

static int fill(struct sheet *s, const struct stored_run *run, size_t runs)
{
	size_t day = 0, days = s->line->days;
	int err = 0;

	for (size_t i = 0; i < runs && !err; i++) {
		if (i && !same_day(&run[i], &run[i - 1]))
			err = end_day(s, day++, days);
		take_run(&s->line->day[day], &run[i], i ? run[i - 1].origin.boot : "");
		take_fails(s, &run[i], day);
		if (!err)
			err = take_points(s, &run[i]);
	}
	return err ? err : end_day(s, day, days);
}

static int make_line(const struct names *names, const struct stored_run *run, size_t runs,
		     struct history_line *l)
{
	struct sheet s = { .line = l, .names = names };
	int err = 0;

	*l = (struct history_line){ .origin = run[runs - 1].origin, .days = 1 };
	for (size_t i = 1; i < runs; i++)
		l->days += !same_day(&run[i], &run[i - 1]);
	l->day = calloc(l->days, sizeof(*l->day));
	s.fail = calloc(names->count + 1, sizeof(*s.fail));
	s.stamp = calloc(names->count + 1, sizeof(*s.stamp));
	s.log = calloc(names->count + 1, sizeof(*s.log));
	if (!l->day || !s.fail || !s.stamp || !s.log)
		err = -ENOMEM;
	if (!err)
		err = fill(&s, run, runs);
	if (!err)
		err = pack(&s);
	for (size_t i = 0; s.log && i < names->count; i++)
		free(s.log[i]);
	free(s.log);
	free(s.fail);
	free(s.stamp);
	free(s.today);
	return err;
}

int store_lines(struct history_store *s, struct history_line **line, size_t *lines)
{
	size_t end;

	if (s->runs)
		qsort(s->run, s->runs, sizeof(*s->run), order_run);
	for (size_t i = 0; i < s->runs; i = end) {
		struct history_line *grown = realloc(*line, (*lines + 1) * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		*line = grown;
		for (end = i; end < s->runs && same_line(&s->run[i], &s->run[end]); end++)
			;
		(*lines)++;
		if (make_line(&s->names, &s->run[i], end - i, &grown[*lines - 1]))
			return -ENOMEM;
	}
	return 0;
}
