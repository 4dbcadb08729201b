// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "core/lang/program.h"

struct cursor {
	const char *at, *file;
	int line, col;
	struct parse_error *err;
};

/* Claims have a fixed number of words, so that they need no terminator. */
static const struct claim_form {
	const char *name;
	int words;
	const char *shape;
} claim_forms[] = {
	{ "pfn", 2, "claim pfn ACTOR same|changed" },
	{ "folio", 2, "claim folio ACTOR whole|split" },
	{ "errno", 2, "claim errno ACTOR:VERB ERRNO" },
	{ "vmflag", 3, "claim vmflag ACTOR FLAG present|absent" },
};

static int fail(struct cursor *c, const char *expected)
{
	char got[24] = "the end";

	if (*c->at && !isspace((unsigned char)*c->at))
		snprintf(got, sizeof(got), "'%.*s'",
			 (int)strcspn(c->at, " \t\n") > 16 ? 16 : (int)strcspn(c->at, " \t\n"),
			 c->at);
	else if (*c->at)
		snprintf(got, sizeof(got), "a blank");
	snprintf(c->err->text, sizeof(c->err->text), "%s:%d:%d: expected %s, got %s", c->file,
		 c->line, c->col, expected, got);
	return -EINVAL;
}

static void advance(struct cursor *c)
{
	if (*c->at == '\n') {
		c->line++;
		c->col = 1;
	} else {
		c->col++;
	}
	c->at++;
}

static void skip_blanks(struct cursor *c)
{
	while (isspace((unsigned char)*c->at))
		advance(c);
}

static bool accept(struct cursor *c, char want)
{
	if (*c->at != want)
		return false;
	advance(c);
	return true;
}

static int word(struct cursor *c, const char *extra, char *out, const char *expected)
{
	size_t n = 0;

	while (isalnum((unsigned char)*c->at) || (*c->at && strchr(extra, *c->at))) {
		if (n == WORD_MAX - 1)
			return fail(c, "a word of at most 31 characters");
		out[n++] = *c->at;
		advance(c);
	}
	out[n] = '\0';
	return n ? 0 : fail(c, expected);
}

static int number(struct cursor *c, uint32_t limit, uint32_t *out)
{
	uint64_t value = 0;

	if (!isdigit((unsigned char)*c->at))
		return fail(c, "a number");
	while (isdigit((unsigned char)*c->at)) {
		value = value * 10 + (uint64_t)(*c->at - '0');
		if (value > limit)
			return fail(c, "a smaller number");
		advance(c);
	}
	*out = (uint32_t)value;
	return 0;
}

static int place_parse(struct cursor *c, struct place *p)
{
	uint32_t first = 0, last = 0;
	int err = 0;

	if (isalpha((unsigned char)*c->at))
		err = word(c, "_-", p->region, "a region");
	if (!err && accept(c, '[')) {
		err = number(c, 1u << 20, &first);
		last = first;
		if (!err && accept(c, '.')) {
			if (!accept(c, '.'))
				return fail(c, "'..'");
			err = number(c, 1u << 20, &last);
		}
		if (!err && last < first)
			return fail(c, "a page range that ascends");
		if (!err && !accept(c, ']'))
			return fail(c, "']' or '..'");
		p->first = (int)first;
		p->last = (int)last;
	}
	if (!err && accept(c, '+')) {
		err = number(c, 1u << 30, &p->off);
		if (!err && !accept(c, ':'))
			return fail(c, "':' and a length in bytes");
		if (!err)
			err = number(c, 1u << 30, &p->len);
		if (!err && !p->len)
			return fail(c, "a length that is not 0");
	}
	if (!err && !p->region[0] && p->first < 0 && !p->len)
		return fail(c, "a region, [PAGE] or +OFFSET:LENGTH after '@'");
	return err;
}

static int action_parse(struct cursor *c, struct step *s)
{
	int err = 0;

	if (!accept(c, ':'))
		return fail(c, "':' and a verb after the actor");
	err = word(c, "-", s->verb, "a verb");
	if (!err && accept(c, '='))
		err = word(c, "_-:", s->arg, "an argument after '='");
	s->place.first = s->place.last = -1;
	if (!err && accept(c, '@')) {
		s->has_place = true;
		err = place_parse(c, &s->place);
	}
	if (!err)
		s->background = accept(c, '&');
	return err;
}

static int claim_parse(struct cursor *c, struct step *s)
{
	const struct claim_form *form = NULL;
	struct cursor start;
	int err;

	s->form = STEP_CLAIM;
	s->place.first = s->place.last = -1;
	skip_blanks(c);
	start = *c;
	err = word(c, "-", s->claim[0], "a claim: pfn, folio, errno or vmflag");
	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(claim_forms); i++)
		if (!strcmp(claim_forms[i].name, s->claim[0]))
			form = &claim_forms[i];
	if (!form)
		return fail(&start, "a claim: pfn, folio, errno or vmflag");
	for (s->nclaim = 1; s->nclaim <= form->words; s->nclaim++) {
		skip_blanks(c);
		err = word(c, ".:_-", s->claim[s->nclaim], form->shape);
		if (err)
			return err;
	}
	return 0;
}

static int step_parse(struct cursor *c, struct step *s, int group, int lane)
{
	int err;

	*s = (struct step){ .line = c->line, .col = c->col, .group = group, .lane = lane };
	s->timed = accept(c, '[');
	if (!isalpha((unsigned char)*c->at))
		return fail(c, "a step ACTOR:VERB");
	err = word(c, ".", s->actor, "an actor");
	if (err)
		return err;
	if (!strcmp(s->actor, "claim") && *c->at != ':') {
		s->actor[0] = '\0';
		err = claim_parse(c, s);
	} else {
		err = action_parse(c, s);
	}
	if (err)
		return err;
	if (s->timed && !accept(c, ']'))
		return fail(c, "']' after the timed step");
	if (*c->at && !isspace((unsigned char)*c->at) && *c->at != '}' && *c->at != '|')
		return fail(c, "a blank after the step");
	return 0;
}

/* Room for no more than there are: each process that is made has a copy of the corpus. */
static int add_step(struct program *p)
{
	struct step *more = realloc(p->step, ((size_t)p->nsteps + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	p->step = more;
	return 0;
}

int steps_parse(struct program *p, const char *text, const char *file, int line, int col,
		struct parse_error *err)
{
	struct cursor c = { text, file, line, col, err };
	int group = 0, open = 0, lane = 0, in_lane = 0;

	p->nsteps = 0;
	for (skip_blanks(&c); *c.at; skip_blanks(&c)) {
		if (!open && accept(&c, '{')) {
			open = ++group;
			lane = in_lane = 0;
		} else if (open && (*c.at == '|' || *c.at == '}')) {
			if (!in_lane)
				return fail(&c, "a step in the lane");
			if (*c.at == '}')
				open = 0;
			else if (++lane == LANES_MAX)
				return fail(&c, "at most 8 lanes");
			in_lane = 0;
			advance(&c);
		} else if (p->nsteps == STEPS_MAX) {
			return fail(&c, "at most 96 steps");
		} else {
			int bad = add_step(p) ? fail(&c, "less memory in use") :
						step_parse(&c, &p->step[p->nsteps], open, lane);

			if (bad)
				return bad;
			p->nsteps++;
			in_lane++;
		}
	}
	if (open)
		return fail(&c, "'}'");
	return p->nsteps ? 0 : fail(&c, "at least one step");
}

static void place_print(const struct place *p, char *buf, size_t size)
{
	size_t n = (size_t)snprintf(buf, size, "@%s", p->region);

	if (p->first >= 0 && p->last != p->first)
		n += (size_t)snprintf(buf + n, size - n, "[%d..%d]", p->first, p->last);
	else if (p->first >= 0)
		n += (size_t)snprintf(buf + n, size - n, "[%d]", p->first);
	if (p->len)
		snprintf(buf + n, size - n, "+%u:%u", p->off, p->len);
}

void step_print(const struct step *s, char *buf, size_t size)
{
	char place[96] = "";

	if (s->form == STEP_CLAIM) {
		size_t n = (size_t)snprintf(buf, size, "%sclaim", s->timed ? "[" : "");

		for (int i = 0; i < s->nclaim && n < size; i++)
			n += (size_t)snprintf(buf + n, size - n, " %s", s->claim[i]);
		if (s->timed && n < size)
			snprintf(buf + n, size - n, "]");
		return;
	}
	if (s->has_place)
		place_print(&s->place, place, sizeof(place));
	snprintf(buf, size, "%s%s:%s%s%s%s%s%s", s->timed ? "[" : "", s->actor, s->verb,
		 s->arg[0] ? "=" : "", s->arg, place, s->background ? "&" : "",
		 s->timed ? "]" : "");
}

char *steps_print(const struct program *p)
{
	char *text = NULL, one[256];
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int group = 0, lane = 0;

	if (!f)
		return NULL;
	for (int i = 0; i < p->nsteps; i++) {
		const struct step *s = &p->step[i];

		if (group && s->group != group)
			fputs(" }", f);
		if (i)
			fputc(' ', f);
		if (s->group && s->group != group)
			fputs("{ ", f);
		else if (s->group && s->lane != lane)
			fputs("| ", f);
		group = s->group;
		lane = s->lane;
		step_print(s, one, sizeof(one));
		fputs(one, f);
	}
	if (group)
		fputs(" }", f);
	fclose(f);
	return text;
}
