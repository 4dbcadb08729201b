// SPDX-License-Identifier: GPL-2.0-only
#include "results/baseline.h"

#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "results/compare.h"

static const char *folder(const struct cli *cli)
{
	return cli->baselines ? cli->baselines : BASELINE_DIR;
}

static int read_waivers(const struct cli *cli, struct waivers *w)
{
	char file[4096], today[16], why[4500];

	baseline_today(today);
	baseline_waivers_file(folder(cli), file, sizeof(file));
	return waivers_read(w, file, today, why, sizeof(why)) ? cli_fail(EXIT_USAGE, "%s", why) : 0;
}

static int accept_runs(const struct cli *cli)
{
	char file[4096], why[4500];
	struct side s;
	int err;

	if (cli->nargs < 2)
		return cli_fail(EXIT_USAGE, "baseline accept takes one or more runs");
	if (cli_side(&s, cli->arg + 1, (size_t)cli->nargs - 1))
		return EXIT_USAGE;
	err = baseline_accept(&s, folder(cli), file, sizeof(file), why, sizeof(why));
	if (!err)
		printf("accepted %zu run%s: %s\n", s.count, s.count == 1 ? "" : "s", file);
	side_free(&s);
	return err ? cli_fail(EXIT_USAGE, "%s", why) : EXIT_OK;
}

/* What a waiver was for is over, or it never was for anything. */
static void put_unused(const struct waivers *w, const char *line)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct waiver *one = &w->waiver[i];

		if (strcmp(one->line, "*") != 0 && strcmp(one->line, line) != 0)
			continue;
		if (one->expired)
			printf("\nexpired waiver, line %zu: %s %s, %s\n", one->number, one->until,
			       one->owner, one->cells);
		else if (!one->used)
			printf("\nwaiver without a change, line %zu: %s, %s\n", one->number,
			       one->owner, one->cells);
	}
}

static int judge(const struct cli *cli, const struct waivers *w, struct side side[2])
{
	struct compare_result r;
	int code;

	if (compare_sides(side, w, &r))
		return cli_fail(EXIT_BROKEN, "out of memory");
	if (cli->json) {
		compare_json(side, &r, stdout);
	} else {
		compare_text(side, &r, cli->all, stdout);
		put_unused(w, side[1].cost[0].origin.line);
	}
	code = compare_broken(&r) ? EXIT_BROKEN : compare_red(&r) ? EXIT_LAW : EXIT_OK;
	compare_result_free(&r);
	return code;
}

static int show_change(const struct cli *cli, const struct waivers *w)
{
	struct side side[2];
	struct digests d;
	char why[4500];
	int err, code;

	if (cli_side(&side[1], cli->arg + 1, (size_t)cli->nargs - 1))
		return EXIT_USAGE;
	err = baseline_read(&d, &side[1], folder(cli), why, sizeof(why));
	if (err) {
		side_free(&side[1]);
		return cli_fail(err == -ENOENT ? EXIT_NOTHING : EXIT_USAGE, "%s", why);
	}
	err = digests_side(&d, &side[0]);
	digests_free(&d);
	code = err ? cli_fail(EXIT_BROKEN, "out of memory") : judge(cli, w, side);
	if (!err)
		side_free(&side[0]);
	side_free(&side[1]);
	return code;
}

static int show(const struct cli *cli)
{
	struct waivers w;
	char why[4500];
	int code = read_waivers(cli, &w);

	if (code)
		return code;
	if (cli->nargs > 1)
		code = show_change(cli, &w);
	else if (baseline_list(folder(cli), &w, stdout, why, sizeof(why)))
		code = cli_fail(EXIT_USAGE, "%s", why);
	waivers_free(&w);
	return code;
}

static int waive(const struct cli *cli)
{
	struct waiver w = { 0 };
	const struct {
		char *to;
		size_t size;
		const char *from;
	} words[] = { { w.cells, sizeof(w.cells), cli->nargs == 2 ? cli->arg[1] : NULL },
		      { w.owner, sizeof(w.owner), cli->owner },
		      { w.until, sizeof(w.until), cli->until },
		      { w.reason, sizeof(w.reason), cli->reason },
		      { w.line, sizeof(w.line), cli->kernel ? cli->kernel : "*" } };
	char file[4096], why[4500];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!words[i].from)
			return cli_fail(EXIT_USAGE, "baseline waive takes one pattern of cells, "
						    "--owner, --until and --reason");
		if (strlen(words[i].from) >= words[i].size)
			return cli_fail(EXIT_USAGE, "too long: '%.40s...'", words[i].from);
		strcpy(words[i].to, words[i].from);
	}
	if (baseline_waive(&w, folder(cli), file, sizeof(file), why, sizeof(why)))
		return cli_fail(EXIT_USAGE, "%s", why);
	printf("waived until %s: %s\n", w.until, file);
	return EXIT_OK;
}

static int baseline_run(struct cli *cli)
{
	const char *what = cli->nargs ? cli->arg[0] : "";

	if (!strcmp(what, "accept"))
		return accept_runs(cli);
	if (!strcmp(what, "show"))
		return show(cli);
	if (!strcmp(what, "waive"))
		return waive(cli);
	return cli_fail(EXIT_USAGE, "baseline: expected accept, show or waive, got '%s'", what);
}

const struct command command_baseline = {
	.name = "baseline",
	.args = "accept|show|waive RUN|CELLS...",
	.about = "accepted runs of a machine and kernel line: show RUN exits 1 on a change",
	.run = baseline_run,
};
