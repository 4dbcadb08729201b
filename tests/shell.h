/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shell commands in the test's folder. In a test that defines
 * PINFOLD_BINARY, "pinfold" in a command is that binary. Included once by a test program.
 */
#ifndef TESTS_SHELL_H
#define TESTS_SHELL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/folder.h"

#ifndef PINFOLD_BINARY
#define PINFOLD_BINARY "false"
#endif

static char text[1 << 20];

/* Runs it in the folder; all that it prints is in text (cut off behind 1 MiB). Its exit code. */
static inline int sh(const char *command)
{
	char line[4096];
	size_t n;
	FILE *f;
	int status;

	snprintf(line, sizeof(line), "pinfold() { '%s' \"$@\"; }; cd '%s' && { %s; } 2>&1",
		 PINFOLD_BINARY, folder, command);
	f = popen(line, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	status = pclose(f);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
