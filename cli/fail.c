// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "cli/cli.h"

int cli_fail(int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("pinfold: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	return code;
}
