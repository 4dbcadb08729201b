// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model runs without observations, so what a step allows here is what any of
 * the worlds allows that the program alone leaves open.
 */
#include "core/emit/emit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/verb/list.h"

int emit_cannot(struct emit *e, const struct op *op, const char *what)
{
	char step[64] = "map";

	if (op->step)
		step_print(op->step, step, sizeof(step));
	if (!*e->why)
		snprintf(e->why, e->why_size, "%s can't be printed: %s", step, what);
	return -ENOTSUP;
}

int emit_value(struct emit *e, value_t v)
{
	for (int i = 0; i < e->nvalues; i++)
		if (e->value[i] == v)
			return i;
	if (e->nvalues == EMIT_VALUES)
		return -1;
	e->value[e->nvalues] = v;
	return e->nvalues++;
}

static void name_step(char *text, size_t size, const struct op *op)
{
	char step[64];

	if (op->step) {
		step_print(op->step, step, sizeof(step));
		snprintf(text, size, "%d %s", op->number, step);
	} else if (op->verb == &verb_map) {
		snprintf(text, size, "map");
	} else if (op->verb == &verb_unpin) {
		snprintf(text, size, "give back D%d", op->pin + 1);
	} else if (op->by == ACTOR_DEVICE) {
		snprintf(text, size, "last look: D%d:read", op->pin + 1);
	} else {
		snprintf(text, size, "last look: %s:read", emit_process(op->proc));
	}
}

/* Its memory is gone when the parent, or main() without one, has waited for it. */
static void print_reap(struct emit *e, const struct op *op)
{
	int parent = op->child;
	bool lives = parent >= 0 && e->alive[parent] && !e->execed[parent];
	char text[128] = "", name[32];

	snprintf(name, sizeof(name), "%s is gone", emit_process(op->proc));
	if (e->execed[op->proc])
		snprintf(text, sizeof(text), "\tkill(PID(%s), SIGKILL);\n", emit_process(op->proc));
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "\twait(NULL);\n");
	e->subreaper |= !lives && op->proc;
	emit_step(e, lives ? parent : EMIT_MAIN, name, text);
}

/* A child's steps stand where it is forked. */
static void solo_fork(struct emit *e, const char *name)
{
	emit_step(e, 0, name, "");
	fprintf(e->body, "\tif (!fork()) {\n");
	e->in_child = true;
}

static void solo_exit(struct emit *e, const char *name)
{
	emit_step(e, 0, name, "\texit(0);\n");
	e->in_child = false;
	fprintf(e->body, "\t}\n\treap();\n");
}

static void print_proof(struct emit *e, FILE *out, int region)
{
	if (!e->kind->proof)
		return;
	fprintf(out, "\treached(");
	emit_kind_text(out, e->kind->proof, e, region);
	fprintf(out, ", \"%s\");\n", e->cell->mem->name);
}

static void print_settle(struct emit *e, FILE *out, int region)
{
	if (e->kind->settle) {
		fputc('\t', out);
		emit_kind_text(out, e->kind->settle, e, region);
		fprintf(out, ";\n");
	}
	print_proof(e, out, region);
}

/* As the executor: settled once, proven where nothing holds or changes it. */
static void after_store(struct emit *e, FILE *out, const struct op *op)
{
	bool whole = !op->first && op->npages == e->model.region[op->region].npages && !op->len;

	if (op->verb != &verb_write || op->by != ACTOR_PROCESS || op->proc || !whole ||
	    e->stored[op->region])
		return;
	e->stored[op->region] = true;
	if (e->cell->mem->settle_at == SETTLE_FIRST_STORE)
		print_settle(e, out, op->region);
	else if (e->cell->mem->settle_at == SETTLE_NEVER && !op->pinned)
		print_proof(e, out, op->region);
}

static void after_map(struct emit *e, FILE *out, const struct op *op)
{
	if (e->cell->mem->settle_at != SETTLE_MAP || e->settled[op->region])
		return;
	e->settled[op->region] = true;
	print_settle(e, out, op->region);
}

static void follow_up(struct emit *e, FILE *out, const struct op *op)
{
	if (op->verb == &verb_fork) {
		e->alive[op->child] = true;
	} else if (op->verb == &verb_exec) {
		e->execed[op->proc] = true;
	} else if (op->verb->flags & VERB_ENDS) {
		e->alive[op->proc] = false;
	} else if (op->verb->flags & VERB_TAKES_PIN) {
		e->pinned[op->pin] = true;
	} else if (op->verb->flags & VERB_KEEPS_PIN) {
		e->pin_op[op->pin].proc = op->proc;
	} else if (op->verb->flags & VERB_DROPS_PIN ||
		   (op->by == ACTOR_DEVICE && op->pin_kind->oneshot)) {
		e->pinned[op->pin] = false;
	} else if (op->verb == &verb_map) {
		after_map(e, out, op);
	} else if (op->verb == &verb_scavenge) {
		e->hoard = op->value;
	} else {
		after_store(e, out, op);
	}
}

static void print_prepare(struct emit *e, FILE *out)
{
	e->prepared = true;
	for (int i = 0; i < e->plan.nops; i++) {
		const struct op *op = &e->plan.op[i];

		if (op->verb->flags & VERB_TAKES_PIN && op->pin_kind->text &&
		    op->pin_kind->text->prepare)
			emit_call(out, op->pin_kind->text->prepare, op);
	}
}

/* The statements of a step, as a text. */
static int step_text(struct emit *e, const struct op *op, const struct op *model, char **text)
{
	size_t size;
	FILE *out = open_memstream(text, &size);
	struct violation v;
	int err;

	if (!out)
		return -ENOMEM;
	e->refused = false;
	if (op->verb == &verb_map && !e->prepared)
		print_prepare(e, out);
	err = emit_pages(e, out, op);
	if (!err && model_apply(&e->model, model, NULL, &v))
		err = emit_cannot(e, op, "the model ran out of worlds");
	if (!err && !e->refused)
		follow_up(e, out, op);
	fclose(out);
	return err;
}

/* In the process that is the device, the bystander, or writes to the file. */
static bool is_main(const struct op *op)
{
	const struct pin_text *t = op->pin_kind ? op->pin_kind->text : NULL;

	if (op->by == ACTOR_DEVICE)
		return t && t->main;
	return op->by == ACTOR_FILE || op->by == ACTOR_BYSTANDER;
}

/* The device step has ended the transfer. */
static bool is_over(const struct emit *e, const struct op *op)
{
	return op->verb == &verb_unpin && op->pin_kind->text && op->pin_kind->text->ends &&
	       !e->pinned[op->pin];
}

static uint8_t protection(const struct emit *e, const struct op *op)
{
	const struct model_region *r = &e->model.region[op->region];

	return op->proc < 0 ? 0 : r->page[op->first].world[0].view[op->proc].prot;
}

int emit_op(struct emit *e, const struct op *given)
{
	struct op op = *given, model = plan_model_op(given);
	bool over = is_over(e, given);
	bool ends = op.verb->flags & VERB_ENDS, gone = ends && e->execed[op.proc];
	char name[96], *text = NULL;
	int err;

	if (op.thread || op.background || op.verb == &plan_wait)
		return emit_cannot(e, &op, "threads and steps with '&' have no C text");
	name_step(name, sizeof(name), &op);
	if (op.verb == &plan_claim)
		return emit_claim(e, given, name);
	if (op.by == ACTOR_PROCESS && e->execed[op.proc] && !ends)
		return emit_cannot(e, &op, "its process runs another image");
	if (op.verb->flags & VERB_TAKES_PIN)
		e->pin_op[op.pin] = op;
	if ((op.verb->arg == ARG_VALUE || op.verb == &verb_scavenge) && emit_value(e, op.value) < 0)
		return emit_cannot(e, &op, "too many values");
	if (!(op.verb->flags & VERB_WHOLE)) {
		struct op around = model;

		op_around(&around);
		op.pinned = model_range_pinned(&e->model, &around);
		op.shared = model_range_shared(&e->model, &around);
		op.empty = model_range_empty(&e->model, &model);
		op.prot = protection(e, &op);
	}
	err = emit_watch(e, &op);
	if (!err)
		err = step_text(e, &op, &model, &text);
	if (!err && e->solo && op.verb == &verb_fork)
		solo_fork(e, name);
	else if (!err && e->solo && ends)
		solo_exit(e, name);
	else if (!err && !gone)
		emit_step(e, is_main(&op) ? EMIT_MAIN : op.proc, name, over ? "" : text);
	if (!err && !e->solo && ends)
		print_reap(e, &op);
	free(text);
	return err;
}

int emit_give_back(struct emit *e, int proc, bool in_flight_only)
{
	int err = 0;

	for (int i = 0; i < e->plan.npins && !err; i++) {
		struct op op = e->pin_op[i];

		if (!e->pinned[i] || op.proc != proc || (in_flight_only && !op.pin_kind->oneshot))
			continue;
		op.verb = &verb_unpin;
		op.step = NULL;
		err = emit_op(e, &op);
	}
	return err;
}

static int print_step(struct emit *e, const struct op *op)
{
	int err = 0;

	if ((op->verb->flags & VERB_ENDS || op->verb == &verb_exec) && !e->execed[op->proc])
		err = emit_give_back(e, op->proc, false);
	return err ? err : emit_op(e, op);
}

static int add_regions(struct emit *e)
{
	const struct mem_kind *mem = e->cell->mem;
	value_t first = mem->prepare ? value_make(WRITER_FILE, VALUE_FILE_FIRST) : VALUE_ZERO;

	emit_value(e, VALUE_ZERO);
	emit_value(e, first);
	for (int i = 0; i < e->plan.nregions; i++) {
		size_t npages = e->plan.region[i].units * mem->unit / BASE_PAGE;
		int err = model_add_region(&e->model, mem->share, mem->hugetlb, npages, first);

		if (err < 0)
			return err;
	}
	return 0;
}

static int make(struct emit *e, FILE *out)
{
	struct parse_error perr;
	int err = plan_make(&e->plan, e->cell->program, e->cell->mem, e->cell->pin, &perr);

	if (err) {
		snprintf(e->why, e->why_size, "%s", perr.text);
		return err;
	}
	e->kind = emit_kind_find(e->cell->mem->name);
	if (!e->kind) {
		snprintf(e->why, e->why_size, "mem=%s can't be printed", e->cell->mem->name);
		return -ENOTSUP;
	}
	e->alive[0] = true;
	e->solo = emit_is_solo(&e->plan);
	model_init(&e->model, 1);
	err = add_regions(e);
	e->body = open_memstream(&e->body_text, &e->body_size);
	if (!err && !e->body)
		err = -ENOMEM;
	for (int i = 0; i < e->plan.nops && !err; i++)
		err = print_step(e, &e->plan.op[i]);
	if (!err)
		err = emit_looks(e);
	if (!err)
		fflush(e->body);
	return err ? err : emit_text(out, e);
}

int emit_cell(FILE *out, const struct cell *c, char *why, size_t size)
{
	struct emit *e = calloc(1, sizeof(*e));
	int err;

	*why = '\0';
	if (!e)
		return -ENOMEM;
	e->cell = c;
	e->why = why;
	e->why_size = size;
	err = make(e, out);
	if (err && !*why)
		snprintf(why, size, "%s", strerror(-err));
	if (e->body)
		fclose(e->body);
	free(e->body_text);
	model_free(&e->model);
	free(e);
	return err;
}
