/* SPDX-License-Identifier: GPL-2.0-only */
/* A test's own folder under /tmp. Included once by a test program. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[64];

/* Group or test fixtures: the folder is made with everything of pinfold's state in it, and goes. */
static inline int folder_make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/pinfold-test-XXXXXX");
	return mkdtemp(folder) ? setenv("PINFOLD_STATE_DIR", folder, 1) : -1;
}

static inline int folder_remove(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

/* The path of a name in it; valid until the fourth next call. */
static inline const char *in(const char *name)
{
	static char path[4][160];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", folder, name);
	return path[next];
}

#endif
