// SPDX-License-Identifier: GPL-2.0-only
#include "bench/crew.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/clock.h"
#include "core/actor/fault.h"
#include "core/base/lru.h"

enum { STACK = 128 << 10, SPINS = 4096 };

static const uint64_t MEET_NS = 10000000000;

struct crew *bench_crew;

struct worker {
	pthread_t thread;
	struct range range;
	enum touch_mode mode;
	int number;
	uint8_t outcome;
};

struct crew_threads {
	struct worker worker[WORKERS_MAX];
	size_t bytes; /* of a share */
	char *first;
	int started;
};

int crew_open(void)
{
	void *at = mmap(NULL, sizeof(*bench_crew), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	bench_crew = at == MAP_FAILED ? NULL : at;
	return bench_crew ? 0 : -ENOMEM;
}

void crew_close(void)
{
	if (bench_crew)
		munmap(bench_crew, sizeof(*bench_crew));
	bench_crew = NULL;
}

void crew_reset(enum crew_kind kind, int workers)
{
	struct crew *c = bench_crew;

	c->kind = kind;
	c->workers = workers;
	c->why[0] = '\0';
	atomic_store(&c->broken, 0);
	atomic_store(&c->arrived, 0);
	for (int i = 0; i < WORKERS_MAX; i++)
		atomic_store(&c->taken[i], 0);
}

const char *crew_name(enum crew_kind kind)
{
	static const char *const name[] = { "", "threads", "areas", "processes" };

	return name[kind];
}

char *crew_text(enum crew_kind kind, int workers, char *buf, size_t size)
{
	static const char *const one[] = { "", "thread", "area", "process" };

	snprintf(buf, size, "%d %s", workers, workers == 1 ? one[kind] : crew_name(kind));
	return buf;
}

bool crew_of_threads(void)
{
	return bench_crew && (bench_crew->kind == CREW_THREADS || bench_crew->kind == CREW_AREAS);
}

bool crew_of_processes(void)
{
	return bench_crew && bench_crew->kind == CREW_PROCESSES;
}

bool crew_meet(void)
{
	struct crew *c = bench_crew;
	uint32_t opened;
	uint64_t end;

	if (!c || c->kind == CREW_NONE || c->workers < 2)
		return true;
	opened = atomic_load(&c->opened);
	if (atomic_fetch_add(&c->arrived, 1) + 1 == (uint32_t)c->workers) {
		atomic_store(&c->arrived, 0);
		atomic_fetch_add(&c->opened, 1);
		return true;
	}
	end = clock_kernel() + MEET_NS;
	for (unsigned i = 1; atomic_load(&c->opened) == opened; i++) {
		if (i % SPINS)
			continue;
		if (atomic_load(&c->broken) || clock_kernel() > end) {
			atomic_store(&c->broken, 1);
			return false;
		}
		sched_yield();
	}
	return true;
}

/* As timed.c does for the first worker. */
static void rehearse(struct crew_take *take)
{
	static _Thread_local uint64_t word[BASE_PAGE / sizeof(uint64_t)];
	struct range r = {
		.first = (char *)word, .stride = BASE_PAGE, .count = 1, .store = true, .word = word
	};
	volatile uint8_t outcome = OUTCOME_OK;

	memset(take, 0, sizeof(*take));
	FAULT_GUARD(outcome, touch(&r, &take->pass, TOUCH_PAIR));
	touch(&r, &take->pass, TOUCH_CHAINED);
	(void)outcome;
	take->pass.samples = 0;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct crew_take *take = &bench_crew->take[w->number][bench_crew->taken[0]];
	volatile uint8_t outcome = OUTCOME_OK;

	rehearse(take);
	take->per_fault = true;
	if (crew_meet())
		FAULT_GUARD(outcome, touch(&w->range, &take->pass, w->mode));
	if (crew_meet() && outcome == OUTCOME_OK)
		FAULT_GUARD(outcome, touch(&w->range, &take->null, w->mode));
	w->outcome = outcome;
	return NULL;
}

static int start(struct worker *w)
{
	pthread_attr_t attr;
	cpu_set_t cpu;
	int err;

	CPU_ZERO(&cpu);
	CPU_SET((size_t)bench_crew->cpu[w->number], &cpu);
	pthread_attr_init(&attr);
	err = pthread_attr_setstacksize(&attr, STACK);
	if (!err)
		err = pthread_attr_setaffinity_np(&attr, sizeof(cpu), &cpu);
	if (!err)
		err = pthread_create(&w->thread, &attr, work, w);
	pthread_attr_destroy(&attr);
	return err;
}

/* A flag that no fault looks at parts an area, until it is taken away again. */
static int part(const struct crew_threads *t, int advice)
{
	for (int i = 1; i < bench_crew->workers; i += 2)
		if (madvise(t->first + (size_t)i * t->bytes, t->bytes, advice))
			return errno;
	return 0;
}

struct crew_threads *crew_start(const struct range *r, enum touch_mode mode)
{
	static struct crew_threads t;
	struct crew *c = bench_crew;
	int err = 0;

	t = (struct crew_threads){ .first = r->first, .bytes = r->count * r->stride };
	if (atomic_load(&c->taken[0]) == CREW_STEPS) {
		snprintf(c->why, sizeof(c->why), "more than %d timed accesses", CREW_STEPS);
		return NULL;
	}
	if (c->kind == CREW_AREAS)
		err = part(&t, MADV_DONTDUMP);
	if (err) {
		snprintf(c->why, sizeof(c->why), "areas of their own: %s", strerror(err));
		return NULL;
	}
	/* What the first worker touched; a store of another CPU would copy it. */
	lru_drain();
	for (int i = 1; i < c->workers; i++) {
		struct worker *w = &t.worker[i];

		*w = (struct worker){ .range = *r, .mode = mode, .number = i };
		w->range.first += (size_t)i * t.bytes;
		w->range.word += (size_t)i * r->count;
		err = start(w);
		if (err)
			break;
		t.started = i;
	}
	if (!err)
		return &t;
	snprintf(c->why, sizeof(c->why), "a thread on CPU %d: %s", c->cpu[t.started + 1],
		 strerror(err));
	atomic_store(&c->broken, 1);
	crew_join(&t, false);
	return NULL;
}

bool crew_join(struct crew_threads *t, bool whole)
{
	for (int i = 1; i <= t->started; i++) {
		pthread_join(t->worker[i].thread, NULL);
		whole &= t->worker[i].outcome == OUTCOME_OK;
	}
	if (bench_crew->kind == CREW_AREAS)
		part(t, MADV_DODUMP);
	for (int i = 0; i < bench_crew->workers && whole; i++)
		atomic_fetch_add(&bench_crew->taken[i], 1);
	return whole;
}
