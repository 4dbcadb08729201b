/* SPDX-License-Identifier: GPL-2.0-only */
/* Two sides in a folder of their own, for what compares them. After cmocka.h. */
#ifndef TESTS_SIDES_H
#define TESTS_SIDES_H

#include <stdlib.h>

#include "results/compare.h"
#include "stored.h"
#include "tests/folder.h"

static char why[4500];
static struct side side[2];

static const char *build;

static inline FILE *begin(const char *dir, int boot)
{
	char name[64];
	struct stored s = { "6.18.15", "2026-11-21T01:02:03Z", name, NULL, build };
	FILE *f;

	snprintf(name, sizeof(name), "boot-%d", boot);
	f = stored_begin(in(dir), &s);
	assert_non_null(f);
	return f;
}

static inline void one_cell(const char *dir, int boot, const char *verdict, const char *more)
{
	FILE *f = begin(dir, boot);

	if (verdict)
		stored_cell(f, "f/x/mem=anon", verdict, more);
	stored_cell(f, "f/other/mem=anon", "pass", "");
	assert_int_equal(stored_end(f), 0);
}

static inline void read_side(int i, const char *dir)
{
	side_free(&side[i]);
	if (side_read(&side[i], (char *[]){ (char *)in(dir) }, 1, why, sizeof(why)))
		fail_msg("%s", why);
}

static inline struct compare_result compared(const char *a, const char *b, const struct waivers *w)
{
	struct compare_result r;

	read_side(0, a);
	read_side(1, b);
	assert_int_equal(compare_sides(side, w, &r), 0);
	return r;
}

#define LEAK ",\"class\":\"leak\""
#define STALE ",\"class\":\"stale-pin\""
#define KNOWN LEAK ",\"known\":\"a commit\""

static inline int tear_down(void **unused)
{
	side_free(&side[0]);
	side_free(&side[1]);
	return folder_remove(unused);
}

#endif
