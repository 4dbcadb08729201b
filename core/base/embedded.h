/* SPDX-License-Identifier: GPL-2.0-only */
/* The corpus inside the binary; generated at build time from the .pin files. */
#ifndef CORE_BASE_EMBEDDED_H
#define CORE_BASE_EMBEDDED_H

struct embedded_file {
	const char *name; /* path in the repository; NULL ends the table */
	const char *text;
};

extern const struct embedded_file embedded_files[];

#endif
