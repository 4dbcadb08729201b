// SPDX-License-Identifier: GPL-2.0-only
// The pairwise tier against a brute force over names.
#include "tests/scenario.h"

#include "core/base/embedded.h"
#include "core/run/pairwise.h"

static struct corpus corpus;

static struct cell_list all_cells(void)
{
	struct cell_filter f = { 0 };
	struct cell_list l = { 0 };
	struct parse_error err;

	for (size_t i = 0; i < corpus.count; i++)
		if (cells_add(&l, corpus.program[i], &f, &err))
			fail_msg("%s", err.text);
	assert_true(l.count > 100);
	return l;
}

static bool has_pin(const struct cell *c, const struct pin_kind *k)
{
	for (int i = 0; i < PIN_CLASSES; i++)
		if (c->pin[i] == k)
			return true;
	return false;
}

/* Whether `other` holds all that `c` holds of program, kind and (which) mechanisms. */
static bool shares(const struct cell *c, const struct cell *other, int first, int second)
{
	const void *part[2 + PIN_CLASSES] = { c->program, c->mem };
	const int index[2] = { first, second };

	for (int i = 0; i < PIN_CLASSES; i++)
		part[2 + i] = c->pin[i];
	for (int i = 0; i < 2; i++) {
		const void *p = part[index[i]];

		if (p && p != other->program && p != other->mem && !has_pin(other, p))
			return false;
	}
	return true;
}

/* Pairs of a cell of `all` that no cell of `some` holds; only those of usable cells. */
static size_t holes(const struct cell_list *all, const struct cell_list *some,
		    bool (*usable)(const struct cell *c, void *arg))
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (usable && !usable(&all->cell[i], NULL))
			continue;
		for (int a = 0; a < 2 + PIN_CLASSES; a++)
			for (int b = a; b < 2 + PIN_CLASSES; b++) {
				bool held = false;

				for (size_t j = 0; j < some->count && !held; j++)
					held = (!usable || usable(&some->cell[j], NULL)) &&
					       shares(&all->cell[i], &some->cell[j], a, b);
				n += !held;
			}
	}
	return n;
}

static void holds_every_pair(void **state)
{
	struct cell_list all = all_cells(), some = all_cells();
	long pairs = cells_pairwise(&some, NULL, NULL);

	(void)state;
	assert_true(pairs > 0 && some.count < all.count);
	assert_int_equal(holes(&all, &some, NULL), 0);
	cells_free(&all);
	cells_free(&some);
}

static void keeps_the_order_and_is_the_same_again(void **state)
{
	struct cell_list all = all_cells(), one = all_cells(), two = all_cells();
	size_t at = 0;

	(void)state;
	assert_int_equal(cells_pairwise(&one, NULL, NULL), cells_pairwise(&two, NULL, NULL));
	assert_int_equal(one.count, two.count);
	for (size_t i = 0; i < one.count; i++) {
		assert_string_equal(one.cell[i].id, two.cell[i].id);
		while (at < all.count && strcmp(all.cell[at].id, one.cell[i].id) != 0)
			at++;
		assert_true(at < all.count);
	}
	cells_free(&all);
	cells_free(&one);
	cells_free(&two);
}

/* As on a host without VFIO devices. */
static bool no_vfio(const struct cell *c, void *arg)
{
	(void)arg;
	return !strstr(c->id, "vfio");
}

static void pairs_of_usable_cells_are_held_by_usable_ones(void **state)
{
	struct cell_list all = all_cells(), some = all_cells();

	(void)state;
	assert_true(cells_pairwise(&some, no_vfio, NULL) > 0);
	assert_int_equal(holes(&all, &some, NULL), 0);
	assert_int_equal(holes(&all, &some, no_vfio), 0);
	cells_free(&all);
	cells_free(&some);
}

/* The brute force is no proof when it can't see a hole. */
static void a_planted_hole_is_found(void **state)
{
	struct cell_list all = all_cells(), some = all_cells();
	size_t found = 0;

	(void)state;
	assert_true(cells_pairwise(&some, NULL, NULL) > 0);
	for (size_t i = 0; i < some.count && !found; i++) {
		struct cell taken = some.cell[i];

		some.cell[i] = some.cell[--some.count];
		found = holes(&all, &some, NULL);
		some.cell[some.count++] = some.cell[i];
		some.cell[i] = taken;
	}
	assert_true(found > 0);
	cells_free(&all);
	cells_free(&some);
}

static void small_lists(void **state)
{
	struct cell_list all = all_cells(), none = { 0 };

	(void)state;
	assert_int_equal(cells_pairwise(&none, NULL, NULL), 0);
	all.count = 1;
	assert_true(cells_pairwise(&all, NULL, NULL) >= 1);
	assert_int_equal(all.count, 1);
	cells_free(&all);
}

static int set_up(void **state)
{
	struct parse_error err;

	(void)state;
	for (const struct embedded_file *f = embedded_files; f->name; f++)
		if (corpus_parse(&corpus, f->name, f->text, &err))
			return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	corpus_free(&corpus);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_every_pair),
		cmocka_unit_test(keeps_the_order_and_is_the_same_again),
		cmocka_unit_test(pairs_of_usable_cells_are_held_by_usable_ones),
		cmocka_unit_test(a_planted_hole_is_found),
		cmocka_unit_test(small_lists),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
