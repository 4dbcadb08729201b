// SPDX-License-Identifier: GPL-2.0-only
#include "bench/timed.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "bench/clock.h"
#include "core/actor/fault.h"

static uint64_t faults_of_thread(void)
{
	struct rusage r;

	getrusage(RUSAGE_THREAD, &r);
	return (uint64_t)r.ru_minflt + (uint64_t)r.ru_majflt;
}

struct range {
	char *base; /* page 0 of the region */
	size_t first, stride, count;
	bool store;
	uint64_t *word; /* to store, one for each access */
	const struct actor *a;
	const struct op *op;
};

static uint64_t word_of(const struct range *r, size_t at)
{
	struct pattern_site site = { r->a->nonce, (uint8_t)r->op->region,
				     (uint32_t)(at / BASE_PAGE) };
	uint64_t word[BASE_PAGE / sizeof(uint64_t)];
	size_t off = at % BASE_PAGE;

	pattern_fill(word, off, sizeof(*word), r->op->value, &site);
	return word[off / sizeof(*word)];
}

/* Under a sanitizer its shadow memory would fault too. */
#define UNSANITIZED __attribute__((no_sanitize("address")))

UNSANITIZED static void touch_chained(const struct range *r, struct pass *p)
{
	uint64_t before = faults_of_thread(), wall = clock_kernel(), last = clock_end();

	for (size_t i = 0; i < r->count; i++) {
		volatile uint64_t *word =
			(volatile uint64_t *)(void *)(r->base + r->first + i * r->stride);
		uint64_t end;

		if (r->store)
			*word = r->word[i];
		else
			(void)*word;
		end = clock_end();
		p->tick[i] = end - last;
		last = end;
	}
	p->wall_ns = clock_kernel() - wall;
	p->faults = faults_of_thread() - before;
	p->samples = (uint32_t)r->count;
}

UNSANITIZED static void touch(const struct range *r, struct pass *p)
{
	uint64_t before = faults_of_thread(), wall = clock_kernel(), last = clock_end();

	for (size_t i = 0; i < r->count; i++) {
		size_t at = r->first + i * r->stride;
		volatile uint64_t *word = (volatile uint64_t *)(void *)(r->base + at);
		uint64_t start, end;

		start = clock_begin();
		if (r->store)
			*word = r->word[i];
		else
			(void)*word;
		end = clock_end();
		p->tick[i] = end - start;
		p->gaps += start - last;
		last = end;
	}
	p->wall_ns = clock_kernel() - wall;
	p->faults = faults_of_thread() - before;
	p->samples = (uint32_t)r->count;
}

/* What the loop itself touches is there before it counts. */
static void rehearse(struct actor *a, const struct op *op)
{
	static uint64_t word[BASE_PAGE / sizeof(uint64_t)];
	struct range r = { .base = (char *)word,
			   .count = 1,
			   .stride = BASE_PAGE,
			   .store = true,
			   .a = a,
			   .op = op };

	memset(&a->timing->step, 0, sizeof(a->timing->step));
	memset(&a->timing->null, 0, sizeof(a->timing->null));
	r.word = &a->timing->word[0];
	for (int i = 0; i < 2; i++) {
		touch(&r, &a->timing->step);
		touch_chained(&r, &a->timing->step);
		r.store = false;
	}
	a->timing->step.gaps = 0;
}

static int timed_access(struct actor *a, const struct verb *verb, const struct op *op)
{
	struct timing *t = a->timing;
	volatile uint8_t outcome = OUTCOME_OK;
	struct range r = { .base = a->region[op->region].addr,
			   .first = op->first * BASE_PAGE + (op->len ? op->off : 0),
			   .stride = op->unit,
			   .count = op->npages * BASE_PAGE / op->unit,
			   .store = verb->flags & VERB_STORES,
			   .a = a,
			   .op = op };

	void (*pass)(const struct range *, struct pass *) = bench_clock.chained ? touch_chained :
										  touch;

	t->faults = true;
	rehearse(a, op);
	r.word = t->word;
	for (size_t i = 0; i < r.count; i++)
		t->word[i] = r.store ? word_of(&r, r.first + i * r.stride) : 0;
	FAULT_GUARD(outcome, pass(&r, &t->step));
	if (outcome == OUTCOME_OK)
		FAULT_GUARD(outcome, pass(&r, &t->null));
	if (outcome != OUTCOME_OK)
		t->step.samples = t->null.samples = 0;
	return verb->exec(a, op);
}

static int call_once(struct actor *a, const struct verb *verb, const struct op *op, struct pass *p)
{
	uint64_t before = faults_of_thread(), wall = clock_kernel(), start, end;
	int err = 0;

	start = clock_begin();
	if (verb)
		err = verb->exec(a, op);
	else
		syscall(SYS_getppid);
	end = clock_end();
	p->wall_ns = clock_kernel() - wall;
	p->faults = faults_of_thread() - before;
	p->tick[0] = end - start;
	p->samples = err ? 0 : 1;
	return err;
}

static int timed_call(struct actor *a, const struct verb *verb, const struct op *op)
{
	rehearse(a, op);
	call_once(a, NULL, op, &a->timing->null);
	return call_once(a, verb, op, &a->timing->step);
}

/* An exit is measured when it is reaped. */
static int begin_exit(struct actor *a, const struct verb *verb, const struct op *op)
{
	int err = verb->exec(a, op);

	a->timing->step.samples = a->timing->null.samples = 0;
	atomic_store(&a->timing->exit, EXIT_TIMED);
	return err;
}

int timed_exec(struct actor *a, const struct verb *verb, const struct op *op)
{
	if (verb->name[0] == '-')
		return verb->exec(a, op);
	a->timing->faults = false;
	a->timing->part = PART_STEP;
	if (!strcmp(verb->name, "exit"))
		return begin_exit(a, verb, op);
	if (verb->flags & VERB_PER_PAGE && op->by == ACTOR_PROCESS)
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
