/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model tests: a program, and what was seen of it, written by hand. Every read
 * is a look, and so is every step in brackets and every wait. A look is seen as
 *	P=1  C2=3  F=255  D=4  zero	that value in every sector
 *	P=1x3,zero			three sectors of it, then the next value
 *	SEGV  BUS  EFAULT ...  ok	an outcome
 *	P=1|BUS				page by page; the last is for all that follow
 * and looks are separated by blanks.
 */
#ifndef TESTS_SCENARIO_H
#define TESTS_SCENARIO_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/plan/plan.h"

enum { SCENARIO_PAGES = 8, NONCE = 0x5a5a };

static const struct pin_kind scenario_rw = { .name = "test-rw",
					     .class = PIN_RW,
					     .dirs = DEVICE_READS | DEVICE_WRITES };
static const struct pin_kind scenario_ro = { .name = "test-ro",
					     .class = PIN_RO,
					     .dirs = DEVICE_READS };
static const struct pin_kind scenario_get = {
	.name = "test-get", .class = PIN_GET, .promise = PROMISE_PINNER_VALUES, .dirs = DEVICE_READS
};
static const struct pin_kind scenario_odp
	__attribute__((unused)) = { .name = "test-odp",
				    .class = PIN_RW,
				    .promise = PROMISE_FOLLOWS,
				    .dirs = DEVICE_READS | DEVICE_WRITES };
static const struct pin_kind *scenario_pins[PIN_CLASSES] = {
	[PIN_RW] = &scenario_rw,
	[PIN_RO] = &scenario_ro,
	[PIN_GET] = &scenario_get,
};

/* What the programs pin with; a test may set others. */
static const struct pin_kind *const *scenario_uses = scenario_pins;

static inline value_t scenario_value(const char *text, size_t len)
{
	const char *equal = memchr(text, '=', len);
	unsigned writer = 0;

	if (!equal)
		return VALUE_ZERO;
	if (*text == 'C')
		writer = text[1] == '=' ? 1 : (unsigned)atoi(text + 1);
	else if (*text == 'D')
		writer = WRITER_DEVICE + (text[1] == '=' ? 0 : (unsigned)atoi(text + 1) - 1);
	else if (*text == 'F')
		writer = WRITER_FILE;
	return value_make(writer, (unsigned)atoi(equal + 1));
}

/* One page's worth of text; returns false for an outcome without bytes. */
static inline bool scenario_outcome(const char *text, size_t len, struct seen *seen)
{
	static const struct {
		const char *name;
		enum outcome outcome;
		int err;
	} known[] = { { "SEGV", OUTCOME_SEGV, 0 },
		      { "BUS", OUTCOME_BUS, 0 },
		      { "ok", OUTCOME_OK, 0 },
		      { "EFAULT", OUTCOME_ERR, EFAULT },
		      { "EINVAL", OUTCOME_ERR, EINVAL },
		      { "ENOMEM", OUTCOME_ERR, ENOMEM },
		      { "ENODATA", OUTCOME_ERR, ENODATA },
		      { "EPERM", OUTCOME_ERR, EPERM },
		      { "EAGAIN", OUTCOME_ERR, EAGAIN },
		      { "EBUSY", OUTCOME_ERR, EBUSY },
		      { "EACCES", OUTCOME_ERR, EACCES },
		      { "EROFS", OUTCOME_ERR, EROFS } };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].name) == len && !strncmp(text, known[i].name, len)) {
			*seen = (struct seen){ .outcome = known[i].outcome, .err = known[i].err };
			return false;
		}
	*seen = (struct seen){ .outcome = OUTCOME_OK, .sectors = 0xff };
	return true;
}

static inline void scenario_bytes(const char *text, size_t len, char *page,
				  const struct pattern_site *site)
{
	const char *end = text + len;
	size_t sector = 0;

	while (text < end) {
		size_t n = strcspn(text, ",| "), rest = PAGE_SECTORS - sector;
		const char *times = memchr(text, 'x', n);

		if (times)
			rest = (size_t)atoi(times + 1);
		assert_true(sector + rest <= PAGE_SECTORS);
		pattern_fill(page, sector * SECTOR, rest * SECTOR,
			     scenario_value(text, times ? (size_t)(times - text) : n), site);
		sector += rest;
		text += n + 1;
	}
	assert_int_equal(sector, PAGE_SECTORS);
}

/* The observation of op in text, up to the next blank. Returns its end. */
static inline const char *scenario_seen(const struct op *op, const char *text, struct seen *seen)
{
	static char page[BASE_PAGE] __attribute__((aligned(8)));
	static struct pattern_read read[SCENARIO_PAGES][PAGE_SECTORS];
	const char *at = text;

	assert_true(op->npages <= SCENARIO_PAGES);
	assert_true(*text != '\0'); /* too few observations */
	for (size_t i = 0; i < op->npages; i++) {
		struct pattern_site site = { NONCE, (uint8_t)op->region,
					     (uint32_t)(op->first + i) };
		size_t len = strcspn(at, "| ");

		memset(page, 0, BASE_PAGE);
		if (scenario_outcome(at, len, &seen[i])) {
			scenario_bytes(at, len, page, &site);
			for (size_t s = 0; s < PAGE_SECTORS; s++)
				read[i][s] = pattern_decode(page, s * SECTOR, SECTOR, &site);
			seen[i].read = read[i];
		}
		if (at[len] == '|')
			at += len + 1;
	}
	text += strcspn(text, " ");
	return text + strspn(text, " ");
}

static inline void scenario_model(struct model *m, const struct mem_kind *mem,
				  const struct plan *plan)
{
	value_t first = mem->prepare ? value_make(WRITER_FILE, VALUE_FILE_FIRST) : VALUE_ZERO;

	assert_int_equal(model_init(m, NONCE), 0);
	for (int i = 0; i < plan->nregions; i++)
		assert_int_equal(model_add_region(m, mem->share, mem->hugetlb,
						  plan->region[i].units * (mem->unit / BASE_PAGE),
						  first),
				 i);
}

/* Whether the model allows all of it; *left is what follows the first violation. */
static inline bool scenario_run(const char *kind, const char *steps, const char *text,
				struct violation *v, const char **left)
{
	static struct seen seen[SCENARIO_PAGES];
	const struct mem_kind *mem = mem_kind_find(kind);
	struct program *p = program_new();
	struct plan *plan = calloc(1, sizeof(*plan));
	struct parse_error err = { "" };
	struct model m;
	int bad = 0;

	if (steps_parse(p, steps, "test", 1, 1, &err) ||
	    plan_make(plan, p, mem, scenario_uses, &err))
		fail_msg("%s", err.text);
	scenario_model(&m, mem, plan);
	for (int i = 0; i < plan->nops && !bad; i++) {
		const struct op *op = &plan->op[i];
		const struct op *of = op->verb == &plan_wait ? &plan->op[op->about] : op;
		bool look = op->verb == &plan_wait ||
			    (op->step && (op->step->timed || op->verb->flags & VERB_LOOKS));

		if (look)
			text = scenario_seen(of, text, seen);
		bad = op->background	     ? model_begin(&m, op, v) :
		      op->verb == &plan_wait ? model_end(&m, seen, v) :
					       model_apply(&m, op, look ? seen : NULL, v);
	}
	*left = text;
	model_free(&m);
	free(plan);
	program_free(p);
	return !bad;
}

static inline void allows(const char *kind, const char *steps, const char *seen)
{
	struct violation v;
	const char *left;

	if (!scenario_run(kind, steps, seen, &v, &left))
		fail_msg("%s: '%s' may not show '%s': page %zu, sector %d", kind, steps, seen,
			 v.page, v.sector);
	assert_string_equal(left, "");
}

/* The last look, and only that, breaks a law in that sector (-1: the outcome). */
static inline void forbids(const char *kind, const char *steps, const char *seen, int sector)
{
	struct violation v = { 0 };
	const char *left;

	if (scenario_run(kind, steps, seen, &v, &left))
		fail_msg("%s: '%s' may show '%s'", kind, steps, seen);
	assert_string_equal(left, "");
	assert_false(v.overflow);
	assert_int_equal(v.sector, sector);
}

#endif
