// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "results/compare.h"

static const char *const names[] = { "regressed", "improved", "undecided", "equivalent",
				     "not comparable" };

static double percent(double log_ratio)
{
	return 100 * expm1(log_ratio);
}

static void text_row(const struct compare_row *row, FILE *out)
{
	fprintf(out, "  %.68s\n", row->key);
	if (row->verdict == COMPARISON_UNLIKE) {
		fprintf(out, "    %s  %.60s\n", row->metric, row->why);
		return;
	}
	fprintf(out, "    %s %.0f -> %.0f ns  %+.1f %%", row->metric, row->value[0], row->value[1],
		percent(row->log.estimate));
	if (row->log.interval)
		fprintf(out, " [%+.1f %+.1f]", percent(row->log.low), percent(row->log.high));
	fprintf(out, "  %s %zu/%zu\n", row->by_boot ? "boots" : "processes",
		row->by_boot ? row->boots[0] : row->processes[0],
		row->by_boot ? row->boots[1] : row->processes[1]);
	if (row->why[0])
		fprintf(out, "    %.68s\n", row->why);
	if (row->verdict == COMPARISON_UNDECIDED && row->needed)
		fprintf(out, "    about %zu boots a side would decide\n", row->needed);
}

static void text_failures(const struct compare_result *r, FILE *out)
{
	if (!r->failures)
		return;
	fprintf(out, "\nnew failures: %zu\n", r->failures);
	for (size_t i = 0; i < r->failures; i++)
		fprintf(out, "  %-14.14s %.54s\n", r->failure[i].verdict.class, r->failure[i].cell);
}

void compare_text(const struct compare_side side[2], const struct compare_result *r, FILE *out)
{
	int shown = -1;

	fprintf(out, "A %.40s (%zu runs), B %.40s (%zu runs)\n", side[0].name, side[0].count,
		side[1].name, side[1].count);
	text_failures(r, out);
	for (size_t i = 0; i < r->rows; i++) {
		const struct compare_row *row = &r->row[i];

		if (shown != (int)row->verdict)
			fprintf(out, "\n%s\n", names[row->verdict]);
		shown = (int)row->verdict;
		text_row(row, out);
	}
	fprintf(out, "\nInterval: 95 %%, exact, of the Hodges-Lehmann ratio. Margins: 3 %% of\n"
		     "p50, 5 %% of p99. Regressed: above it, at a false-discovery rate of 5 %%.\n");
}

static json_t *row_json(const struct compare_row *row)
{
	json_t *o = json_pack("{ss ss ss sf sf}", "key", row->key, "metric", row->metric, "verdict",
			      names[row->verdict], "margin", row->margin, "q", row->q);

	json_object_set_new(o, "unit", json_string(row->by_boot ? "boot" : "process"));
	json_object_set_new(
		o, "boots",
		json_pack("[II]", (json_int_t)row->boots[0], (json_int_t)row->boots[1]));
	json_object_set_new(
		o, "processes",
		json_pack("[II]", (json_int_t)row->processes[0], (json_int_t)row->processes[1]));
	if (row->why[0])
		json_object_set_new(o, "why", json_string(row->why));
	if (row->verdict == COMPARISON_UNLIKE)
		return o;
	json_object_set_new(o, "a", json_real(row->value[0]));
	json_object_set_new(o, "b", json_real(row->value[1]));
	json_object_set_new(o, "ratio", json_real(exp(row->log.estimate)));
	if (row->log.interval)
		json_object_set_new(o, "interval",
				    json_pack("[ff]", exp(row->log.low), exp(row->log.high)));
	if (row->needed)
		json_object_set_new(o, "boots_needed", json_integer((json_int_t)row->needed));
	return o;
}

int compare_json(const struct compare_side side[2], const struct compare_result *r, FILE *out)
{
	json_t *o = json_pack("{ss ss}", "a", side[0].name, "b", side[1].name);
	json_t *rows = json_array(), *failures = json_array();
	int err;

	for (size_t i = 0; i < r->failures; i++)
		json_array_append_new(failures, json_pack("{ss ss}", "cell", r->failure[i].cell,
							  "class", r->failure[i].verdict.class));
	for (size_t i = 0; i < r->rows; i++)
		json_array_append_new(rows, row_json(&r->row[i]));
	json_object_set_new(o, "new_failures", failures);
	json_object_set_new(o, "rows", rows);
	err = json_dumpf(o, out, JSON_INDENT(1)) ? -EIO : 0;
	fputc('\n', out);
	json_decref(o);
	return err;
}
