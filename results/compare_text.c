// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "results/compare.h"

enum { CELLS_SHOWN = 20, ROWS_SHOWN = 20, LONES_SHOWN = 5 };

static const struct {
	const char *title, *one;
} changes[CHANGES] = {
	[CHANGE_NEW] = { "new failures", "new" },
	[CHANGE_WORSE] = { "fail more often", "more often" },
	[CHANGE_FLAKY] = { "flaky", "flaky" },
	[CHANGE_FIXED] = { "fixed", "fixed" },
	[CHANGE_LOST] = { "no longer judged", "no longer judged" },
	[CHANGE_KNOWN] = { "new, but known", "new, but known" },
};

static double percent(double log_ratio)
{
	return 100 * expm1(log_ratio);
}

static void put_waiver(const struct waiver *w, FILE *out)
{
	if (w)
		fprintf(out, "    waived until %s by %.30s:\n    %.66s\n", w->until, w->owner,
			w->reason);
}

static void put_score(const struct tally *t, char side, FILE *out)
{
	if (!t)
		fprintf(out, " %c: not run", side);
	else if (!t->tried)
		fprintf(out, " %c: %s", side, verdict_name(t->last->kind));
	else if (!t->failed)
		fprintf(out, " %c: %s", side,
			t->count[VERDICT_PASS] ? "pass" : verdict_name(t->last->kind));
	else
		fprintf(out, " %c: failed %d of %d", side, t->failed, t->tried);
}

static void put_cell(const struct compare_cell *c, FILE *out)
{
	fprintf(out, "  %.70s\n   ", c->cell);
	if (c->fail)
		fprintf(out, " %.19s;", c->fail->class);
	put_score(c->tally[0], 'A', out);
	putc(',', out);
	put_score(c->tally[1], 'B', out);
	putc('\n', out);
	if (c->change == CHANGE_NEW && c->tally[0] && c->tally[0]->fail)
		fprintf(out, "    in A it is %.19s%s\n", c->tally[0]->fail->class,
			c->tally[0]->fail->known[0] ? ", known" : "");
	put_waiver(c->waiver, out);
}

static void put_change(const struct compare_result *r, enum change change, bool all, FILE *out)
{
	size_t n = compare_count(r, change), shown = 0,
	       most = change <= CHANGE_WORSE ? n : CELLS_SHOWN;

	if (!n)
		return;
	fprintf(out, "\n%s: %zu\n", changes[change].title, n);
	/* That a cell no longer runs is mostly another choice of cells. */
	if (change >= CHANGE_LOST && !all)
		most = 3;
	for (size_t i = 0; i < r->cells; i++) {
		if (r->cell[i].change != change)
			continue;
		if (shown == most && !all) {
			fprintf(out, "  ... and %zu more (--all)\n", n - shown);
			return;
		}
		put_cell(&r->cell[i], out);
		shown++;
	}
}

static void put_shares(const struct compare_row *row, FILE *out)
{
	if (row->apart)
		fprintf(out, "    left out, the core had other work: A %.0f %%, B %.0f %%\n",
			100 * row->shared[0], 100 * row->shared[1]);
}

static void put_row(const struct compare_row *row, FILE *out)
{
	fprintf(out, "  %.68s\n", row->key);
	if (row->verdict == COMPARISON_UNLIKE) {
		fprintf(out, "    %s  %.63s\n", row->metric, row->why);
		put_shares(row, out);
		return;
	}
	fprintf(out, "    %s%s %.0f -> %.0f %s  %+.1f %%", row->path ? "path length " : "",
		row->metric, row->value[0], row->value[1], row->path ? "instructions" : "ns",
		percent(row->log.estimate));
	if (row->log.interval)
		fprintf(out, " [%+.1f %+.1f]", percent(row->log.low), percent(row->log.high));
	fprintf(out, "  %s %zu/%zu\n", level_name[row->level], row->units[0], row->units[1]);
	if (row->samples)
		fprintf(out, "    least %.0f -> %.0f; %.2f %% of the samples differ\n",
			row->least[0], row->least[1], 100 * row->differing);
	put_shares(row, out);
	if (row->why[0] && (row->level <= LEVEL_BOOT || row->never[0] || row->never[1]))
		fprintf(out, "    %.68s\n", row->why);
	if (row->verdict == COMPARISON_UNDECIDED && row->needed && row->level <= LEVEL_BOOT)
		fprintf(out, "    about %zu boots a side would decide\n", row->needed);
	put_waiver(row->waiver, out);
}

static size_t rows_of(const struct compare_result *r, enum comparison verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < r->rows; i++)
		n += r->row[i].verdict == verdict;
	return n;
}

static void put_rows(const struct compare_result *r, enum comparison verdict, bool all, FILE *out)
{
	size_t n = rows_of(r, verdict), shown = 0;

	if (!n)
		return;
	fprintf(out, "\n%s: %zu\n", comparison_name[verdict], n);
	if (verdict == COMPARISON_EQUIVALENT && !all)
		return;
	for (size_t i = 0; i < r->rows; i++) {
		if (r->row[i].verdict != verdict)
			continue;
		if (shown == ROWS_SHOWN && verdict != COMPARISON_REGRESSED && !all) {
			fprintf(out, "  ... and %zu more (--all)\n", n - shown);
			return;
		}
		put_row(&r->row[i], out);
		shown++;
	}
}

static void put_groups(const struct compare_result *r, FILE *out)
{
	if (!r->groups)
		return;
	fputs("\ngeometric means of p50\n", out);
	for (size_t i = 0; i < r->groups; i++) {
		const struct compare_group *g = &r->group[i];

		fprintf(out, "  %-18.18s %3zu costs  %+.1f %%", g->name, g->rows,
			percent(g->log.estimate));
		if (g->log.interval)
			fprintf(out, " [%+.1f %+.1f]", percent(g->log.low), percent(g->log.high));
		fprintf(out, "  %s %zu/%zu\n", level_name[g->level], g->units[0], g->units[1]);
	}
}

static void put_side(const struct side *s, char name, FILE *out)
{
	const struct origin *o = s->count ? &s->cost[0].origin : NULL;
	size_t cut = 0;

	fprintf(out, "%c %.30s: %zu run%s, %zu boot%s\n", name, s->name, s->count,
		s->count == 1 ? "" : "s", side_boots(s), side_boots(s) == 1 ? "" : "s");
	for (size_t i = 0; i < s->count; i++)
		cut += !s->run[i].ended;
	if (cut)
		fprintf(out, "  %zu run%s did not finish\n", cut, cut == 1 ? "" : "s");
	if (o && o->about[0])
		fprintf(out, "  on %.8s, %.56s\n", o->machine, o->about);
}

static const char *many(size_t n)
{
	return n == 1 ? "" : "s";
}

/* Of a path, where the run's name is. */
static const char *end_of(const char *path)
{
	size_t n = strlen(path);

	return n > 54 ? path + n - 54 : path;
}

static void put_broken(const struct side *b, const struct compare_result *r, bool all, FILE *out)
{
	size_t most = all ? SIZE_MAX : CELLS_SHOWN, shown = 0;

	if (!compare_broken(r))
		return;
	fprintf(out, "BROKEN: %zu run%s did not finish, %zu cell%s broken; says too little\n",
		r->cut, many(r->cut), r->broken, many(r->broken));
	if (r->lost)
		fprintf(out, "  %zu cost%s of a side that had never seen its core alone\n", r->lost,
			many(r->lost));
	for (size_t i = 0; i < b->count; i++)
		if (!b->run[i].ended && shown++ < most)
			fprintf(out, "  did not finish: %s\n",
				end_of(b->run[i].path ? b->run[i].path : b->run[i].label));
	for (size_t i = 0; i < b->tallies; i++)
		if (b->tally[i].count[VERDICT_BROKEN] && shown++ < most)
			fprintf(out, "  broken: %.62s\n", b->tally[i].cell);
	if (shown > most)
		fprintf(out, "  ... and %zu more (--all)\n", shown - most);
}

static void put_outcome(const struct side *b, const struct compare_result *r, bool all, FILE *out)
{
	size_t waived = 0, lost = compare_count(r, CHANGE_LOST);

	for (size_t i = 0; i < r->cells; i++)
		waived += r->cell[i].waiver != NULL;
	for (size_t i = 0; i < r->rows; i++)
		waived += r->row[i].waiver != NULL;
	put_broken(b, r, all, out);
	fprintf(out, "%s%zu new failures, %zu costs regressed",
		compare_red(r)	  ? "RED: " :
		compare_broken(r) ? "  " :
				    "green: ",
		compare_count(r, CHANGE_NEW) + compare_count(r, CHANGE_WORSE),
		rows_of(r, COMPARISON_REGRESSED));
	if (lost)
		fprintf(out, ", %zu no longer judged", lost);
	if (r->never)
		fprintf(out, ",\n  %zu number%s left out: the run had never seen its core alone",
			r->never, many(r->never));
	fputs("\n  ", out);
	if (r->lones)
		fprintf(out, "costs of one side only: A %zu, B %zu\n  ", r->only[0], r->only[1]);
	if (waived)
		fprintf(out, "%zu waived, ", waived);
	fprintf(out, "%zu fixed, %zu costs undecided, %d cells still fail\n",
		compare_count(r, CHANGE_FIXED), rows_of(r, COMPARISON_UNDECIDED), r->still);
}

static void put_lones(const struct compare_result *r, int side, bool all, FILE *out)
{
	size_t shown = 0, n = r->only[side], most = all ? n : LONES_SHOWN;

	if (!n)
		return;
	fprintf(out, "\ncosts that only %c has: %zu\n", "AB"[side], n);
	for (size_t i = 0; i < r->lones; i++)
		if (r->lone[i].side == side && shown++ < most)
			fprintf(out, "  %.70s\n", r->lone[i].key);
	if (shown > most)
		fprintf(out, "  ... and %zu more (--all)\n", shown - most);
}

static void put_one_boot(const struct compare_result *r, FILE *out)
{
	size_t rows = r->rows - rows_of(r, COMPARISON_UNLIKE), below = 0;

	for (size_t i = 0; i < r->rows; i++)
		below += r->row[i].level > LEVEL_BOOT && r->row[i].verdict != COMPARISON_UNLIKE;
	if (below)
		fprintf(out,
			"\nWhere the unit is not the boot, what differs may be the boot: of %zu\n"
			"rows none can regress there before %zu boots a side.\n",
			rows, compare_units_min(rows));
}

void compare_text(const struct side side[2], const struct compare_result *r, bool all, FILE *out)
{
	put_side(&side[0], 'A', out);
	put_side(&side[1], 'B', out);
	put_outcome(&side[1], r, all, out);
	for (int i = 0; i < CHANGES; i++)
		put_change(r, (enum change)i, all, out);
	for (int i = 0; i < COMPARISONS; i++)
		put_rows(r, (enum comparison)i, all, out);
	for (int i = 0; i < 2; i++)
		put_lones(r, i, all, out);
	put_groups(r, out);
	put_one_boot(r, out);
	if (r->rows)
		fputs("\nInterval: 95 %, exact, of the Hodges-Lehmann ratio B/A. Margins: 3 % of\n"
		      "p50, 5 % of p99. Regressed: above it, at a false-discovery rate of 5 %.\n",
		      out);
}
