// SPDX-License-Identifier: GPL-2.0-only
#include "stress/sweep.h"

#include <stdio.h>
#include <string.h>

enum { PINS = 2, CHILDREN = 4, PARENT = 0, CHILD = 1, TEXT = 512 };

struct state {
	const struct sweep *sweep;
	char text[TEXT];
	size_t used;
	bool child;
	int children, pins, values;
	int owner[PINS + SWEEP_DEPTH]; /* of each pin ever taken; -1 released */
	const char *last_letter;
	int last_actor;
};

static const char *child_name(int number, char *buf, size_t size)
{
	snprintf(buf, size, number > 1 ? "C%d" : "C", number);
	return buf;
}

static bool idempotent(const char *letter)
{
	static const char *const all[] = { "read",     "protect", "discard",	"pageout",   "free",
					   "dontfork", "dofork",  "wipeonfork", "keeponfork" };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(letter, all[i]))
			return true;
	return false;
}

static int live_pins(const struct state *s, int owner)
{
	int n = 0;

	for (int i = 0; i < s->pins; i++)
		n += owner < 0 ? s->owner[i] >= 0 : s->owner[i] == owner;
	return n;
}

static bool takes_pin(const char *letter)
{
	return !strcmp(letter, "pin-rw") || !strcmp(letter, "pin-ro") || !strcmp(letter, "get");
}

static bool possible(const struct state *s, const char *letter, int actor)
{
	if (actor == CHILD && !s->child)
		return false;
	if (!strcmp(letter, "fork"))
		return actor == PARENT && !s->child && s->children < CHILDREN;
	if (!strcmp(letter, "exit") || !strcmp(letter, "exec"))
		return actor == CHILD;
	if (!strcmp(letter, "device-write"))
		return actor == PARENT && live_pins(s, -1);
	if (takes_pin(letter))
		return live_pins(s, -1) < PINS && s->pins < 4;
	if (!strcmp(letter, "unpin"))
		return live_pins(s, actor) > 0;
	return !(idempotent(letter) && s->last_letter == letter && s->last_actor == actor);
}

static void append(struct state *s, const char *letter, int actor)
{
	char who[8], step[48];
	int pin = -1;

	if (actor == CHILD)
		child_name(s->children, who, sizeof(who));
	else
		snprintf(who, sizeof(who), "P");
	snprintf(step, sizeof(step), "%s:%s", who, letter);
	if (!strcmp(letter, "write")) {
		snprintf(step, sizeof(step), "%s:write=%d", who, ++s->values);
	} else if (!strcmp(letter, "fork")) {
		s->child = true;
		s->children++;
	} else if (!strcmp(letter, "exit") || !strcmp(letter, "exec")) {
		s->child = false;
		for (int i = 0; i < s->pins; i++)
			if (s->owner[i] == CHILD)
				s->owner[i] = -1;
	} else if (!strcmp(letter, "device-write")) {
		for (int i = 0; i < s->pins; i++)
			pin = s->owner[i] >= 0 ? i : pin;
		snprintf(who, sizeof(who), pin ? "D%d" : "D", pin + 1);
		snprintf(step, sizeof(step), "%s:write=%d", who, ++s->values);
	} else if (takes_pin(letter)) {
		s->owner[s->pins++] = actor;
	} else if (!strcmp(letter, "unpin")) {
		for (int i = 0; i < s->pins; i++)
			pin = s->owner[i] == actor ? i : pin;
		s->owner[pin] = -1;
	}
	s->used += (size_t)snprintf(s->text + s->used, sizeof(s->text) - s->used, "%s%s",
				    s->used ? " " : "", step);
	s->last_letter = letter;
	s->last_actor = actor;
}

static int extend(const struct state *s, int depth)
{
	int err = 0;

	if (!depth)
		return s->sweep->visit(s->sweep->arg, s->text);
	for (int i = 0; i < s->sweep->nletters && !err; i++) {
		for (int actor = PARENT; actor <= CHILD && !err; actor++) {
			struct state next;

			if (!possible(s, s->sweep->letter[i], actor))
				continue;
			next = *s;
			append(&next, s->sweep->letter[i], actor);
			err = extend(&next, depth - 1);
		}
	}
	return err;
}

int sweep_depth(const struct sweep *sweep, int depth)
{
	struct state s = { .sweep = sweep, .last_actor = -1 };

	return extend(&s, depth);
}
