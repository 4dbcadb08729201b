// SPDX-License-Identifier: GPL-2.0-only
#include "results/ktap.h"

#include <stdlib.h>

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
	char score[64];

	fprintf(k->out, "# %s", v->class[0] ? v->class : "fail");
	if (v->law[0])
		fprintf(k->out, ": breaks %s", v->law);
	fputc('\n', k->out);
	put_where(k, v);
	field(k, "read", v->read);
	field(k, "allowed", v->allowed);
	field(k, "whose", v->whose);
	field(k, "why", v->why);
	snprintf(score, sizeof(score), "failed %d of %d executions%s", v->failed, v->tried,
		 v->failed < v->tried ? ": flaky" : "");
	field(k, "score", v->tried ? score : "");
	fputs("#   repeat   pinfold run '", k->out);
	for (; *id; id++) {
		if (*id == '\'')
			fputs("'\\''", k->out);
		else
			fputc(*id, k->out);
	}
	fprintf(k->out, "'%s\n", k->repeat);
}

void ktap_begin(struct ktap *k)
{
	if (!k->begun)
		fputs("KTAP version 1\n", k->out);
	k->begun = true;
	fflush(k->out);
}

void ktap_plan(struct ktap *k, size_t tests)
{
	ktap_begin(k);
	k->number = 0;
	k->planned = tests;
	if (k->quiet)
		k->held = open_memstream(&k->held_text, &k->held_size);
	if (!k->held)
		fprintf(k->out, "1..%zu\n", tests);
	fflush(k->out);
}

static FILE *results(const struct ktap *k)
{
	return k->held ? k->held : k->out;
}

/* False when the line stays away. */
static bool put_result(struct ktap *k, enum verdict_kind kind, const char *result, const char *id)
{
	static const char *const color[] = {
		[VERDICT_PASS] = "\033[32m",	 [VERDICT_FAIL] = "\033[1;31m",
		[VERDICT_SKIP] = "\033[2m",	 [VERDICT_UNREACHED] = "\033[33m",
		[VERDICT_BROKEN] = "\033[1;35m",
	};
	FILE *out = results(k);

	k->number++;
	k->passed += kind == VERDICT_PASS;
	k->skipped += kind == VERDICT_SKIP;
	if (k->held && (kind == VERDICT_PASS || kind == VERDICT_SKIP))
		return false;
	k->shown++;
	fprintf(out, "%s%s%s %zu ", k->color ? color[kind] : "", result, k->color ? "\033[0m" : "",
		k->held ? k->shown : k->number);
	put_line(out, id);
	return true;
}

static void put_directive(struct ktap *k, const char *directive, const char *why)
{
	FILE *out = results(k);

	fprintf(out, " # %s", directive);
	if (*why)
		fputc(' ', out);
	put_line(out, why);
}

void ktap_cell(struct ktap *k, const char *id, const struct verdict *v)
{
	bool shown = false;
	char why[300];

	if (v->kind == VERDICT_FAIL)
		put_failure(k, id, v);
	snprintf(why, sizeof(why), "%s%s%s", v->class, *v->class && *v->why ? ": " : "", v->why);
	shown = put_result(k, v->kind,
			   v->kind == VERDICT_FAIL || v->kind == VERDICT_BROKEN ? "not ok" : "ok",
			   id);
	if (shown && v->kind == VERDICT_FAIL && v->known[0])
		put_directive(k, "TODO known:", v->known);
	if (shown && v->kind == VERDICT_SKIP)
		put_directive(k, "SKIP", why);
	if (shown && v->kind == VERDICT_UNREACHED)
		put_directive(k, "SKIP unreached:", v->why);
	if (shown && v->kind == VERDICT_BROKEN)
		put_directive(k, "ERROR broken:", v->why);
	if (shown)
		fputc('\n', results(k));
	fflush(k->out);
}

void ktap_test(struct ktap *k, enum verdict_kind kind, const char *text, const char *why)
{
	if (!put_result(k, kind, kind == VERDICT_FAIL ? "not ok" : "ok", text))
		return;
	if (kind == VERDICT_SKIP)
		put_directive(k, "SKIP", why);
	fputc('\n', results(k));
	fflush(k->out);
}

void ktap_end(struct ktap *k, const char *why)
{
	while (k->number < k->planned) {
		if (!put_result(k, VERDICT_SKIP, "ok", "not run"))
			continue;
		put_directive(k, "SKIP", why);
		fputc('\n', results(k));
	}
	if (!k->held)
		return;
	fclose(k->held);
	k->held = NULL;
	fprintf(k->out, "1..%zu\n%s", k->shown + 1, k->held_text);
	fprintf(k->out, "ok %zu the rest: %zu passed, %zu skipped%s\n", k->shown + 1, k->passed,
		k->skipped, k->passed ? "" : " # SKIP nothing passed");
	free(k->held_text);
	k->held_text = NULL;
	fflush(k->out);
}

void ktap_totals(struct ktap *k, const int count[])
{
	fprintf(k->out, "# pass:%d fail:%d skip:%d unreached:%d broken:%d\n", count[VERDICT_PASS],
		count[VERDICT_FAIL], count[VERDICT_SKIP], count[VERDICT_UNREACHED],
		count[VERDICT_BROKEN]);
	fflush(k->out);
}
