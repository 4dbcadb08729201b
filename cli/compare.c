// SPDX-License-Identifier: GPL-2.0-only
#include "results/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

int cli_side(struct side *s, char *const path[], size_t n)
{
	char why[4500];

	return side_read(s, path, n, why, sizeof(why)) ? cli_fail(EXIT_USAGE, "%s", why) : 0;
}

/* Reads a side. Boots of several kernels would be the units of one: refused. */
static int read_kernel(struct side *s, char *const path[], size_t n)
{
	int err = cli_side(s, path, n);

	for (size_t i = 1; i < s->count && !err; i++) {
		const char *one = s->cost[0].origin.label, *other = s->cost[i].origin.label;

		if (!strcmp(one, other))
			continue;
		cli_fail(EXIT_USAGE, "%s: runs of %s and of %s, name those of one kernel", path[0],
			 one, other);
		side_free(s);
		err = EXIT_USAGE;
	}
	return err;
}

static int compare_two(const struct cli *cli, const struct side side[2])
{
	struct compare_result r;
	int code;

	if (compare_sides(side, NULL, &r))
		return cli_fail(EXIT_BROKEN, "out of memory");
	if (cli->json)
		compare_json(side, &r, stdout);
	else
		compare_text(side, &r, cli->all, stdout);
	if (compare_broken(&r))
		code = EXIT_BROKEN;
	else if (compare_red(&r))
		code = EXIT_LAW;
	else
		code = r.rows || side[1].tallies ? EXIT_OK : EXIT_NOTHING;
	compare_result_free(&r);
	return code;
}

/* Of several sides the first that applies: 3, 1, 4, 0. */
static int rank_of(int code)
{
	return code == EXIT_BROKEN ? 3 : code == EXIT_LAW ? 2 : code == EXIT_NOTHING;
}

static int splits(const struct cli *cli)
{
	struct compare_aa *aa;
	struct side side;
	size_t n;
	int err;

	if (read_kernel(&side, cli->arg, (size_t)cli->nargs))
		return EXIT_USAGE;
	err = compare_aa(&side, (unsigned)cli->splits, &aa, &n);
	if (!err)
		err = compare_aa_text(aa, n, (unsigned)cli->splits, stdout);
	free(aa);
	side_free(&side);
	if (err == -ENOENT)
		return cli_fail(EXIT_NOTHING, "no cost has 8 boots, runs or processes");
	return err ? cli_fail(EXIT_BROKEN, "out of memory") : EXIT_OK;
}

static int compare_run(struct cli *cli)
{
	struct side side[2];
	int code = 0;

	if (cli->nargs < (cli->splits ? 1 : 2))
		return cli_fail(EXIT_USAGE, "compare takes two or more runs or folders of runs");
	if (cli->splits)
		return splits(cli);
	if (read_kernel(&side[0], cli->arg, 1))
		return EXIT_USAGE;
	for (int i = 1; i < cli->nargs; i++) {
		int one;

		if (read_kernel(&side[1], cli->arg + i, 1)) {
			code = EXIT_USAGE;
			break;
		}
		if (i > 1)
			putchar('\n');
		one = compare_two(cli, side);
		side_free(&side[1]);
		if (rank_of(one) > rank_of(code))
			code = one;
	}
	side_free(&side[0]);
	return code;
}

const struct command command_compare = {
	.name = "compare",
	.args = "A B...",
	.about = "new failures and costs of each B against A; exit 1: regressed, 3: B cut off",
	.run = compare_run,
};
