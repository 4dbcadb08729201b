// SPDX-License-Identifier: GPL-2.0-only
/* What a step allows on its pages, as checks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/emit/emit.h"
#include "core/verb/list.h"

enum { EXPECTS_MAX = 12 }; /* lines for one step, so that the text stays readable */

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

	if (!keep || !model_alone(r, page)) {
		free(keep);
		return -ENOMEM;
	}
	memcpy(keep, set->world, (size_t)n * sizeof(*keep));
	for (; s.index < n; s.index++) {
		s.expect = (struct expect){ .outcomes = OUTCOME_OK };
		op->verb->model(&s);
		allow(allowed, &s.expect);
	}
	memcpy(set->world, keep, (size_t)n * sizeof(*keep));
	set->nworlds = n;
	free(keep);
	return s.overflow ? emit_cannot(e, op, "the model ran out of worlds") : 0;
}

static int print_mask(struct emit *e, FILE *out, const struct expect *x, int sector)
{
	for (int i = 0; i < x->n[sector]; i++) {
		char name[16];

		if (emit_value(e, x->value[sector][i]) < 0)
			return -ENOTSUP;
		fprintf(out, "%s1 << %s", i ? " | " : "",
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
	bool direct = op->by == ACTOR_PROCESS && op->verb == &verb_read;
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
			return emit_cannot(e, op, "too many different expectations");
		if (direct)
			fprintf(out, "\texpect(r%d, ", op->region);
		else
			fprintf(out, "\texpect(img, ");
		fprintf(out, "%zu, %zu, ", op->first * BASE_PAGE + s * SECTOR, (end - s) * SECTOR);
		if (print_mask(e, out, first, sector))
			return emit_cannot(e, op, "too many values");
		fprintf(out, ");\n");
	}
	return 0;
}

static int verb_text(struct emit *e, FILE *out, const struct op *op)
{
	int err = op->verb->emit ? op->verb->emit(out, op) : -ENOTSUP;

	if (op->verb == &verb_map)
		emit_map(out, e, op->region, op->fails);
	if (!err)
		return 0;
	return emit_cannot(e, op,
			   op->pin_kind ? op->pin_kind->name : "its verb or place has no C text");
}

/* Each "check(" of text becomes a call that knows what may happen in its place. */
static void print_checks(FILE *out, const char *text, const char *call, int err)
{
	for (const char *at; (at = strstr(text, "check(")); text = at + strlen("check("))
		fprintf(out, "%.*s%s(%s, ", (int)(at - text), text, call,
			err ? errno_name(err) : "0");
	fputs(text, out);
}

static int print_failing(struct emit *e, FILE *out, const struct op *op, const struct expect *x)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int err;

	if (!f)
		return -ENOMEM;
	err = verb_text(e, f, op);
	fclose(f);
	if (!err)
		print_checks(out, text, e->refused ? "refused" : "may_fail", x->err);
	free(text);
	return err;
}

/* A range of pages with one outcome. */
static int print_range(struct emit *e, FILE *out, const struct op *op, const struct expect *x)
{
	bool looks = op->verb->flags & VERB_LOOKS;
	struct op wide = *op;
	int err;

	if (x->outcomes == OUTCOME_SEGV || x->outcomes == OUTCOME_BUS) {
		if (op->len)
			return emit_cannot(e, op, "a fault in a part of a page");
		fprintf(out, "\tfaults(r%d + %zu, %zu, %s, %d);\n", op->region,
			op->first * BASE_PAGE, op_bytes(op),
			x->outcomes == OUTCOME_SEGV ? "SIGSEGV" : "SIGBUS", !looks);
		return 0;
	}
	e->refused = wide.fails = x->outcomes == OUTCOME_ERR;
	if (x->outcomes == (OUTCOME_OK | OUTCOME_ERR) &&
	    !(op->verb->flags & (VERB_TAKES_PIN | VERB_LOOKS)))
		wide.fails = true;
	if (!wide.fails && x->outcomes != OUTCOME_OK)
		return emit_cannot(e, op, "it may end in more than one way");
	if (looks && op->by == ACTOR_DEVICE) {
		wide.first = e->pin_op[op->pin].first; /* a mechanism reads all of its pin */
		wide.npages = e->pin_op[op->pin].npages;
		wide.len = 0;
	}
	err = wide.fails ? print_failing(e, out, &wide, x) : verb_text(e, out, &wide);
	return err || !looks || e->refused ? err : print_expects(e, out, op, x);
}

static bool same_outcome(const struct expect *a, const struct expect *b)
{
	return a->outcomes == b->outcomes && a->err == b->err;
}

int emit_pages(struct emit *e, FILE *out, const struct op *op)
{
	bool parts = op->verb->flags & VERB_PER_PAGE && op->by == ACTOR_PROCESS && !op->len;
	struct op model = plan_model_op(op);
	struct expect *x;
	int err;

	if (op->verb->flags & VERB_WHOLE || op->by == ACTOR_BYSTANDER)
		return verb_text(e, out, op);
	x = calloc(op->npages, sizeof(*x));
	err = x ? 0 : -ENOMEM;
	for (size_t i = 0; i < op->npages && !err; i++)
		err = page_allows(e, &model, op->first + i, &x[i]);
	for (size_t i = 0, end; i < op->npages && !err; i = end) {
		struct op part = *op;

		for (end = i + 1; end < op->npages && same_outcome(&x[i], &x[end]); end++)
			;
		if (end - i < op->npages && !parts) {
			err = emit_cannot(e, op, "its pages end differently");
			break;
		}
		part.first = op->first + i;
		part.npages = end - i;
		err = print_range(e, out, &part, &x[i]);
	}
	free(x);
	return err;
}
