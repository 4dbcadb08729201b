// SPDX-License-Identifier: GPL-2.0-only
// The tables of memory kinds, classes and liars agree with each other.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem/kind.h"
#include "core/mutant/mutant.h"
#include "core/need/need.h"

static void kinds_are_whole(void **state)
{
	(void)state;
	for (const struct mem_kind *const *k = mem_kinds; *k; k++) {
		assert_ptr_equal(mem_kind_find((*k)->name), *k);
		assert_non_null((*k)->map);
		assert_non_null((*k)->check);
		assert_int_equal((*k)->settle_at != SETTLE_NEVER, (*k)->settle != NULL);
		assert_int_equal((*k)->unit % BASE_PAGE, 0);
		for (const char *const *n = (*k)->needs; *n; n++)
			assert_non_null(need_find(*n));
	}
}

static void classes_name_kinds(void **state)
{
	(void)state;
	for (const struct mem_class *c = mem_classes; c->name; c++) {
		assert_null(mem_kind_find(c->name));
		assert_true(mem_word_known(c->name));
		for (const char *const *name = c->kinds; *name; name++) {
			const struct mem_kind *k = mem_kind_find(*name);

			assert_non_null(k);
			assert_false(k->mutant);
			assert_true(mem_word_means(c->name, k));
		}
	}
	assert_true(mem_word_means("thp-all", mem_kind_find("thp-single")));
	assert_false(mem_word_means("thp-all", mem_kind_find("anon")));
	assert_false(mem_word_means("all", mem_kind_find("mutant-shared")));
	assert_false(mem_word_known("thp-al"));
}

/* A liar is mapped with the length and the settle time of the kind it stands for. */
static void liars_fit_their_kinds(void **state)
{
	(void)state;
	for (const struct mutant *const *m = mutants; *m; m++) {
		const struct mem_kind *lie, *truth;

		if (!(*m)->mem)
			continue;
		lie = mem_kind_find((*m)->mem);
		truth = mem_kind_find((*m)->mem_name);
		assert_non_null(lie);
		assert_non_null(truth);
		assert_true(lie->mutant);
		assert_int_equal(lie->unit, truth->unit);
		assert_int_equal(lie->prepare != NULL, truth->prepare != NULL);
		if (truth->settle)
			assert_non_null(lie->settle);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_whole),
		cmocka_unit_test(classes_name_kinds),
		cmocka_unit_test(liars_fit_their_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
