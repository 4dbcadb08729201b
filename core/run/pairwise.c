// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/pairwise.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A cell's program, kind and mechanisms, as numbers from 0. */
enum { FACTORS_MAX = 2 + PIN_CLASSES, GAIN_MAX = FACTORS_MAX * (FACTORS_MAX + 1) / 2 };

struct factors {
	size_t number[FACTORS_MAX];
	int count;
	bool usable, chosen;
};

struct chooser {
	struct factors *cell;
	size_t count, factors;
	bool *held; /* factors x factors; the diagonal: the factor itself */
	long pairs;
};

static size_t count_kinds(void)
{
	size_t n = 0;

	while (mem_kinds[n])
		n++;
	return n;
}

static size_t count_pins(void)
{
	size_t n = 0;

	while (pin_kinds[n])
		n++;
	return n;
}

static void number_cell(struct factors *f, const struct cell *c, size_t program)
{
	size_t kinds = count_kinds(), n;

	for (n = 0; n < kinds && mem_kinds[n] != c->mem;)
		n++;
	f->number[f->count++] = n;
	for (int i = 0; i < PIN_CLASSES; i++) {
		if (!c->pin[i])
			continue;
		for (n = 0; pin_kinds[n] && pin_kinds[n] != c->pin[i];)
			n++;
		f->number[f->count++] = kinds + n;
	}
	f->number[f->count++] = kinds + count_pins() + program;
}

static bool *pair(struct chooser *c, size_t a, size_t b)
{
	return &c->held[(a < b ? a : b) * c->factors + (a < b ? b : a)];
}

/* How many pairs the cell adds; take: they are held from now on. */
static int gain(struct chooser *c, const struct factors *f, bool take)
{
	int n = 0;

	for (int i = 0; i < f->count; i++)
		for (int j = i; j < f->count; j++) {
			bool *held = pair(c, f->number[i], f->number[j]);

			n += !*held;
			*held |= take;
		}
	return n;
}

/* Gains only fall, so one walk for each height finds what a greedy choice would. */
static void choose(struct chooser *c, bool usable)
{
	for (int want = GAIN_MAX; want; want--)
		for (size_t i = 0; i < c->count; i++) {
			struct factors *f = &c->cell[i];

			if (f->chosen || f->usable != usable || gain(c, f, false) != want)
				continue;
			gain(c, f, true);
			f->chosen = true;
		}
	for (size_t i = 0; i < c->factors && !usable; i++)
		for (size_t j = i + 1; j < c->factors; j++)
			c->pairs += *pair(c, i, j);
}

static void keep(struct cell_list *l, const struct chooser *c)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		if (c->cell[i].chosen)
			memmove(&l->cell[n++], &l->cell[i], sizeof(*l->cell));
	l->count = n;
}

long cells_pairwise(struct cell_list *l, bool (*usable)(const struct cell *c, void *arg), void *arg)
{
	struct chooser c = { .count = l->count };
	size_t program = 0;

	c.cell = calloc(l->count + 1, sizeof(*c.cell));
	for (size_t i = 0; c.cell && i < l->count; i++) {
		/* The cells of a program stand together. */
		program += i && l->cell[i].program != l->cell[i - 1].program;
		number_cell(&c.cell[i], &l->cell[i], program);
		c.cell[i].usable = !usable || usable(&l->cell[i], arg);
	}
	c.factors = count_kinds() + count_pins() + program + 1;
	c.held = calloc(c.factors * c.factors, sizeof(*c.held));
	if (c.cell && c.held) {
		choose(&c, true);
		choose(&c, false);
		keep(l, &c);
	} else {
		c.pairs = -ENOMEM;
	}
	free(c.cell);
	free(c.held);
	return c.pairs;
}
