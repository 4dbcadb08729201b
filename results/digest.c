// SPDX-License-Identifier: GPL-2.0-only
#include "results/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/environment.h"
#include "results/rank.h"

static const char magic_of_digest[] = "pinfold-digest";

static double median_of(const struct cost *c, enum quantile q)
{
	double *v = calloc(c->processes + 1, sizeof(*v)), median = 0;
	size_t n = 0;

	for (size_t i = 0; v && i < c->processes; i++)
		if (q != QUANTILE_P99 || c->process[i].samples >= TAIL_SAMPLES)
			v[n++] = q == QUANTILE_P99 ? c->process[i].p99 : c->process[i].p50;
	if (n)
		median = rank_median(v, n);
	free(v);
	return median * (c->tick_ns > 0 ? c->tick_ns : 1);
}

static void put_cost(const struct cost *c, FILE *out)
{
	bool tail = !strcmp(c->per, "fault") && cost_knows_tail(c);

	fprintf(out, "cost\t%s\t%s\t%s\t%.6g\t%.6g\t%zu\t%s\n", c->workload, c->clock,
		c->tick_ns > 0 ? c->per : "tick", median_of(c, QUANTILE_P50),
		tail ? median_of(c, QUANTILE_P99) : 0, c->processes, c->key);
}

void digest_write(const struct run *run, const struct cost_run *cost, bool all, FILE *out)
{
	const struct origin *o = &cost->origin;
	int count[VERDICT_BROKEN + 1] = { 0 }, known = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct verdict *v = &run->result[i].verdict;

		count[v->kind]++;
		known += v->kind == VERDICT_FAIL && v->known[0];
	}
	fprintf(out, "run\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o->utc, o->machine, o->label,
		o->line, o->layout, o->boot, o->commit, run->ended ? "ended" : "cut-off", o->about);
	fprintf(out, "count\t%d\t%d\t%d\t%d\t%d\t%d\n", count[VERDICT_PASS], count[VERDICT_FAIL],
		count[VERDICT_SKIP], count[VERDICT_UNREACHED], count[VERDICT_BROKEN], known);
	for (size_t i = 0; i < run->count; i++) {
		const struct verdict *v = &run->result[i].verdict;

		if (v->kind == VERDICT_FAIL)
			fprintf(out, "fail\t%s\t%s\t%d\t%d\t%s\n", v->class,
				v->known[0] ? "known" : "new", v->tried ? v->failed : 1,
				v->tried ? v->tried : 1, run->result[i].cell);
		else if (all)
			fprintf(out, "%s\t%s\n", verdict_name(v->kind), run->result[i].cell);
	}
	for (size_t i = 0; i < cost->count; i++)
		if (cost->cost[i].valid && cost->cost[i].processes)
			put_cost(&cost->cost[i], out);
}

static int make(const char *record, char **text, size_t *length, char *why, size_t size)
{
	struct cost_run cost;
	struct run run;
	struct stat st;
	FILE *out;

	if (run_read(&run, record, why, size))
		return -EINVAL;
	if (cost_read(&cost, record, why, size)) {
		run_free(&run);
		return -EINVAL;
	}
	*text = NULL;
	out = stat(record, &st) ? NULL : open_memstream(text, length);
	if (out) {
		fprintf(out, "%s\t1\t%lld\n", magic_of_digest, (long long)st.st_size);
		digest_write(&run, &cost, false, out);
	}
	run_free(&run);
	cost_run_free(&cost);
	if (out && !fclose(out))
		return 0;
	snprintf(why, size, "%s: %s", record, strerror(errno));
	return -EINVAL;
}

/* A store that can't be written is read all the same. */
static void store(const char *file, const char *text, size_t length)
{
	char other[4200];
	FILE *f;

	snprintf(other, sizeof(other), "%s.%d", file, getpid());
	f = fopen(other, "wxe");
	if (!f)
		return;
	if (fwrite(text, 1, length, f) != length || fclose(f) || rename(other, file))
		unlink(other);
}

static bool fits(const char *file, const char *record)
{
	FILE *f = fopen(file, "re");
	struct stat st;
	char magic[32];
	long long length = -1;
	int version = 0;

	if (!f)
		return false;
	if (fscanf(f, "%31s %d %lld", magic, &version, &length) != 3 ||
	    strcmp(magic, magic_of_digest) != 0)
		length = -1;
	fclose(f);
	return version == 1 && !stat(record, &st) && st.st_size == length;
}

int digest_of_record(struct digests *d, const char *record, char *why, size_t size)
{
	const char *slash = strrchr(record, '/');
	char file[4096], unread[300], *text;
	size_t length;

	if (!strcmp(slash ? slash + 1 : record, "digest"))
		return digests_read(d, record, magic_of_digest, why, size);
	snprintf(file, sizeof(file), "%.*sdigest", slash ? (int)(slash - record) + 1 : 0, record);
	if (fits(file, record) && !digests_read(d, file, magic_of_digest, unread, sizeof(unread)))
		return 0;
	if (make(record, &text, &length, why, size))
		return -EINVAL;
	store(file, text, length);
	return digests_parse(d, text, record, magic_of_digest, why, size);
}

static int side_cost(struct cost *c, const struct digest_cost *from)
{
	const char *per = strcmp(from->per, "tick") != 0 ? from->per : "call";

	*c = (struct cost){ .valid = true, .tick_ns = strcmp(from->per, "tick") != 0 };
	snprintf(c->workload, sizeof(c->workload), "%s", from->workload);
	snprintf(c->clock, sizeof(c->clock), "%s", from->clock);
	snprintf(c->per, sizeof(c->per), "%s", per);
	c->key = strdup(from->key);
	c->process = calloc(1, sizeof(*c->process));
	if (!c->key || !c->process) {
		free(c->key);
		free(c->process);
		return -ENOMEM;
	}
	c->processes = 1;
	c->process->samples = from->p99 > 0 ? TAIL_SAMPLES : 1;
	c->process->p50 = from->p50;
	c->process->p99 = from->p99;
	return 0;
}

static int side_result(struct result *r, const struct digest_cell *from)
{
	struct verdict *v = &r->verdict;

	*r = (struct result){ .cell = strdup(from->cell) };
	v->kind = from->kind;
	v->page = v->offset = -1;
	snprintf(v->class, sizeof(v->class), "%s", from->class);
	snprintf(v->known, sizeof(v->known), "%s", from->known ? "known" : "");
	if (from->tried > 1) {
		v->tried = from->tried;
		v->failed = from->failed;
	}
	return r->cell ? 0 : -ENOMEM;
}

static int side_run(const struct digest *d, struct run *run, struct cost_run *cost)
{
	int err = 0;

	*run = (struct run){ .label = strdup(d->origin.label), .ended = d->ended };
	*cost = (struct cost_run){ .origin = d->origin };
	run->result = calloc(d->cells + 1, sizeof(*run->result));
	cost->cost = calloc(d->costs + 1, sizeof(*cost->cost));
	if (!run->label || !run->result || !cost->cost)
		return -ENOMEM;
	for (size_t i = 0; i < d->cells && !err; i++) {
		err = side_result(&run->result[i], &d->cell[i]);
		run->count += !err;
	}
	for (size_t i = 0; i < d->costs && !err; i++) {
		err = side_cost(&cost->cost[i], &d->cost[i]);
		cost->count += !err;
	}
	cost_run_sort(cost);
	return err;
}

int digests_side(const struct digests *d, struct side *s)
{
	int err = 0;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < d->count && !err; i++) {
		struct cost_run cost;
		struct run run;

		err = side_run(&d->digest[i], &run, &cost);
		if (!err)
			err = side_add(s, &run, &cost);
		if (err) {
			run_free(&run);
			cost_run_free(&cost);
		}
	}
	if (!err)
		err = side_finish(s);
	if (err)
		side_free(s);
	return err;
}
