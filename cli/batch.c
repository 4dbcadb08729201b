// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/need/need.h"
#include "core/run/bisect.h"
#include "core/run/kernel_log.h"
#include "results/deviation.h"

enum { REPEATS = 3 };

static void explain(const struct session *s, const char *id, struct verdict *v)
{
	const struct deviation *d = NULL;

	v->known[0] = '\0';
	if (!s->cli->raw && !s->cli->mutant && v->kind == VERDICT_FAIL)
		d = deviation_find(id, v, s->kernel);
	if (d)
		snprintf(v->known, sizeof(v->known), "%s", d->source);
}

const char *session_over(const struct session *s)
{
	if (record_failed(s->record))
		return "the record cannot be written";
	return s->end_ns && now_ns() > s->end_ns ? "time is over" : NULL;
}

/* How often a new failure comes again; whatever the score, the cell has failed. */
static void retry(struct session *s, struct pending *p)
{
	struct verdict *first = &p->verdict, v;

	if (first->kind != VERDICT_FAIL || first->known[0] || !s->cli->retry)
		return;
	/* After a panic in here the record has the failure, and what ran. */
	record_cell(s->record, p->cell.id, first);
	record_start(s->record, p->cell.id);
	first->tried = first->failed = 1;
	for (int i = 0; i < s->cli->retry && !session_over(s); i++) {
		executor_settle(s->executor);
		cell_run(s->executor, &p->cell, &v);
		if (v.kind != VERDICT_PASS && v.kind != VERDICT_FAIL)
			continue;
		first->tried++;
		first->failed += v.kind == VERDICT_FAIL;
	}
}

static void run_cell(struct session *s, struct pending *p)
{
	if (!s->watching) {
		s->watching = true;
		s->opened = executor_opened(s->executor);
		if (s->guarded)
			oracle_begin(&s->oracle);
	}
	p->ran = true;
	executor_expect(s->executor, s->coming, s->ncoming);
	record_start(s->record, p->cell.id);
	if (s->run)
		s->run(s, &p->cell, &p->verdict);
	else
		cell_run(s->executor, &p->cell, &p->verdict);
	explain(s, p->cell.id, &p->verdict);
	retry(s, p);
	record_cell(s->record, p->cell.id, &p->verdict);
	overhead_note(&s->overhead, &p->verdict);
}

void session_cell(struct session *s, const struct cell *c, struct program *own)
{
	struct pending *p = &s->pending[s->npending++];
	char need[32], why[200];
	int done;

	*p = (struct pending){ .cell = *c, .own = own };
	if (s->npending == 1)
		s->batch_ns = now_ns();
	done = record_done(s->record, c->id, &p->verdict);
	if (done)
		explain(s, c->id, &p->verdict);
	if (done == 2)
		record_cell(s->record, c->id, &p->verdict);
	if (!done && cell_needs(c, s->guarded, need, why, sizeof(why))) {
		const struct need *n = need_find(need);

		p->verdict = (struct verdict){ .kind = VERDICT_SKIP, .page = -1, .offset = -1 };
		snprintf(p->verdict.class, sizeof(p->verdict.class), "%s", need);
		snprintf(p->verdict.why, sizeof(p->verdict.why), "%.120s; %.120s", why,
			 n ? n->hint : "");
		record_cell(s->record, c->id, &p->verdict);
	} else if (!done) {
		run_cell(s, p);
	}
	s->progress.done++;
	s->progress.failures += p->verdict.kind == VERDICT_FAIL;
	progress_draw(&s->progress);
	if (s->npending == BATCH_CELLS || s->cli->trace ||
	    now_ns() - s->batch_ns > (uint64_t)BATCH_MS * 1000000)
		session_flush(s);
}

/* --- Which cell was it? --- */

struct search {
	struct session *session;
	struct verdict found; /* of the last time that it was */
};

/* When a cell takes the machine down, the record has its name. */
static int again(void *arg, const size_t *at, size_t n)
{
	struct search *f = arg;
	struct session *s = f->session;
	struct verdict v;

	if (session_over(s))
		return -1;
	kernel_warn_again();
	executor_settle(s->executor);
	oracle_begin(&s->oracle);
	for (size_t i = 0; i < n; i++) {
		const struct pending *p = &s->pending[at[i]];

		record_start(s->record, p->cell.id);
		cell_run(s->executor, &p->cell, &v);
		record_cell(s->record, p->cell.id, &p->verdict);
	}
	executor_settle(s->executor);
	if (!oracle_end(&s->oracle, true, &v))
		return 0;
	f->found = v;
	return 1;
}

static void note(struct search *f, const struct pending *last, size_t n)
{
	/* A device or process that a mechanism holds from its first cell on. */
	if (executor_opened(f->session->executor) != f->session->opened)
		return;
	progress_clear(&f->session->progress);
	printf("# %s, %s, in a batch of %zu cells up to %s, and not when they ran once more\n",
	       f->found.read, f->found.allowed, n, last->cell.id);
}

/* Something else on the host may have moved a counter just then, but hardly each time. */
static bool repeats(struct search *f, const size_t *at, size_t n)
{
	for (int i = 0; i < REPEATS; i++)
		if (again(f, at, n) == 0)
			return false;
	return true;
}

/*
 * The finding becomes the verdict of the last suspect. Counters of the whole host
 * are moved by others too: what no cell repeats is a note. The kernel's own
 * complaint is never taken back.
 */
static void blame(void *arg, const size_t *at, size_t n, enum bisect_how how)
{
	static const char *const words[] = {
		[BISECT_ALONE] = "",
		[BISECT_TOGETHER] = "only together: the",
		[BISECT_TIME] = "the time is over: one of the",
		[BISECT_ONCE] = "not again when they ran once more: one of the",
	};
	struct search *f = arg;
	struct session *s = f->session;
	struct pending *p = &s->pending[at[n - 1]];
	struct verdict v = f->found;
	bool log = !strcmp(v.class, "kernel-log");
	size_t used;

	if (!log && (how == BISECT_ONCE || (how != BISECT_TIME && !repeats(f, at, n)))) {
		note(f, p, n);
		return;
	}
	if (how != BISECT_ALONE && n > 1) {
		used = strlen(v.why);
		snprintf(v.why + used, sizeof(v.why) - used, "; %s %zu cells from %.100s on",
			 words[how], n, s->pending[at[0]].cell.id);
	}
	used = strlen(v.why);
	if (p->verdict.kind == VERDICT_FAIL)
		snprintf(v.why + used, sizeof(v.why) - used, "; the cell failed as %s, too",
			 p->verdict.class);
	else
		s->progress.failures++;
	v.wall_ns = p->verdict.wall_ns;
	v.step_ns = p->verdict.step_ns;
	v.tried = p->verdict.tried;
	v.failed = p->verdict.failed;
	p->verdict = v;
	explain(s, p->cell.id, &p->verdict);
	record_cell(s->record, p->cell.id, &p->verdict);
}

static void judge_host(struct session *s)
{
	struct search f = { .session = s };
	const struct bisect b = { again, blame, &f };
	size_t at[BATCH_CELLS], n = 0;

	for (size_t i = 0; i < s->npending; i++)
		if (s->pending[i].ran)
			at[n++] = i;
	if (executor_settle(s->executor)) {
		puts("# the cells' processes did not end: the host was not looked at");
		return;
	}
	if (n && oracle_end(&s->oracle, false, &f.found))
		bisect(&b, at, n);
}

static void put_result(struct session *s, struct pending *p)
{
	const struct deviation *d = NULL;

	if (p->verdict.kind == VERDICT_PASS && !s->cli->raw && !s->cli->mutant)
		d = deviation_expects(p->cell.id, s->kernel);
	if (d)
		printf("# unexpected pass of %s: %s\n", p->cell.id, d->source);
	s->unexpected += d != NULL;
	s->known += p->verdict.kind == VERDICT_FAIL && *p->verdict.known;
	s->count[p->verdict.kind]++;
	ktap_cell(&s->ktap, p->cell.id, &p->verdict);
	junit_cell(s->junit, p->cell.id, &p->verdict);
	program_free(p->own);
}

void session_flush(struct session *s)
{
	if (s->watching && s->guarded)
		judge_host(s);
	progress_clear(&s->progress);
	for (size_t i = 0; i < s->npending; i++)
		put_result(s, &s->pending[i]);
	s->npending = 0;
	s->watching = false;
	progress_draw(&s->progress);
}
