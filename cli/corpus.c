// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cli.h"
#include "core/base/embedded.h"

int cli_corpus(const struct cli *cli, struct corpus *c)
{
	struct parse_error err;

	if (cli->corpus) {
		if (corpus_load(c, cli->corpus, &err))
			return cli_fail(EXIT_USAGE, "%s", err.text);
		return 0;
	}
	for (const struct embedded_file *f = embedded_files; f->name; f++)
		if (corpus_parse(c, f->name, f->text, &err))
			return cli_fail(EXIT_USAGE, "%s", err.text);
	return 0;
}
