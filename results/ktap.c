// SPDX-License-Identifier: GPL-2.0-only
#include "results/ktap.h"

#include <string.h>

static void put_line(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == '\n' || *text == '\r' ? ' ' : *text, out);
}

static void field(struct ktap *k, const char *name, const char *text)
{
	if (!text[0])
		return;
	fprintf(k->out, "#   %-8s ", name);
	put_line(k->out, text);
	fputc('\n', k->out);
}

static void put_where(struct ktap *k, const struct verdict *v)
{
	char text[128];
	int n = 0;

	if (v->step > 0)
		snprintf(text, sizeof(text), "%d  %s", v->step, v->step_text);
	else
		snprintf(text, sizeof(text), "after the last  %s", v->step_text);
	if (v->step > 0 || v->step_text[0])
		field(k, "step", text);
	if (v->page < 0)
		return;
	n = snprintf(text, sizeof(text), "%ld", v->page);
	if (v->offset >= 0)
		snprintf(text + n, sizeof(text) - (size_t)n, ", byte %ld", v->offset);
	field(k, "page", text);
}

static void put_failure(struct ktap *k, const char *id, const struct verdict *v)
{
	fprintf(k->out, "# %s", v->class[0] ? v->class : "fail");
	if (v->law[0])
		fprintf(k->out, ": breaks %s", v->law);
	fputc('\n', k->out);
	put_where(k, v);
	field(k, "read", v->read);
	field(k, "allowed", v->allowed);
	field(k, "whose", v->whose);
	field(k, "why", v->why);
	fputs("#   repeat   pinfold run '", k->out);
	for (; *id; id++) {
		if (*id == '\'')
			fputs("'\\''", k->out);
		else
			fputc(*id, k->out);
	}
	fputs("'\n", k->out);
}

void ktap_plan(struct ktap *k, size_t cells)
{
	k->number = 0;
	if (k->quiet)
		return;
	fprintf(k->out, "KTAP version 1\n1..%zu\n", cells);
	fflush(k->out);
}

static void put_result(struct ktap *k, const char *color, const char *result, const char *id)
{
	fprintf(k->out, "%s%s%s %zu ", k->color ? color : "", result, k->color ? "\033[0m" : "",
		k->number);
	put_line(k->out, id);
}

void ktap_cell(struct ktap *k, const char *id, const struct verdict *v)
{
	k->number++;
	if (k->quiet && (v->kind == VERDICT_PASS || v->kind == VERDICT_SKIP))
		return;
	switch (v->kind) {
	case VERDICT_PASS:
		put_result(k, "\033[32m", "ok", id);
		break;
	case VERDICT_FAIL:
		put_failure(k, id, v);
		put_result(k, v->known[0] ? "\033[33m" : "\033[1;31m", "not ok", id);
		if (v->known[0])
			fputs(" # TODO known: ", k->out);
		put_line(k->out, v->known);
		break;
	case VERDICT_SKIP:
		put_result(k, "\033[2m", "ok", id);
		fprintf(k->out, " # SKIP %s%s", v->class, v->class[0] && v->why[0] ? ": " : "");
		put_line(k->out, v->why);
		break;
	case VERDICT_UNREACHED:
		put_result(k, "\033[33m", "ok", id);
		fputs(" # SKIP unreached: ", k->out);
		put_line(k->out, v->why);
		break;
	case VERDICT_BROKEN:
		put_result(k, "\033[1;35m", "not ok", id);
		fputs(" # broken: ", k->out);
		put_line(k->out, v->why);
		break;
	}
	fputc('\n', k->out);
	fflush(k->out);
}

void ktap_totals(struct ktap *k, const int count[])
{
	fprintf(k->out, "# pass:%d fail:%d skip:%d unreached:%d broken:%d\n", count[VERDICT_PASS],
		count[VERDICT_FAIL], count[VERDICT_SKIP], count[VERDICT_UNREACHED],
		count[VERDICT_BROKEN]);
	fflush(k->out);
}
