// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "results/compare.h"
#include "results/environment.h"

static const char *const change_name[CHANGES] = {
	[CHANGE_NEW] = "new",	  [CHANGE_WORSE] = "more often", [CHANGE_FLAKY] = "flaky",
	[CHANGE_FIXED] = "fixed", [CHANGE_LOST] = "lost",	 [CHANGE_KNOWN] = "new but known",
};

static void put_pair(json_t *o, const char *key, const size_t n[2])
{
	json_object_set_new(o, key, json_pack("[II]", (json_int_t)n[0], (json_int_t)n[1]));
}

static void put_waiver(json_t *o, const struct waiver *w)
{
	if (!w)
		return;
	json_object_set_new(o, "waived_until", json_text(w->until));
	json_object_set_new(o, "waived_by", json_text(w->owner));
	json_object_set_new(o, "waived_for", json_text(w->reason));
}

static void put_interval(json_t *o, const struct shift *log)
{
	json_object_set_new(o, "ratio", json_real(exp(log->estimate)));
	if (log->interval)
		json_object_set_new(o, "interval",
				    json_pack("[ff]", exp(log->low), exp(log->high)));
}

static json_t *row_json(const struct compare_row *row)
{
	json_t *o = json_pack("{ss ss ss sf sf}", "key", row->key, "metric", row->metric, "verdict",
			      comparison_name[row->verdict], "margin", row->margin, "q", row->q);

	json_object_set_new(o, "unit", json_string(level_name[row->level]));
	put_pair(o, "units", row->units);
	put_pair(o, "processes", row->processes);
	put_waiver(o, row->waiver);
	if (row->never[0] || row->never[1])
		put_pair(o, "never_alone", row->never);
	if (row->apart)
		json_object_set_new(o, "shared", json_pack("[ff]", row->shared[0], row->shared[1]));
	if (row->why[0])
		json_object_set_new(o, "why", json_string(row->why));
	if (row->verdict == COMPARISON_UNLIKE)
		return o;
	json_object_set_new(o, "clock", json_string(row->path ? "instructions" : "ns"));
	if (row->samples) {
		json_object_set_new(o, "least", json_pack("[ff]", row->least[0], row->least[1]));
		json_object_set_new(o, "differing", json_real(row->differing));
	}
	json_object_set_new(o, "a", json_real(row->value[0]));
	json_object_set_new(o, "b", json_real(row->value[1]));
	put_interval(o, &row->log);
	if (row->needed)
		json_object_set_new(o, "boots_needed", json_integer((json_int_t)row->needed));
	return o;
}

static json_t *cell_json(const struct compare_cell *c)
{
	json_t *o = json_object();
	static const char *const key[] = { "a", "b" };

	json_object_set_new(o, "cell", json_text(c->cell));
	json_object_set_new(o, "change", json_string(change_name[c->change]));
	json_object_set_new(o, "class", json_text(c->fail ? c->fail->class : ""));
	for (int i = 0; i < 2; i++) {
		const struct tally *t = c->tally[i];
		json_t *one;

		if (!t)
			continue;
		one = json_pack("{ss si si}", "verdict", verdict_name(t->last->kind), "failed",
				t->failed, "tried", t->tried);
		if (t->fail)
			json_object_set_new(one, "class", json_text(t->fail->class));
		json_object_set_new(o, key[i], one);
	}
	put_waiver(o, c->waiver);
	return o;
}

static json_t *group_json(const struct compare_group *g)
{
	json_t *o = json_pack("{ss sI ss}", "group", g->name, "costs", (json_int_t)g->rows, "unit",
			      level_name[g->level]);

	put_pair(o, "units", g->units);
	put_interval(o, &g->log);
	return o;
}

static json_t *broken_json(const struct side *b)
{
	json_t *o = json_object(), *runs = json_array(), *cells = json_array();

	for (size_t i = 0; i < b->count; i++)
		if (!b->run[i].ended)
			json_array_append_new(
				runs, json_text(b->run[i].path ? b->run[i].path : b->run[i].label));
	for (size_t i = 0; i < b->tallies; i++)
		if (b->tally[i].count[VERDICT_BROKEN])
			json_array_append_new(cells, json_text(b->tally[i].cell));
	json_object_set_new(o, "cut_off", runs);
	json_object_set_new(o, "cells", cells);
	return o;
}

static json_t *lones_json(const struct compare_result *r, int side)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r->lones; i++)
		if (r->lone[i].side == side)
			json_array_append_new(a, json_text(r->lone[i].key));
	return a;
}

static json_t *side_json(const struct side *s)
{
	const struct origin *o = &s->cost[0].origin;
	json_t *j = json_object();

	json_object_set_new(j, "kernel", json_text(s->name));
	json_object_set_new(j, "machine", json_text(o->machine));
	json_object_set_new(j, "about", json_text(o->about));
	json_object_set_new(j, "runs", json_integer((json_int_t)s->count));
	return j;
}

int compare_json(const struct side side[2], const struct compare_result *r, FILE *out)
{
	json_t *o = json_object(), *rows = json_array(), *cells = json_array();
	json_t *groups = json_array();
	int err;

	json_object_set_new(o, "a", side_json(&side[0]));
	json_object_set_new(o, "b", side_json(&side[1]));
	json_object_set_new(o, "red", json_boolean(compare_red(r)));
	json_object_set_new(o, "broken", broken_json(&side[1]));
	json_object_set_new(o, "never_alone", json_integer((json_int_t)r->never));
	json_object_set_new(o, "costs_never_alone", json_integer((json_int_t)r->lost));
	for (size_t i = 0; i < r->cells; i++)
		json_array_append_new(cells, cell_json(&r->cell[i]));
	for (size_t i = 0; i < r->rows; i++)
		json_array_append_new(rows, row_json(&r->row[i]));
	for (size_t i = 0; i < r->groups; i++)
		json_array_append_new(groups, group_json(&r->group[i]));
	json_object_set_new(o, "cells", cells);
	json_object_set_new(o, "rows", rows);
	json_object_set_new(o, "groups", groups);
	json_object_set_new(o, "costs_only_in_a", lones_json(r, 0));
	json_object_set_new(o, "costs_only_in_b", lones_json(r, 1));
	err = json_dumpf(o, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) ? -EIO : 0;
	fputc('\n', out);
	json_decref(o);
	return err;
}
