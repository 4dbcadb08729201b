// SPDX-License-Identifier: GPL-2.0-only
#include "core/run/enumerate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/need/need.h"
#include "core/plan/check.h"
#include "core/run/lock_room.h"

/* Walks the words of a comma or blank list; *list moves on. */
static bool next_word(const char **list, char word[WORD_MAX])
{
	size_t n;

	if (!*list)
		return false;
	*list += strspn(*list, ", \t");
	n = strcspn(*list, ", \t");
	if (!n)
		return false;
	snprintf(word, WORD_MAX, "%.*s", (int)n, *list);
	*list += n;
	return true;
}

static bool mem_listed(const struct mem_kind *k, const char *list)
{
	char word[WORD_MAX];

	if (!list)
		return !strcmp(k->name, "anon");
	while (next_word(&list, word))
		if (mem_word_means(word, k))
			return true;
	return false;
}

static bool word_is_pin(const struct pin_kind *k, const char *word)
{
	static const char *const class[] = { [PIN_RW] = "rw", [PIN_RO] = "ro", [PIN_GET] = "get" };
	size_t n = strlen(word);

	if (!strcmp(word, k->name))
		return true;
	if (k->mutant)
		return false;
	if (!strncmp(word, k->name, n) && k->name[n] == '-')
		return true;
	return !k->by_name && (!strcmp(word, "any") || !strcmp(word, class[k->class]));
}

/* A list that names nothing of a class leaves that class free. */
static bool pin_listed(const struct pin_kind *k, const char *list)
{
	char word[WORD_MAX];
	bool class_named = false;

	while (next_word(&list, word)) {
		if (word_is_pin(k, word))
			return true;
		for (const struct pin_kind *const *o = pin_kinds; *o; o++)
			class_named |= (*o)->class == k->class && word_is_pin(*o, word);
	}
	return !class_named && !k->mutant && !k->by_name;
}

/* For 'P:pin', which takes any class: does the list name this one? */
static bool class_listed(int cls, const char *list)
{
	char word[WORD_MAX];
	bool named = !list;

	while (next_word(&list, word))
		for (const struct pin_kind *const *k = pin_kinds; *k; k++)
			named |= (int)(*k)->class == cls && word_is_pin(*k, word);
	return named;
}

static int check_words(const struct program *p, const char *list, bool mem, struct parse_error *err)
{
	char word[WORD_MAX];

	while (next_word(&list, word)) {
		bool known = mem && mem_word_known(word);

		for (const struct pin_kind *const *k = pin_kinds; !mem && *k; k++)
			known |= word_is_pin(*k, word);
		if (known)
			continue;
		snprintf(err->text, sizeof(err->text), "%s:%d:1: expected a %s, got '%s'",
			 *p->file ? p->file : "steps", p->line,
			 mem ? "memory kind or class" : "pin mechanism or class", word);
		return -EINVAL;
	}
	return 0;
}

static bool selected(const struct cell *c, const struct cell_filter *f)
{
	for (int i = 0; i < f->npatterns; i++)
		if (name_matches(f->pattern[i], c->id))
			return true;
	return !f->npatterns;
}

struct adder {
	struct cell_list *list;
	const struct cell_filter *filter;
	const char *pins;
	struct parse_error *err;
};

static int add_cell(struct adder *a, const struct cell *c)
{
	static struct plan plan;
	struct cell *bigger;
	int err = plan_make(&plan, c->program, c->mem, c->pin, a->err);

	if (!err)
		err = plan_check(&plan, c->program, c->mem, a->err);
	if (err == -ENOTSUP)
		return 0;
	if (err && err != -ENOSYS)
		return err;
	if (!selected(c, a->filter))
		return 0;
	bigger = realloc(a->list->cell, (a->list->count + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	a->list->cell = bigger;
	bigger[a->list->count++] = *c;
	return 0;
}

/* The product over the classes that the steps use. */
static int add_pins(struct adder *a, struct cell *c, unsigned classes, int cls)
{
	int err = 0;

	if (cls == PIN_CLASSES) {
		cell_set_id(c);
		return add_cell(a, c);
	}
	if (!(classes & 1u << cls))
		return add_pins(a, c, classes, cls + 1);
	for (const struct pin_kind *const *k = pin_kinds; *k && !err; k++) {
		if ((int)(*k)->class != cls || !pin_listed(*k, a->pins))
			continue;
		c->pin[cls] = *k;
		err = add_pins(a, c, classes, cls + 1);
		c->pin[cls] = NULL;
	}
	return err;
}

int cells_add(struct cell_list *l, const struct program *p, const struct cell_filter *f,
	      struct parse_error *err)
{
	struct adder a = { l, f, f->pin ? f->pin : p->pin, err };
	const char *mem = f->mem ? f->mem : p->mem;
	unsigned classes = program_pin_classes(p);
	int bad = check_words(p, mem, true, err);

	if (!bad)
		bad = check_words(p, a.pins, false, err);
	for (const struct mem_kind *const *k = mem_kinds; *k && !bad; k++) {
		struct cell c = { .program = p, .mem = *k };

		if (!mem_listed(*k, mem))
			continue;
		if (!(classes & CLASSES_ANY)) {
			bad = add_pins(&a, &c, classes, 0);
			continue;
		}
		for (int cls = 0; cls < PIN_CLASSES && !bad; cls++)
			if (class_listed(cls, a.pins))
				bad = add_pins(&a, &c,
					       1u << cls | (classes & ~(unsigned)CLASSES_ANY), 0);
	}
	return bad;
}

void cells_free(struct cell_list *l)
{
	free(l->cell);
	*l = (struct cell_list){ 0 };
}

static bool keeps(const struct program *p)
{
	for (int i = 0; i < p->nsteps; i++)
		if (!strcmp(p->step[i].verb, "keep"))
			return true;
	return false;
}

static int unmet(const char *need, bool provide, char name[32], char *why, size_t size)
{
	if (!need_check(need, provide, why, size))
		return 0;
	snprintf(name, 32, "%s", need);
	return 1;
}

int cell_needs(const struct cell *c, bool provide, char name[32], char *why, size_t size)
{
	const char *list = c->program->needs;
	char word[WORD_MAX];

	while (next_word(&list, word))
		if (unmet(word, provide, name, why, size))
			return 1;
	for (int i = 0; i < c->program->nsteps; i++) {
		const struct verb *v = verb_find(c->program->step[i].verb);

		for (const char *const *n = v ? v->needs : NULL; n && *n; n++)
			if (unmet(*n, provide, name, why, size))
				return 1;
	}
	for (const char *const *n = c->mem->needs; *n; n++)
		if (unmet(*n, provide, name, why, size))
			return 1;
	for (int i = 0; i < PIN_CLASSES; i++)
		if (c->pin[i] && c->pin[i]->keep_need && keeps(c->program) &&
		    unmet(c->pin[i]->keep_need, provide, name, why, size))
			return 1;
	for (int i = 0; i < PIN_CLASSES; i++)
		for (const char *const *n = c->pin[i] ? c->pin[i]->needs : NULL; n && *n; n++)
			if (unmet(*n, provide, name, why, size))
				return 1;
	if (!lock_room(c, why, size))
		return 0;
	snprintf(name, 32, "memlock");
	return 1;
}
