// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "cli/cli.h"
#include "results/side.h"

static bool joined(struct columns *c, struct side *s)
{
	for (size_t i = 0; i < c->count; i++)
		if (side_join(&c->side[i], s))
			return true;
	return false;
}

/*
 * One run or folder; several kernels in it are columns of their own, and what a kernel ran
 * elsewhere (check, then bench) is one column with it.
 */
static int add_columns(struct columns *c, char *const path[])
{
	struct side all, *part, *grown;
	size_t parts;

	if (cli_side(&all, path, 1))
		return EXIT_USAGE;
	if (side_split(&all, &part, &parts))
		return cli_fail(EXIT_BROKEN, "out of memory");
	grown = realloc(c->side, (c->count + parts) * sizeof(*grown));
	if (!grown)
		return cli_fail(EXIT_BROKEN, "out of memory");
	c->side = grown;
	for (size_t i = 0; i < parts; i++)
		if (!joined(c, &part[i]))
			c->side[c->count++] = part[i];
	free(part);
	return 0;
}

int cli_columns(struct columns *c, char *const path[], int n)
{
	int code = 0;

	*c = (struct columns){ 0 };
	for (int i = 0; i < n && !code; i++)
		code = add_columns(c, path + i);
	return code;
}

void cli_columns_free(struct columns *c)
{
	for (size_t i = 0; i < c->count; i++)
		side_free(&c->side[i]);
	free(c->side);
}
