// SPDX-License-Identifier: GPL-2.0-only
#include "results/compare.h"

#include "cli/cli.h"

static int compare_two(const struct cli *cli, const struct compare_side side[2])
{
	struct compare_result r;
	int code;

	if (compare_sides(side, &r))
		return cli_fail(EXIT_BROKEN, "out of memory");
	if (cli->json)
		compare_json(side, &r, stdout);
	else
		compare_text(side, &r, stdout);
	code = compare_regressed(&r)	      ? EXIT_LAW :
	       r.rows || side[1].run[0].count ? EXIT_OK :
						EXIT_NOTHING;
	compare_result_free(&r);
	return code;
}

static int splits(const struct cli *cli)
{
	struct compare_side side;
	char why[256];
	int err = 0;

	for (int i = 0; i < cli->nargs && !err; i++) {
		if (compare_side_read(&side, cli->arg[i], why, sizeof(why)))
			return cli_fail(EXIT_USAGE, "%s", why);
		err = compare_splits(&side, (unsigned)cli->splits, stdout);
		compare_side_free(&side);
	}
	return err ? cli_fail(EXIT_NOTHING, "no cost with 8 processes or more") : 0;
}

static int compare_run(struct cli *cli)
{
	struct compare_side side[2];
	char why[256];
	int code = 0;

	if (cli->nargs < (cli->splits ? 1 : 2))
		return cli_fail(EXIT_USAGE, "compare takes two or more runs or folders of runs");
	if (cli->splits)
		return splits(cli);
	if (compare_side_read(&side[0], cli->arg[0], why, sizeof(why)))
		return cli_fail(EXIT_USAGE, "%s", why);
	for (int i = 1; i < cli->nargs; i++) {
		int one;

		if (compare_side_read(&side[1], cli->arg[i], why, sizeof(why))) {
			code = cli_fail(EXIT_USAGE, "%s", why);
			break;
		}
		if (i > 1)
			putchar('\n');
		one = compare_two(cli, side);
		compare_side_free(&side[1]);
		/* A regression outweighs that another side had nothing to compare. */
		if (one == EXIT_BROKEN || one == EXIT_LAW || !code)
			code = one;
	}
	compare_side_free(&side[0]);
	return code;
}

const struct command command_compare = {
	.name = "compare",
	.args = "A B...",
	.about = "costs and new failures of each B against A; exit 1 on a regression",
	.run = compare_run,
};
