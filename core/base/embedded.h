/* SPDX-License-Identifier: GPL-2.0-only */
/* Files inside the binary, so that it can be copied alone; generated at build time. */
#ifndef CORE_BASE_EMBEDDED_H
#define CORE_BASE_EMBEDDED_H

struct embedded_file {
	const char *name; /* path in the repository; NULL ends the table */
	const char *text;
};

extern const struct embedded_file embedded_files[]; /* the corpus */
extern const struct embedded_file embedded_plots[]; /* scripts/report.d */
extern const struct embedded_file embedded_parts[]; /* core/emit/parts */

#endif
