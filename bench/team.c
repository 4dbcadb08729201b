// SPDX-License-Identifier: GPL-2.0-only
#include "bench/team.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/crew.h"
#include "bench/timed.h"
#include "core/base/futex.h"
#include "core/base/util.h"
#include "core/guard/guard.h"

enum { IDLE_MS = 1000 };

/* Shared with the workers. */
struct board {
	_Atomic uint32_t go, done; /* futexes: rounds begun; workers that ended, of all rounds */
	_Atomic bool stop;
	struct verdict verdict[WORKERS_MAX];
};

struct team {
	struct board *board;
	int workers;
	uint32_t rounds;
	pid_t pid[WORKERS_MAX];
};

/* run_options.timed of a worker, with its number. */
static void take(void *by, const struct op *op, const struct timing *t)
{
	int number = *(const int *)by, k = atomic_load(&bench_crew->taken[number]);
	struct crew_take *to;

	if (t->part == PART_REAP || !t->step.samples || k == CREW_STEPS)
		return;
	to = &bench_crew->take[number][k];
	to->step = op->number;
	to->per_fault = t->faults;
	to->pass = t->step;
	to->null = t->null;
	to->placed = t->placed;
	atomic_store(&bench_crew->taken[number], k + 1);
}

static void work(const struct team *t, int number, const struct cell *c,
		 const struct run_options *given)
{
	struct board *b = t->board;
	struct run_options o = *given;
	struct verdict *v = &b->verdict[number];
	struct executor *x;

	o.cpu = bench_crew->cpu[number];
	o.timed = take;
	o.timed_by = &number;
	o.trace = NULL;
	x = executor_open(&o);
	for (uint32_t seen = 0; !atomic_load(&b->stop) && getppid() != 1;) {
		if (atomic_load(&b->go) == seen) {
			futex_wait(&b->go, seen, IDLE_MS);
			continue;
		}
		seen++;
		if (x) {
			cell_run(x, c, v);
		} else {
			*v = (struct verdict){ .kind = VERDICT_BROKEN };
			snprintf(v->why, sizeof(v->why), "executor of worker %d", number);
		}
		if (v->kind != VERDICT_PASS)
			atomic_store(&bench_crew->broken, 1);
		atomic_fetch_add(&b->done, 1);
		futex_wake(&b->done);
	}
	if (x)
		executor_close(x);
}

static pid_t start(const struct team *t, int number, const struct cell *c,
		   const struct run_options *o, const cpu_set_t *allowed)
{
	pid_t runner = getpid(), pid = fork();
	cpu_set_t cpus = *allowed;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != runner)
		_exit(1);
	guard_forget();
	CPU_SET((size_t)bench_crew->cpu[number], &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	work(t, number, c, o);
	_exit(0);
}

struct team *team_open(const struct cell *c, const struct run_options *o, const cpu_set_t *allowed)
{
	struct team *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->workers = bench_crew->workers;
	t->board = mmap(NULL, sizeof(*t->board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (t->board == MAP_FAILED) {
		free(t);
		return NULL;
	}
	fflush(NULL);
	for (int i = 1; i < t->workers; i++) {
		t->pid[i] = start(t, i, c, o, allowed);
		if (t->pid[i] < 0) {
			team_close(t);
			errno = EAGAIN;
			return NULL;
		}
	}
	return t;
}

void team_go(struct team *t)
{
	t->rounds++;
	atomic_fetch_add(&t->board->go, 1);
	futex_wake(&t->board->go);
}

/* Whether a worker died on the way. */
static bool lost(const struct team *t)
{
	for (int i = 1; i < t->workers; i++)
		if (waitpid(t->pid[i], NULL, WNOHANG) == t->pid[i])
			return true;
	return false;
}

void team_wait(struct team *t, struct verdict *v)
{
	uint32_t all = t->rounds * (uint32_t)(t->workers - 1), seen;

	if (v->kind != VERDICT_PASS)
		atomic_store(&bench_crew->broken, 1);
	while ((seen = atomic_load(&t->board->done)) < all) {
		futex_wait(&t->board->done, seen, IDLE_MS);
		if (atomic_load(&t->board->done) == seen && lost(t)) {
			*v = (struct verdict){ .kind = VERDICT_BROKEN, .why = "a worker died" };
			return;
		}
	}
	for (int i = 1; i < t->workers && v->kind == VERDICT_PASS; i++)
		if (t->board->verdict[i].kind != VERDICT_PASS)
			*v = t->board->verdict[i];
}

void team_close(struct team *t)
{
	if (!t)
		return;
	atomic_store(&t->board->stop, true);
	atomic_store(&bench_crew->broken, 1);
	atomic_fetch_add(&t->board->go, 1);
	futex_wake(&t->board->go);
	for (int i = 1; i < t->workers; i++)
		if (t->pid[i] > 0)
			waitpid(t->pid[i], NULL, 0);
	munmap(t->board, sizeof(*t->board));
	free(t);
}
