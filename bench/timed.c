// SPDX-License-Identifier: GPL-2.0-only
#include "bench/timed.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "bench/clock.h"
#include "bench/crew.h"
#include "core/actor/fault.h"

static uint64_t word_of(const struct actor *a, const struct op *op, size_t at)
{
	struct pattern_site site = { a->nonce, (uint8_t)op->region, (uint32_t)(at / BASE_PAGE) };
	uint64_t word[BASE_PAGE / sizeof(uint64_t)];
	size_t off = at % BASE_PAGE;

	pattern_fill(word, off, sizeof(*word), op->value, &site);
	return word[off / sizeof(*word)];
}

static void begin_counts(const struct timing *t, struct counting *c)
{
	if (t->count)
		counters_begin(c);
}

static void end_counts(const struct timing *t, struct counting *c, struct counts *to)
{
	if (t->count)
		counters_end(c, to);
	else
		to->taken = false;
}

/* What the loop itself touches is there before it counts. */
static void rehearse(struct actor *a)
{
	static uint64_t word[BASE_PAGE / sizeof(uint64_t)];
	struct range r = { .first = (char *)word, .stride = BASE_PAGE, .count = 1, .store = true };
	volatile uint8_t outcome = OUTCOME_OK;
	struct counting c;

	begin_counts(a->timing, &c);
	end_counts(a->timing, &c, &a->timing->counts);
	memset(&a->timing->step, 0, sizeof(a->timing->step));
	memset(&a->timing->null, 0, sizeof(a->timing->null));
	(void)outcome;
	r.word = a->timing->word;
	alone_look();
	for (int i = 0; i < 2; i++) {
		FAULT_GUARD(outcome, touch(&r, &a->timing->step, TOUCH_PAIR));
		touch(&r, &a->timing->step, TOUCH_CHAINED);
		r.store = false;
	}
}

/* The step, and its null experiment when nothing is left to fault. */
static uint8_t touch_twice(struct timing *t, const struct range *r, enum touch_mode mode)
{
	volatile uint8_t outcome = OUTCOME_OK;
	struct counting c;

	if (!crew_meet())
		return OUTCOME_ERR;
	begin_counts(t, &c);
	FAULT_GUARD(outcome, touch(r, &t->step, mode));
	end_counts(t, &c, &t->counts);
	if (!crew_meet() || outcome != OUTCOME_OK)
		return outcome;
	begin_counts(t, &c);
	FAULT_GUARD(outcome, touch(r, &t->null, mode));
	end_counts(t, &c, &t->null_counts);
	return outcome;
}

/* Workers' samples are chosen by another rule: all of them at it. */
static bool looks_at_core(void)
{
	return alone_least > 0 && (!bench_crew || bench_crew->kind == CREW_NONE);
}

static bool touch_all(struct timing *t, struct range *r, enum touch_mode mode)
{
	struct crew_threads *others = NULL;
	bool whole;

	if (bench_crew && bench_crew->kind != CREW_NONE)
		r->count /= (size_t)bench_crew->shares;
	if (!r->count)
		return false;
	if (crew_of_threads() && !(others = crew_start(r, mode)))
		return false;
	whole = touch_twice(t, r, mode) == OUTCOME_OK;
	if (others)
		whole = crew_join(others, whole);
	memset(&t->placed, 0, sizeof(t->placed));
	if (crew_of_threads())
		r->count *= (size_t)bench_crew->workers;
	placed_count(&t->placed, r->first, r->stride, r->count);
	return whole;
}

static int timed_access(struct actor *a, const struct verb *verb, const struct op *op)
{
	struct timing *t = a->timing;
	size_t first = op->first * BASE_PAGE + (op->len ? op->off : 0);
	struct range r = { .first = a->region[op->region].addr + first,
			   .stride = op->unit,
			   .count = op->npages * BASE_PAGE / op->unit,
			   .store = verb->flags & VERB_STORES,
			   .word = t->word };

	t->faults = true;
	if (looks_at_core())
		r.block = op->unit < ALONE_BLOCK * BASE_PAGE ? ALONE_BLOCK * BASE_PAGE / op->unit :
							       1;
	rehearse(a);
	for (size_t i = 0; i < r.count; i++)
		t->word[i] = r.store ? word_of(a, op, first + i * r.stride) : 0;
	if (!touch_all(t, &r, bench_clock.chained ? TOUCH_CHAINED : TOUCH_PAIR))
		t->step.samples = t->null.samples = 0;
	return verb->exec(a, op);
}

static int call_once(struct actor *a, const struct verb *verb, const struct op *op, struct pass *p)
{
	uint64_t wall, start, end;
	int err = 0;

	p->looks = 0;
	p->block = 1;
	if (verb && looks_at_core())
		p->look[p->looks++] = alone_look();
	pass_begin(p);
	wall = clock_kernel();
	start = clock_begin();
	if (verb)
		err = verb->exec(a, op);
	else
		syscall(SYS_getppid);
	end = clock_end();
	p->wall_ns = clock_kernel() - wall;
	pass_end(p);
	if (p->looks)
		p->look[p->looks++] = alone_look();
	p->begin = start;
	p->tick[0] = end - start;
	p->gaps = p->tail = 0;
	p->samples = 1;
	p->err = -err;
	return err;
}

static int timed_call(struct actor *a, const struct verb *verb, const struct op *op)
{
	struct timing *t = a->timing;
	struct counting c;
	int err;

	rehearse(a);
	memset(&t->placed, 0, sizeof(t->placed));
	begin_counts(t, &c);
	call_once(a, NULL, op, &t->null);
	end_counts(t, &c, &t->null_counts);
	if (crew_of_processes())
		crew_meet();
	begin_counts(t, &c);
	err = call_once(a, verb, op, &t->step);
	end_counts(t, &c, &t->counts);
	return err;
}

/* An exit is measured when it is reaped. */
static int begin_exit(struct actor *a, const struct verb *verb, const struct op *op)
{
	int err = verb->exec(a, op);

	a->timing->step.samples = a->timing->null.samples = 0;
	atomic_store(&a->timing->exit, EXIT_TIMED);
	return err;
}

/* By the CPU; others that have an outcome for each page are calls all the same. */
static bool is_access(const struct verb *verb)
{
	return !strcmp(verb->name, "read") || !strcmp(verb->name, "write");
}

int timed_exec(struct actor *a, const struct verb *verb, const struct op *op)
{
	if (verb->name[0] == '-')
		return verb->exec(a, op);
	a->timing->faults = false;
	a->timing->part = PART_STEP;
	if (!strcmp(verb->name, "exit"))
		return begin_exit(a, verb, op);
	if (is_access(verb) && op->by == ACTOR_PROCESS)
		return timed_access(a, verb, op);
	return timed_call(a, verb, op);
}

/* It begins when the parent sleeps, so that the parent's way there is not in the sample. */
void timed_leave(struct actor *a)
{
	const struct timespec pause = { 0, 200000 };
	struct timing *t = a->timing;

	if (!t || a->thread || atomic_load(&t->exit) == EXIT_UNTIMED)
		return;
	for (int i = 0; i < 5000 && atomic_load(&t->exit) == EXIT_TIMED; i++)
		nanosleep(&pause, NULL);
	nanosleep(&pause, NULL);
	t->left = clock_begin();
}

int timed_reap(struct actor *a, pid_t pid)
{
	struct timing *t = a->timing;
	uint64_t ended, start, end;
	siginfo_t info;
	int err = 0;

	t->faults = false;
	t->part = PART_REAP;
	memset(&t->step, 0, sizeof(t->step));
	memset(&t->null, 0, sizeof(t->null));
	atomic_store(&t->exit, EXIT_AWAITED);
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT))
		err = -errno;
	ended = clock_end();
	start = clock_begin();
	if (waitpid(pid, NULL, 0) < 0)
		err = -errno;
	end = clock_end();
	atomic_store(&t->exit, EXIT_UNTIMED);
	t->step.tick[0] = ended - t->left;
	t->step.tick[1] = end - start;
	t->step.samples = err ? 0 : 2;
	return err;
}
