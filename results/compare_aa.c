// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/compare_internal.h"

enum { UNITS_MIN = 2 * COMPARE_UNITS_MIN, HALF_MAX = 10 };

static const double PLANTED = COMPARE_MARGIN_P50 + 0.03;

static void shuffle(double *v, size_t n, uint64_t *state)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)(rank_random(state) * (double)i);
		double t = v[i - 1];

		v[i - 1] = v[j];
		v[j] = t;
	}
}

/* b is made slower by `slower`, a logarithm. */
static int judge(struct compare_row *row, const double *a, const double *b, size_t n, double slower)
{
	double copy[HALF_MAX];

	for (size_t i = 0; i < n; i++)
		copy[i] = b[i] + slower;
	*row = (struct compare_row){ .margin = COMPARE_MARGIN_P50 };
	return compare_judge(row, a, n, copy, n);
}

static bool excludes_one(const struct compare_row *row)
{
	return row->log.interval && (row->log.low > 0 || row->log.high < 0);
}

static size_t units_for(double sd)
{
	double far = log1p(PLANTED) - log1p(COMPARE_MARGIN_P50);
	double n = ceil(compare_units(sd * sd, far));

	return n > COMPARE_UNITS_MIN ? (size_t)n : COMPARE_UNITS_MIN;
}

static int split(struct compare_aa *aa, double *v, size_t n, unsigned splits)
{
	unsigned differ = 0, regressed = 0, found = 0;
	uint64_t state = 0x9e3779b97f4a7c15;
	size_t half = aa->units;
	struct compare_row row;
	int err = judge(&row, v, v + n - half, half, 0);

	aa->sd = sqrt(compare_variance(v, n));
	aa->needed = units_for(aa->sd);
	aa->drift = excludes_one(&row);
	for (unsigned s = 0; s < splits && !err; s++) {
		shuffle(v, n, &state);
		err = judge(&row, v, v + half, half, 0);
		differ += excludes_one(&row);
		regressed += row.verdict == COMPARISON_REGRESSED;
		if (!err)
			err = judge(&row, v, v + half, half, log1p(PLANTED));
		found += row.verdict == COMPARISON_REGRESSED;
	}
	aa->differ = (double)differ / splits;
	aa->regressed = (double)regressed / splits;
	aa->power = (double)found / splits;
	return err;
}

static int split_cost(const struct side *s, const char *key, unsigned splits, struct compare_aa *aa)
{
	struct units u[LEVELS];
	int level = LEVEL_BUILD, err = side_units(s, key, QUANTILE_P50, u);
	size_t n = 0;

	while (!err && level < LEVELS && u[level].count < UNITS_MIN)
		level++;
	if (!err && level < LEVELS) {
		n = u[level].count < 2 * HALF_MAX ? u[level].count : 2 * HALF_MAX;
		*aa = (struct compare_aa){ .level = (enum level)level, .units = n / 2 };
		snprintf(aa->key, sizeof(aa->key), "%s", key);
		err = split(aa, u[level].value, n, splits);
	}
	units_free(u);
	return err ? err : level < LEVELS;
}

static bool seen(const struct side *s, size_t run, const char *key)
{
	for (size_t i = 0; i < run; i++)
		if (cost_find(&s->cost[i], key))
			return true;
	return false;
}

int compare_aa(const struct side *s, unsigned splits, struct compare_aa **aa, size_t *n)
{
	*aa = NULL;
	*n = 0;
	for (size_t i = 0; i < s->count; i++) {
		for (size_t j = 0; j < s->cost[i].count; j++) {
			const char *key = s->cost[i].cost[j].key;
			struct compare_aa *grown;
			int did;

			if (seen(s, i, key))
				continue;
			grown = realloc(*aa, (*n + 1) * sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			*aa = grown;
			did = split_cost(s, key, splits, &(*aa)[*n]);
			if (did < 0)
				return did;
			*n += (size_t)did;
		}
	}
	return 0;
}

static void put_note(const struct compare_aa *aa, size_t n, FILE *out)
{
	size_t drift = 0, below = 0;

	for (size_t i = 0; i < n; i++) {
		drift += aa[i].drift;
		below += aa[i].level > LEVEL_BOOT;
	}
	fprintf(out,
		"*        its first and its second half in time differ: %zu of %zu%s\n"
		"sd       of a unit's p50; need: units a side that find the same in 80 %%\n",
		drift, n, drift * 10 > n ? ", more than chance: alternate the runs" : "");
	if (below)
		fprintf(out,
			"%zu of %zu are of runs or processes of one boot: what boots differ by\n"
			"is not in these figures, and compare decides nothing there\n",
			below, n);
}

int compare_aa_text(const struct compare_aa *aa, size_t n, unsigned splits, FILE *out)
{
	double differ = 0, regressed = 0, power = 0;

	if (!n)
		return -ENOENT;
	fprintf(out, "%u random halves of runs of one kernel, p50\n\n", splits);
	fputs("  differ  regressed   found      sd  need  units a side\n", out);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%c %4.1f %%      %4.1f %%  %4.0f %%  %4.1f %%  %4zu  %2zu %-9s  %s\n",
			aa[i].drift ? '*' : ' ', 100 * aa[i].differ, 100 * aa[i].regressed,
			100 * aa[i].power, 100 * aa[i].sd, aa[i].needed, aa[i].units,
			level_name[aa[i].level], aa[i].key);
		differ += aa[i].differ / (double)n;
		regressed += aa[i].regressed / (double)n;
		power += aa[i].power / (double)n;
	}
	fprintf(out, "  %4.1f %%      %4.1f %%  %4.0f %%  mean of %zu costs\n", 100 * differ,
		100 * regressed, 100 * power, n);
	fprintf(out,
		"\ndiffer   the 95 %% interval of the ratio excludes 1 (nominal 5 %%)\n"
		"regressed  called so with a margin of %.0f %%\n"
		"found    called so when one half is made %.0f %% slower\n",
		100 * COMPARE_MARGIN_P50, 100 * PLANTED);
	put_note(aa, n, out);
	return 0;
}
