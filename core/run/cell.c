// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/cell.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/actor/fault.h"
#include "core/actor/harness.h"
#include "core/mem/mount.h"
#include "core/need/need.h"
#include "core/run/executor.h"

const char *verdict_name(enum verdict_kind k)
{
	static const char *const name[] = { "pass", "fail", "skip", "unreached", "broken" };

	return name[k];
}

void cell_set_id(struct cell *c)
{
	const struct program *p = c->program;
	char pins[96] = "", *steps = *p->name ? NULL : steps_print(p);

	for (int i = 0; i < PIN_CLASSES; i++) {
		size_t n = strlen(pins);

		if (c->pin[i])
			snprintf(pins + n, sizeof(pins) - n, "%s%s", n ? "+" : "", c->pin[i]->name);
	}
	snprintf(c->id, sizeof(c->id), "%s%s%s/mem=%s%s%s", p->family, *p->family ? "/" : "",
		 steps ? steps : p->name, c->mem->name, *pins ? "/pin=" : "", pins);
	free(steps);
}

struct executor *executor_open(const struct run_options *o)
{
	struct executor *x = calloc(1, sizeof(*x));
	const struct rlimit no_core = { 0, 0 };
	cpu_set_t cpus;

	if (!x)
		return NULL;
	sched_getaffinity(0, sizeof(x->allowed), &x->allowed);
	x->options = *o;
	x->nonce = (uint16_t)(now_ns() >> 10);
	x->channel = channel_open();
	CPU_ZERO(&cpus);
	CPU_SET((size_t)o->cpu, &cpus);
	if (!x->channel || sched_setaffinity(0, sizeof(cpus), &cpus) ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1)) {
		executor_close(x);
		return NULL;
	}
	setrlimit(RLIMIT_CORE, &no_core);
	fault_init();
	return x;
}

static void close_mechanisms(struct executor *x)
{
	for (int i = 0; i < x->nopened; i++)
		if (x->opened[i]->close)
			x->opened[i]->close();
	x->nopened = 0;
}

void executor_close(struct executor *x)
{
	close_mechanisms(x);
	for (int i = 0; i < PROCS_MAX; i++)
		free(x->frame[i]);
	nursery_close(x->nursery);
	if (x->channel)
		channel_close(x->channel);
	free(x);
}

int executor_settle(struct executor *x)
{
	return x->nursery ? nursery_wait(x->nursery, 0) : 0;
}

void executor_count(struct executor *x, bool on)
{
	channel_count(x->channel, on);
}

int executor_opened(const struct executor *x)
{
	return x->nopened;
}

/* Those that have open what k wants for itself. */
static void close_rivals(struct executor *x, const struct pin_kind *k)
{
	int n = 0;

	for (int i = 0; i < x->nopened; i++) {
		const struct pin_kind *o = x->opened[i];

		if (!k->holds || !o->holds || strcmp(k->holds, o->holds) != 0 || k->open == o->open)
			x->opened[n++] = o;
		else if (o->close)
			o->close();
	}
	x->nopened = n;
}

static int open_mechanism(struct executor *x, const struct pin_kind *k)
{
	int err;

	for (int i = 0; i < x->nopened; i++)
		if (x->opened[i] == k)
			return 0;
	if (k->open)
		executor_close_nursery(x);
	close_rivals(x, k);
	err = k->open ? k->open() : 0;
	if (err)
		return err;
	if (x->nopened == OPENED_MAX)
		return -EOVERFLOW;
	x->opened[x->nopened++] = k;
	return 0;
}

static const struct mem_kind *memory_of(const struct executor *x)
{
	const struct mutant *m = x->options.mutant;

	return m && m->mem && !strcmp(m->mem_name, x->cell->mem->name) ? mem_kind_find(m->mem) :
									 x->cell->mem;
}

/* A planted lie replaces what the plan resolved; the model keeps the truth. */
static void plant(struct executor *x)
{
	struct verb *lie = channel_lie(x->channel);
	const struct mutant *m = x->options.mutant;
	const struct pin_kind *pin = m && m->pin ? pin_kind_find(m->pin) : NULL;

	if (!m)
		return;
	for (int i = 0; i < x->plan.nops; i++) {
		struct op *op = &x->plan.op[i];

		if (m->verb && !strcmp(m->verb, op->verb->name)) {
			*lie = *op->verb;
			lie->exec = m->exec;
			op->verb = lie;
		}
		if (pin && op->pin_kind && op->pin_kind->class == pin->class)
			op->pin_kind = pin;
	}
}

static int fill_file(struct region *r, struct model *m)
{
	char page[BASE_PAGE];

	for (size_t i = 0; i < r->len / BASE_PAGE; i++) {
		struct pattern_site site = { m->nonce, (uint8_t)r->index, (uint32_t)i };

		pattern_fill(page, 0, BASE_PAGE, value_make(WRITER_FILE, VALUE_FILE_FIRST), &site);
		if (pwrite(r->fd, page, BASE_PAGE, (off_t)(i * BASE_PAGE)) != BASE_PAGE)
			return -errno;
	}
	return 0;
}

static int prepare_region(struct executor *x, int i)
{
	const struct mem_kind *mem = memory_of(x);
	struct region *r = &x->base.region[i];
	size_t len = x->plan.region[i].units * x->cell->mem->unit;
	value_t first = VALUE_ZERO;
	int err;

	*r = (struct region){ .kind = mem,
			      .index = i,
			      .addr = actor_address(i, 0),
			      .len = len,
			      .fd = -1,
			      .root = -1 };
	if (mem->prepare) {
		err = mem->prepare(r);
		if (err)
			return executor_broken(x, "file of the memory kind", err);
		first = value_make(WRITER_FILE, VALUE_FILE_FIRST);
		err = fill_file(r, &x->model);
		if (!err && mem->remounts)
			err = region_fd_loads_only(r);
		if (err)
			return executor_broken(x, "first content of the file", err);
	}
	err = model_add_region(&x->model, x->cell->mem->share, x->cell->mem->hugetlb,
			       len / BASE_PAGE, first);
	return err < 0 ? executor_broken(x, "model", err) : 0;
}

static int prepare_pins(struct executor *x)
{
	struct reply reply;

	if ((!x->plan.npins && !x->plan.nthreads) || x->pinned_kb >= 0)
		return 0;
	if (executor_ask(x, &harness_prepare, 0, 0, x->plan.npins, &reply))
		return 1;
	if (reply.err)
		return executor_broken(x, "prepare of the pin mechanism", reply.err);
	if (reply.pinned < 0)
		return executor_broken(x, "/proc/self/status", (int)reply.pinned);
	x->pinned_kb = reply.pinned;
	return 0;
}

static int open_mechanisms(struct executor *x)
{
	for (int i = 0; i < x->plan.nops; i++) {
		const struct op *op = &x->plan.op[i];
		int err;

		if (!(op->verb->flags & VERB_TAKES_PIN))
			continue;
		err = open_mechanism(x, op->pin_kind);
		if (err)
			return executor_broken(x, op->pin_kind->name, err);
	}
	return 0;
}

static int prepare(struct executor *x)
{
	if (open_mechanisms(x) || executor_open_nursery(x))
		return 1;
	for (int i = 0; i < x->plan.nregions; i++)
		if (prepare_region(x, i))
			return 1;
	x->base.nregions = x->plan.nregions;
	x->base.nonce = x->model.nonce;
	x->base.nthreads = x->plan.nthreads;
	executor_pins(&x->plan, x->cell->mem->unit, x->base.pin);
	return executor_start_actors(x) || prepare_pins(x);
}

static void run_steps(struct executor *x)
{
	if (!executor_steps(x, x->plan.op, x->plan.nops))
		executor_last_look(x);
}

static void finish(struct executor *x)
{
	executor_give_back(x);
	executor_end_actors(x);
	for (int i = 0; i < x->plan.npins; i++)
		if (x->base.pin[i].kind && x->base.pin[i].kind->release)
			x->base.pin[i].kind->release(&x->base.pin[i]);
	for (int i = 0; i < x->plan.nregions; i++)
		if (x->base.region[i].kind) {
			close_fd(&x->base.region[i].fd);
			close_fd(&x->base.region[i].root);
		}
	model_free(&x->model);
	model_free(&x->before);
}

static bool plan_cell(struct executor *x)
{
	const struct cell *c = x->cell;
	struct parse_error error;
	int err = plan_make(&x->plan, c->program, c->mem, c->pin, &error);

	if (!err)
		return true;
	x->verdict->kind = err == -ENOSYS ? VERDICT_SKIP : VERDICT_BROKEN;
	snprintf(x->verdict->class, sizeof(x->verdict->class), "%s", err == -ENOSYS ? "lanes" : "");
	snprintf(x->verdict->why, sizeof(x->verdict->why), "%s", error.text);
	return false;
}

void cell_run(struct executor *x, const struct cell *c, struct verdict *v)
{
	uint64_t start = now_ns();

	*v = (struct verdict){ .kind = VERDICT_PASS, .page = -1, .offset = -1 };
	x->cell = c;
	x->verdict = v;
	x->group[0] = x->group[1] = 0;
	memset(x->alive, 0, sizeof(x->alive));
	memset(x->pinned, 0, sizeof(x->pinned));
	memset(x->refused, 0, sizeof(x->refused));
	memset(x->by_child, 0, sizeof(x->by_child));
	memset(x->stored, 0, sizeof(x->stored));
	memset(&x->base, 0, sizeof(x->base));
	memset(&x->holdings, 0, sizeof(x->holdings));
	memset(x->err, 0, sizeof(x->err));
	x->base.region = x->holdings.region;
	x->base.pin = x->holdings.pin;
	x->background.verb = NULL;
	x->before.nregions = 0;
	x->nonce = (uint16_t)(x->nonce + 1) | PATTERN_NONCE;
	if (!plan_cell(x))
		return;
	plant(x);
	model_init(&x->model, x->nonce);
	if (!prepare(x))
		run_steps(x);
	finish(x);
	/* Who was killed left what only it could undo: a type 1 mapping until 6.2. */
	if (v->kind == VERDICT_BROKEN || x->background.verb || !strcmp(v->class, "hang") ||
	    !strcmp(v->class, "crash")) {
		executor_close_nursery(x);
		close_mechanisms(x);
		need_calm();
	}
	v->wall_ns = now_ns() - start;
}
