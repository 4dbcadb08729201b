// SPDX-License-Identifier: GPL-2.0-only
#include "results/matrix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "core/base/util.h"

static int put_file(const struct matrix *m, const char *dir, const char *name,
		    int (*put)(const struct matrix *m, FILE *out))
{
	char path[512];
	FILE *out;
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "we");
	if (!out)
		return cli_fail(EXIT_BROKEN, "%s: %s", path, strerror(errno));
	err = put(m, out);
	if (fclose(out) && !err)
		err = -errno;
	return err ? cli_fail(EXIT_BROKEN, "%s: %s", path, strerror(-err)) : 0;
}

static int put_files(const struct matrix *m, const char *dir)
{
	int err;

	if (mkdir(dir, 0777) && errno != EEXIST)
		return cli_fail(EXIT_BROKEN, "%s: %s", dir, strerror(errno));
	err = put_file(m, dir, "matrix.txt", matrix_text);
	if (!err)
		err = put_file(m, dir, "matrix.md", matrix_detail);
	return err ? err : put_file(m, dir, "matrix.dat", matrix_data);
}

static int matrix_run(struct cli *cli)
{
	struct run *runs = calloc((size_t)cli->nargs + 1, sizeof(*runs));
	struct matrix *m = NULL;
	size_t n = 0;
	char why[256];
	int err = 0;

	if (!cli->nargs || !runs) {
		free(runs);
		return cli_fail(EXIT_USAGE, "matrix takes one or more runs");
	}
	for (int i = 0; i < cli->nargs && !err; i++) {
		if (run_read(&runs[n], cli->arg[i], why, sizeof(why)))
			err = cli_fail(EXIT_USAGE, "%s", why);
		else
			n++;
	}
	if (!err) {
		m = matrix_new(runs, n);
		err = m ? 0 : cli_fail(EXIT_BROKEN, "out of memory");
	}
	if (!err && matrix_text(m, stdout))
		err = cli_fail(EXIT_BROKEN, "the matrix could not be printed");
	if (!err && cli->out)
		err = put_files(m, cli->out);
	matrix_free(m);
	for (size_t i = 0; i < n; i++)
		run_free(&runs[i]);
	free(runs);
	return err;
}

const struct command command_matrix = {
	.name = "matrix",
	.args = "RUN... [-o DIR]",
	.about = "programs by kernels, a word for each; with -o detail and plot data",
	.run = matrix_run,
};
