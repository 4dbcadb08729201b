// SPDX-License-Identifier: GPL-2.0-only
// Pages that are alike share their worlds, and nobody can tell.
#include "tests/scenario.h"

#include "core/verb/list.h"

enum { PAGES = 512 };

/* --- The corpus: with shared worlds, and with each page on its own --- */

static void part_all(struct model *m)
{
	for (int r = 0; r < m->nregions; r++)
		for (size_t i = 0; i < m->region[r].npages; i++)
			assert_true(model_part(&m->region[r], i));
}

static bool same_worlds(const struct model *a, const struct model *b)
{
	for (int r = 0; r < a->nregions; r++)
		for (size_t i = 0; i < a->region[r].npages; i++) {
			const struct model_page *p = &a->region[r].page[i];
			const struct model_page *q = &b->region[r].page[i];

			if (p->nworlds != q->nworlds ||
			    memcmp(p->world, q->world, (size_t)p->nworlds * sizeof(*p->world)) != 0)
				return false;
		}
	return true;
}

/* As the executor does, with outcomes that say nothing. */
static int apply(struct model *m, const struct plan *plan, const struct op *given,
		 struct violation *v)
{
	static struct seen ok[PAGES];
	static struct op op;
	const struct op *begun = given->verb == &plan_wait ? &plan->op[given->about] : given;
	bool pending = begun->background &&
		       !(begun->verb->flags & VERB_LOOKS || begun->verb->arg == ARG_CHILD);

	*v = (struct violation){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(ok); i++)
		ok[i].outcome = OUTCOME_OK;
	if (given->verb == &plan_wait)
		return pending && m->background ? model_end(m, ok, v) : 0;
	if (given->verb == &plan_claim || given->verb->flags & VERB_SHARES ||
	    plan_leaves_nothing(given))
		return 0;
	op = plan_model_op(given);
	if (!pending)
		return model_apply(m, &op, NULL, v);
	m->background = NULL;
	return model_begin(m, given, v);
}

static int compare(const struct program *p, const struct mem_kind *mem, const struct plan *plan)
{
	struct model shared, alone;
	int ops = 0;

	scenario_model(&shared, mem, plan);
	scenario_model(&alone, mem, plan);
	for (int i = 0; i < plan->nops; i++, ops++) {
		struct violation v, w;
		int bad = apply(&shared, plan, &plan->op[i], &v);

		part_all(&alone);
		assert_int_equal(apply(&alone, plan, &plan->op[i], &w), bad);
		assert_int_equal(v.page, w.page);
		assert_int_equal(v.overflow, w.overflow);
		if (bad)
			break;
		if (!same_worlds(&shared, &alone))
			fail_msg("%s/mem=%s: other worlds after step %d", p->name, mem->name,
				 plan->op[i].number);
	}
	model_free(&shared);
	model_free(&alone);
	return ops;
}

static void programs_mean_the_same(void **state)
{
	static const char *const kinds[] = { "anon",	      "thp",	      "mthp-64k",
					     "private-tmpfs", "shared-memfd", "hugetlb-2M" };
	static struct plan plan;
	struct corpus c = { 0 };
	struct parse_error err;
	int ops = 0;

	(void)state;
	assert_int_equal(corpus_load(&c, SOURCE_DIR "/stress", &err), 0);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (size_t i = 0; i < c.count; i++) {
			const struct mem_kind *mem = mem_kind_find(kinds[k]);

			if (!plan_make(&plan, c.program[i], mem, scenario_pins, &err))
				ops += compare(c.program[i], mem, &plan);
		}
	assert_true(ops > 5000);
	corpus_free(&c);
}

/* --- Looks at 512 pages that are alike until one of them shows something else --- */

struct screen {
	struct model m;
	struct plan plan;
	struct seen seen[PAGES];
	struct pattern_read read[PAGES][PAGE_SECTORS];
};

static void show(struct screen *s, size_t page, value_t v)
{
	for (int i = 0; i < PAGE_SECTORS; i++)
		s->read[page][i] = (struct pattern_read){ .state = PATTERN_VALUE,
							  .value = v,
							  .offset = (uint16_t)(i * SECTOR) };
	s->seen[page] =
		(struct seen){ .outcome = OUTCOME_OK, .read = s->read[page], .sectors = 0xff };
}

/* The program up to its last step, which is a read of which every page shows v. */
static struct screen *screen_new(const char *steps, value_t v)
{
	struct screen *s = calloc(1, sizeof(*s));
	const struct mem_kind *mem = mem_kind_find("thp");
	struct program *p = program_new();
	struct parse_error err;
	struct violation violation;

	assert_non_null(s);
	assert_int_equal(steps_parse(p, steps, "test", 1, 1, &err), 0);
	assert_int_equal(plan_make(&s->plan, p, mem, scenario_pins, &err), 0);
	scenario_model(&s->m, mem, &s->plan);
	for (int i = 0; i + 1 < s->plan.nops; i++)
		assert_int_equal(model_apply(&s->m, &s->plan.op[i], NULL, &violation), 0);
	program_free(p);
	for (size_t i = 0; i < PAGES; i++)
		show(s, i, v);
	return s;
}

static int look(struct screen *s, struct violation *v)
{
	*v = (struct violation){ 0 };
	return model_apply(&s->m, &s->plan.op[s->plan.nops - 1], s->seen, v);
}

static void screen_free(struct screen *s)
{
	model_free(&s->m);
	free(s);
}

static const size_t places[] = { 0, 1, 17, 255, 510, 511 };

static void one_page_that_differs_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct screen *s = screen_new("P:write=1 P:write=2 P:read", value_make(0, 2));
		struct violation v;
		size_t at = places[i];

		assert_int_equal(look(s, &v), 0);
		show(s, at, value_make(0, 1));
		assert_int_equal(look(s, &v), 1);
		assert_int_equal(v.page, at);
		assert_int_equal(v.sector, 0);
		assert_int_equal(v.read.value, value_make(0, 1));
		screen_free(s);
	}
}

static void one_sector_that_differs_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct screen *s = screen_new("P:write=1 P:write=2 P:read", value_make(0, 2));
		struct violation v;
		size_t at = places[i];

		s->read[at][3].state = PATTERN_FOREIGN;
		assert_int_equal(look(s, &v), 1);
		assert_int_equal(v.page, at);
		assert_int_equal(v.sector, 3);
		assert_int_equal(v.read.state, PATTERN_FOREIGN);
		screen_free(s);
	}
}

static void one_outcome_that_differs_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct screen *s = screen_new("P:write=1 P:read", value_make(0, 1));
		struct violation v;

		s->seen[places[i]] = (struct seen){ .outcome = OUTCOME_BUS };
		assert_int_equal(look(s, &v), 1);
		assert_int_equal(v.page, places[i]);
		assert_int_equal(v.sector, -1);
		screen_free(s);
	}
}

/* MADV_FREE: zeros or the old value, of each page by itself, and never back. */
static void what_one_page_showed_binds_that_page(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct screen *s = screen_new("P:write=1 P:free P:read", value_make(0, 1));
		struct violation v;
		size_t at = places[i];

		show(s, at, VALUE_ZERO);
		assert_int_equal(look(s, &v), 0);
		assert_int_equal(look(s, &v), 0);
		for (size_t page = 0; page < PAGES; page++)
			assert_int_equal(s->m.region[0].page[page].nworlds, page == at ? 1 : 2);
		show(s, (at + 100) % PAGES, VALUE_ZERO);
		assert_int_equal(look(s, &v), 0);
		show(s, at, value_make(0, 1));
		assert_int_equal(look(s, &v), 1);
		assert_int_equal(v.page, at);
		screen_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_mean_the_same),
		cmocka_unit_test(one_page_that_differs_is_found),
		cmocka_unit_test(one_sector_that_differs_is_found),
		cmocka_unit_test(one_outcome_that_differs_is_found),
		cmocka_unit_test(what_one_page_showed_binds_that_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
