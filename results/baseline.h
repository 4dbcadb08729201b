/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Baselines: what was accepted, for each machine and kernel line, as
 * DIR/LINE-MACHINE.baseline (results/digest.h), and DIR/waivers (results/waiver.h).
 */
#ifndef RESULTS_BASELINE_H
#define RESULTS_BASELINE_H

#include "results/digest.h"
#include "results/waiver.h"

#define BASELINE_DIR "results/baselines"

/*
 * Accepts the runs of a side, which are of one machine and kernel line and all ended.
 * The file that was there is kept as FILE~N. 0, or -EINVAL with why; file has its name.
 */
int baseline_accept(const struct side *s, const char *dir, char *file, size_t file_size, char *why,
		    size_t size);

/* The accepted runs for what s is of. 0; -ENOENT: none; or -EINVAL; both with why. */
int baseline_read(struct digests *d, const struct side *s, const char *dir, char *why, size_t size);

/* One line for each file in dir, and one for each waiver. 0, or -EINVAL with why. */
int baseline_list(const char *dir, const struct waivers *w, FILE *out, char *why, size_t size);

/* Adds a waiver to those of dir. 0, or -EINVAL with why; file has its name. */
int baseline_waive(const struct waiver *w, const char *dir, char *file, size_t file_size, char *why,
		   size_t size);

/* "2026-11-21" */
void baseline_today(char buf[16]);
void baseline_waivers_file(const char *dir, char *file, size_t size);

#endif
