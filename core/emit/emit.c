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

enum { EXPECTS_MAX = 12 }; /* lines for one step, so that the text stays readable */

static int cannot(struct emit *e, const struct op *op, const char *what)
{
	char step[64] = "map";

	if (op->step)
		step_print(op->step, step, sizeof(step));
	if (!*e->why)
		snprintf(e->why, e->why_size, "%s can't be printed: %s", step, what);
	return -ENOTSUP;
}

static int value_index(struct emit *e, value_t v)
{
	for (int i = 0; i < e->nvalues; i++)
		if (e->value[i] == v)
			return i;
	if (e->nvalues == EMIT_VALUES)
		return -1;
	e->value[e->nvalues] = v;
	return e->nvalues++;
}

static void allow(struct expect *into, const struct expect *e)
{
	into->outcomes |= e->outcomes;
	into->err = e->err ? e->err : into->err;
	for (int s = 0; s < PAGE_SECTORS; s++)
		for (int i = 0; i < e->n[s]; i++) {
			int k = 0;

			while (k < into->n[s] && into->value[s][k] != e->value[s][i])
				k++;
			if (k == into->n[s] && k < HIST_MAX)
				into->value[s][into->n[s]++] = e->value[s][i];
		}
}

/* What op allows on one page, over all worlds; the model stays as it is. */
static int page_allows(struct emit *e, const struct op *op, size_t page, struct expect *allowed)
{
	struct model_region *r = &e->model.region[op->region];
	struct model_page *set = &r->page[page];
	struct model_step s = { .m = &e->model,
				.op = op,
				.share = r->share,
				.hugetlb = r->hugetlb,
				.page = page,
				.sectors = op_sectors(op, page),
				.set = set };
	int n = set->nworlds;
	struct world *keep = malloc((size_t)n * sizeof(*keep));

	if (!keep)
		return -ENOMEM;
	memcpy(keep, set->world, (size_t)n * sizeof(*keep));
	for (; s.index < n; s.index++) {
		s.expect = (struct expect){ .outcomes = OUTCOME_OK };
		op->verb->model(&s);
		allow(allowed, &s.expect);
	}
	memcpy(set->world, keep, (size_t)n * sizeof(*keep));
	set->nworlds = n;
	free(keep);
	return s.overflow ? cannot(e, op, "the model ran out of worlds") : 0;
}

static int print_mask(struct emit *e, FILE *out, const struct expect *x, int sector)
{
	for (int i = 0; i < x->n[sector]; i++) {
		char name[16];

		if (value_index(e, x->value[sector][i]) < 0)
			return -ENOTSUP;
		fprintf(out, "%s1u << %s", i ? " | " : "",
			value_identifier(x->value[sector][i], name, sizeof(name)));
	}
	return 0;
}

static bool same_values(const struct expect *a, int i, const struct expect *b, int j)
{
	return a->n[i] == b->n[j] &&
	       !memcmp(a->value[i], b->value[j], a->n[i] * sizeof(a->value[i][0]));
}

/* One line for each run of sectors that may read the same. */
static int print_expects(struct emit *e, FILE *out, const struct op *op, const struct expect *x)
{
	size_t count = op->npages * PAGE_SECTORS, lines = 0;

	for (size_t s = 0, end; s < count; s = end) {
		const struct expect *first = &x[s / PAGE_SECTORS];
		int sector = (int)(s % PAGE_SECTORS);

		for (end = s + 1; end < count; end++)
			if (!same_values(first, sector, &x[end / PAGE_SECTORS],
					 (int)(end % PAGE_SECTORS)))
				break;
		if (!first->n[sector])
			continue;
		if (++lines > EXPECTS_MAX)
			return cannot(e, op, "too many different expectations");
		fprintf(out, op->by == ACTOR_DEVICE ? "\texpect(img, " : "\texpect(r%d, ",
			op->region);
		fprintf(out, "%zu, %zu, ", op->first * BASE_PAGE + s * SECTOR, (end - s) * SECTOR);
		if (print_mask(e, out, first, sector))
			return cannot(e, op, "too many values");
		fprintf(out, ");\n");
	}
	return 0;
}

static int verb_text(struct emit *e, FILE *out, const struct op *op)
{
	int err = op->verb->emit ? op->verb->emit(out, op) : -ENOTSUP;

	if (!err)
		return 0;
	return cannot(e, op, op->pin_kind ? op->pin_kind->name : "its verb or place has no C text");
}

/* A range of pages with one outcome. */
static int print_range(struct emit *e, FILE *out, const struct op *op, const struct expect *x)
{
	bool looks = op->verb->flags & VERB_LOOKS;
	struct op wide = *op;
	int err;

	if (x->outcomes == OUTCOME_SEGV || x->outcomes == OUTCOME_BUS) {
		if (op->len)
			return cannot(e, op, "a fault in a part of a page");
		fprintf(out, "\tfaults(r%d + %zu, %zu, %s, %d);\n", op->region,
			op->first * BASE_PAGE, op_bytes(op),
			x->outcomes == OUTCOME_SEGV ? "SIGSEGV" : "SIGBUS", !looks);
		return 0;
	}
	e->refused = x->outcomes == OUTCOME_ERR;
	if (e->refused && x->err)
		fprintf(out, "\twanted = %s;\n", errno_name(x->err));
	else if (x->outcomes != OUTCOME_OK)
		return cannot(e, op, "it may end in more than one way");
	if (looks && op->by == ACTOR_DEVICE) {
		wide.first = e->pin_op[op->pin].first; /* a mechanism reads all of its pin */
		wide.npages = e->pin_op[op->pin].npages;
		wide.len = 0;
	}
	err = verb_text(e, out, &wide);
	return err || !looks ? err : print_expects(e, out, op, x);
}

static bool same_outcome(const struct expect *a, const struct expect *b)
{
	return a->outcomes == b->outcomes && a->err == b->err;
}

static int print_pages(struct emit *e, FILE *out, const struct op *op)
{
	bool parts = op->verb->flags & VERB_PER_PAGE && op->by == ACTOR_PROCESS && !op->len;
	struct expect *x = calloc(op->npages, sizeof(*x));
	int err = x ? 0 : -ENOMEM;

	for (size_t i = 0; i < op->npages && !err; i++)
		err = page_allows(e, op, op->first + i, &x[i]);
	for (size_t i = 0, end; i < op->npages && !err; i = end) {
		struct op part = *op;

		for (end = i + 1; end < op->npages && same_outcome(&x[i], &x[end]); end++)
			;
		if (end - i < op->npages && !parts) {
			err = cannot(e, op, "its pages end differently");
			break;
		}
		part.first = op->first + i;
		part.npages = end - i;
		err = print_range(e, out, &part, &x[i]);
	}
	free(x);
	return err;
}

static void print_turn(struct emit *e, FILE *out, const struct op *op)
{
	char text[64];

	if (op->step)
		step_print(op->step, text, sizeof(text));
	if (op->step)
		fprintf(out, "\tturn(%d, \"step %d: %s\");\n", ++e->turn, op->number, text);
	else if (op->verb == &verb_map)
		fprintf(out, "\tturn(%d, \"map\");\n", ++e->turn);
	else if (op->by == ACTOR_DEVICE)
		fprintf(out, "\tturn(%d, \"last look: D%d:read\");\n", ++e->turn, op->pin + 1);
	else
		fprintf(out, "\tturn(%d, \"last look: %s:read\");\n", ++e->turn,
			emit_process(op->proc));
}

/* Its memory is gone when the parent, or main() without one, has waited for it. */
static void print_reap(struct emit *e, const struct op *op)
{
	bool parent = op->child >= 0 && e->alive[op->child];
	FILE *out = e->body[parent ? op->child : EMIT_RUNNER].file;

	fprintf(out, "\tturn(%d, \"%s is gone\");\n\twaitpid(all->pid[%d], NULL, 0);\n", ++e->turn,
		emit_process(op->proc), op->proc);
	if (!parent)
		fprintf(out, "\tall->done = mine;\n");
}

static void follow_up(struct emit *e, FILE *out, const struct op *op)
{
	bool whole = !op->first && op->npages == e->model.region[op->region].npages && !op->len;

	if (op->verb == &verb_fork) {
		e->alive[op->child] = true;
	} else if (op->verb == &verb_exit) {
		e->alive[op->proc] = false;
		print_reap(e, op);
	} else if (op->verb->flags & VERB_TAKES_PIN) {
		e->pinned[op->pin] = true;
	} else if (op->verb->flags & VERB_DROPS_PIN) {
		e->pinned[op->pin] = false;
	} else if (op->verb == &verb_write && op->by == ACTOR_PROCESS && !op->proc && whole &&
		   !e->stored[op->region]) {
		e->stored[op->region] = true;
		if (emit_kind_find(e->cell->mem->name)->pages_out)
			fprintf(out, "\tcheck(madvise(r%d, %zu, MADV_PAGEOUT));\n", op->region,
				op_bytes(op));
	}
}

static int print_op(struct emit *e, const struct op *op)
{
	struct violation v;
	FILE *out;
	int err;

	if (op->by != ACTOR_PROCESS && op->by != ACTOR_DEVICE)
		return cannot(e, op, "only processes and devices have C text");
	if (op->thread || op->background || op->verb == &plan_wait || op->verb == &plan_claim)
		return cannot(e, op, "threads, steps with '&' and claims have no C text");
	out = e->body[op->proc].file;
	if (op->verb->flags & VERB_TAKES_PIN)
		e->pin_op[op->pin] = *op;
	if (op->verb->flags & VERB_STORES && value_index(e, op->value) < 0)
		return cannot(e, op, "too many values");
	e->refused = false;
	print_turn(e, out, op);
	err = op->verb->flags & VERB_WHOLE ? verb_text(e, out, op) : print_pages(e, out, op);
	if (err)
		return err;
	if (model_apply(&e->model, op, NULL, &v))
		return cannot(e, op, "the model ran out of worlds");
	if (!e->refused)
		follow_up(e, out, op);
	return 0;
}

/* Devices first, as the executor does it. */
static int print_looks(struct emit *e)
{
	int err = 0;

	for (int i = 0; i < e->plan.npins && !err; i++) {
		struct op op = e->pin_op[i];

		if (!e->pinned[i] || !e->alive[op.proc])
			continue;
		op.verb = &verb_read;
		op.by = ACTOR_DEVICE;
		op.step = NULL;
		err = print_op(e, &op);
	}
	for (int p = 0; p < e->plan.nprocs; p++)
		for (int r = 0; e->alive[p] && r < e->plan.nregions && !err; r++) {
			struct op op = { .verb = &verb_read,
					 .by = ACTOR_PROCESS,
					 .proc = p,
					 .pin = -1,
					 .region = r,
					 .unit = e->cell->mem->unit,
					 .npages = e->model.region[r].npages };

			err = print_op(e, &op);
		}
	return err;
}

static int add_regions(struct emit *e)
{
	const struct mem_kind *mem = e->cell->mem;
	value_t first = mem->prepare ? value_make(WRITER_FILE, VALUE_FILE_FIRST) : VALUE_ZERO;

	value_index(e, VALUE_ZERO);
	value_index(e, first);
	for (int i = 0; i < e->plan.nregions; i++) {
		size_t npages = e->plan.region[i].units * mem->unit / BASE_PAGE;
		int err = model_add_region(&e->model, mem->share, mem->hugetlb, npages, first);

		if (err < 0)
			return err;
	}
	return 0;
}

static int open_bodies(struct emit *e)
{
	for (int i = 0; i < EMIT_BODIES; i++) {
		e->body[i].file = open_memstream(&e->body[i].text, &e->body[i].size);
		if (!e->body[i].file)
			return -ENOMEM;
	}
	return 0;
}

static void close_bodies(struct emit *e)
{
	for (int i = 0; i < EMIT_BODIES; i++) {
		if (e->body[i].file)
			fclose(e->body[i].file);
		free(e->body[i].text);
	}
}

static int make(struct emit *e, FILE *out)
{
	struct parse_error perr;
	int err = plan_make(&e->plan, e->cell->program, e->cell->mem, e->cell->pin, &perr);

	if (err) {
		snprintf(e->why, e->why_size, "%s", perr.text);
		return err;
	}
	if (!emit_kind_find(e->cell->mem->name)) {
		snprintf(e->why, e->why_size, "mem=%s can't be printed", e->cell->mem->name);
		return -ENOTSUP;
	}
	e->alive[0] = true;
	model_init(&e->model, 1);
	err = add_regions(e);
	if (!err)
		err = open_bodies(e);
	for (int i = 0; i < e->plan.nops && !err; i++)
		err = print_op(e, &e->plan.op[i]);
	if (!err)
		err = print_looks(e);
	for (int i = 0; i < EMIT_BODIES && !err; i++)
		fflush(e->body[i].file);
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
	close_bodies(e);
	model_free(&e->model);
	free(e);
	return err;
}
