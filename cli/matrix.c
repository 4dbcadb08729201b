// SPDX-License-Identifier: GPL-2.0-only
#include "results/matrix.h"

#include <errno.h>
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
	struct matrix *m = NULL;
	struct columns c;
	int err;

	if (!cli->nargs)
		return cli_fail(EXIT_USAGE, "matrix takes one or more runs");
	err = cli_columns(&c, cli->arg, cli->nargs);
	if (!err) {
		m = matrix_new(c.side, c.count);
		err = m ? 0 : cli_fail(EXIT_BROKEN, "out of memory");
	}
	if (!err && matrix_text(m, stdout))
		err = cli_fail(EXIT_BROKEN, "the matrix could not be printed");
	if (!err && cli->out)
		err = put_files(m, cli->out);
	matrix_free(m);
	cli_columns_free(&c);
	return err;
}

const struct command command_matrix = {
	.name = "matrix",
	.args = "RUN... [-o DIR]",
	.about = "programs by kernels, a word for each; with -o detail and plot data",
	.run = matrix_run,
};
