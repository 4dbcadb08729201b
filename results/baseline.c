// SPDX-License-Identifier: GPL-2.0-only
#include "results/baseline.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/environment.h"
#include "results/run_internal.h"

static const char magic[] = "pinfold-baseline", suffix[] = ".baseline";

void baseline_today(char buf[16])
{
	char utc[32];

	utc_now(utc, sizeof(utc));
	snprintf(buf, 16, "%.10s", utc);
}

void baseline_waivers_file(const char *dir, char *file, size_t size)
{
	snprintf(file, size, "%s/waivers", dir);
}

static void name_file(const struct origin *o, const char *dir, char *file, size_t size)
{
	snprintf(file, size, "%s/%s-%s%s", dir, o->line, o->machine, suffix);
}

/* Of one machine and line, none of them cut off or broken. */
static int check(const struct side *s, char *why, size_t size)
{
	const struct origin *first = &s->cost[0].origin;

	for (size_t i = 0; i < s->count; i++) {
		const struct origin *o = &s->cost[i].origin;

		if (strcmp(o->line, first->line) != 0 || strcmp(o->machine, first->machine) != 0) {
			snprintf(why, size, "%.500s: is of %s on %s, the first run of %s on %s",
				 s->run[i].path, o->line, o->machine, first->line, first->machine);
			return -EINVAL;
		}
		if (!s->run[i].ended) {
			snprintf(why, size, "%.500s: did not finish; not accepted", s->run[i].path);
			return -EINVAL;
		}
	}
	for (size_t i = 0; i < s->tallies; i++) {
		if (!s->tally[i].count[VERDICT_BROKEN])
			continue;
		snprintf(why, size, "%.500s: broken; a broken harness is not accepted",
			 s->tally[i].cell);
		return -EINVAL;
	}
	return 0;
}

/* What was accepted before is not lost. */
static int keep_old(const char *file)
{
	char other[4200];

	if (access(file, F_OK))
		return 0;
	for (int i = 1; i < 10000; i++) {
		snprintf(other, sizeof(other), "%s~%d", file, i);
		if (!link(file, other))
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int baseline_accept(const struct side *s, const char *dir, char *file, size_t file_size, char *why,
		    size_t size)
{
	char other[4200], utc[32];
	FILE *f;
	int err;

	if (check(s, why, size))
		return -EINVAL;
	name_file(&s->cost[0].origin, dir, file, file_size);
	snprintf(other, sizeof(other), "%s.%d", file, getpid());
	utc_now(utc, sizeof(utc));
	err = make_dirs(dir);
	f = err ? NULL : fopen(other, "wxe");
	if (!err && !f)
		err = -errno;
	if (f) {
		fprintf(f, "%s\t1\n# accepted %s\n", magic, utc);
		for (size_t i = 0; i < s->count; i++)
			digest_write(&s->run[i], &s->cost[i], true, f);
		err = ferror(f) ? -EIO : 0;
		if (fclose(f) && !err)
			err = -errno;
	}
	if (!err)
		err = keep_old(file);
	if (!err && rename(other, file))
		err = -errno;
	if (!err)
		return 0;
	unlink(other);
	snprintf(why, size, "%s: %s", file, strerror(-err));
	return -EINVAL;
}

int baseline_read(struct digests *d, const struct side *s, const char *dir, char *why, size_t size)
{
	const struct origin *first = &s->cost[0].origin;
	char file[4096];

	for (size_t i = 1; i < s->count; i++) {
		const struct origin *o = &s->cost[i].origin;

		if (!strcmp(o->line, first->line) && !strcmp(o->machine, first->machine))
			continue;
		snprintf(why, size, "%.500s: is of %s on %s, the first run of %s on %s",
			 s->run[i].path, o->line, o->machine, first->line, first->machine);
		return -EINVAL;
	}
	name_file(first, dir, file, sizeof(file));
	if (!access(file, F_OK))
		return digests_read(d, file, magic, why, size);
	snprintf(why, size, "%s: nothing was accepted yet: pinfold baseline accept RUN...", file);
	return -ENOENT;
}

static size_t costs_of(const struct side *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		for (size_t j = 0; j < s->cost[i].count; j++) {
			size_t before = 0;

			while (before < i && !cost_find(&s->cost[before], s->cost[i].cost[j].key))
				before++;
			n += before == i;
		}
	return n;
}

/* 0 or -ENOMEM. */
static int list_one(const struct digests *d, const char *name, FILE *out)
{
	const struct origin *o = &d->digest->origin;
	size_t fails = 0, known = 0, boots;
	struct side s;

	if (digests_side(d, &s))
		return -ENOMEM;
	boots = side_boots(&s);
	for (size_t i = 0; i < s.tallies; i++) {
		fails += s.tally[i].fail != NULL;
		known += s.tally[i].fail && s.tally[i].fail->known[0];
	}
	fprintf(out, "%s\n", name);
	fprintf(out, "  %.50s, %s\n", o->label, o->about);
	fprintf(out,
		"  %zu run%s, %zu boot%s, first %.10s; %zu cells, %zu fail (%zu known), "
		"%zu costs\n",
		s.count, s.count == 1 ? "" : "s", boots, boots == 1 ? "" : "s", o->utc, s.tallies,
		fails, known, costs_of(&s));
	side_free(&s);
	return 0;
}

static int is_baseline(const struct dirent *e)
{
	size_t n = strlen(e->d_name), m = strlen(suffix);

	return n > m && !strcmp(e->d_name + n - m, suffix);
}

int baseline_list(const char *dir, const struct waivers *w, FILE *out, char *why, size_t size)
{
	struct dirent **name;
	int n = scandir(dir, &name, is_baseline, versionsort), err = 0;

	for (int i = 0; i < n; i++) {
		struct digests d;
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", dir, name[i]->d_name);
		if (!err)
			err = digests_read(&d, file, magic, why, size);
		if (!err) {
			err = list_one(&d, file, out) ? -EINVAL : 0;
			if (err)
				snprintf(why, size, "%s: %s", file, strerror(ENOMEM));
			digests_free(&d);
		}
		free(name[i]);
	}
	if (n > 0)
		free(name);
	if (n <= 0)
		fprintf(out, "no baseline in %s: pinfold baseline accept RUN...\n", dir);
	for (size_t i = 0; i < w->count && !err; i++)
		fprintf(out, "waiver %s %s, kernel %s: %s%s\n  %s\n", w->waiver[i].until,
			w->waiver[i].owner, w->waiver[i].line, w->waiver[i].cells,
			w->waiver[i].expired ? "  (expired: no effect)" : "", w->waiver[i].reason);
	return err;
}

int baseline_waive(const struct waiver *w, const char *dir, char *file, size_t file_size, char *why,
		   size_t size)
{
	char today[16];
	int err = make_dirs(dir);

	baseline_today(today);
	baseline_waivers_file(dir, file, file_size);
	if (!err)
		return waiver_add(file, w, today, why, size);
	snprintf(why, size, "%s: %s", dir, strerror(-err));
	return -EINVAL;
}
