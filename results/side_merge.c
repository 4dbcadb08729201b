// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "results/side.h"

size_t side_boots(const struct side *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->boot[i] == i;
	return n;
}

/* The worst that was seen, but a pass outweighs that another run had none. */
static const struct verdict *verdict_of(const struct tally *t)
{
	static const enum verdict_kind order[] = { VERDICT_BROKEN, VERDICT_PASS, VERDICT_UNREACHED,
						   VERDICT_SKIP };

	if (t->fail)
		return t->fail;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (t->one[order[i]])
			return t->one[order[i]];
	return t->last;
}

int side_merge(const struct side *s, struct run *run)
{
	memset(run, 0, sizeof(*run));
	run->path = strdup(s->run[0].path ? s->run[0].path : "");
	run->release = strdup(s->run[0].release ? s->run[0].release : "");
	run->label = strdup(s->name);
	run->env_json = strdup(s->run[0].env_json ? s->run[0].env_json : "{}");
	run->result = calloc(s->tallies + 1, sizeof(*run->result));
	if (!run->path || !run->release || !run->label || !run->env_json || !run->result) {
		run_free(run);
		return -ENOMEM;
	}
	run->ended = true;
	for (size_t i = 0; i < s->count; i++)
		run->ended &= s->run[i].ended;
	for (size_t i = 0; i < s->tallies; i++) {
		const struct tally *t = &s->tally[i];
		struct result *r = &run->result[i];

		r->verdict = *verdict_of(t);
		if (t->failed && t->tried > 1) {
			r->verdict.tried = t->tried;
			r->verdict.failed = t->failed;
		}
		r->cell = strdup(t->cell);
		if (!r->cell) {
			run_free(run);
			return -ENOMEM;
		}
		run->count++;
	}
	return 0;
}

static struct side *part_for(struct side **part, size_t *parts, const struct side *s, size_t run)
{
	const struct origin *o = &s->cost[run].origin;
	struct side *grown;

	for (size_t i = 0; i < *parts; i++) {
		const struct origin *p = &(*part)[i].cost[0].origin;

		if (!strcmp(p->label, o->label) && !strcmp(p->machine, o->machine))
			return &(*part)[i];
	}
	grown = realloc(*part, (*parts + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	*part = grown;
	memset(&grown[*parts], 0, sizeof(*grown));
	return &grown[(*parts)++];
}

int side_split(struct side *s, struct side **part, size_t *parts)
{
	int err = 0;

	*part = NULL;
	*parts = 0;
	for (size_t i = 0; i < s->count && !err; i++) {
		struct side *to = part_for(part, parts, s, i);

		err = to ? side_add(to, &s->run[i], &s->cost[i]) : -ENOMEM;
		if (!err) {
			memset(&s->run[i], 0, sizeof(s->run[i]));
			memset(&s->cost[i], 0, sizeof(s->cost[i]));
		}
	}
	for (size_t i = 0; i < *parts && !err; i++)
		err = side_finish(&(*part)[i]);
	side_free(s);
	return err;
}

static bool same_build(const struct side *a, const struct side *b)
{
	const struct origin *o = &a->cost[0].origin, *p = &b->cost[0].origin;

	return !strcmp(o->label, p->label) && !strcmp(o->machine, p->machine) &&
	       !strcmp(o->layout, p->layout);
}

bool side_join(struct side *s, struct side *other)
{
	bool done = same_build(s, other);

	for (size_t i = 0; i < other->tallies && done; i++)
		done = !side_tally(s, other->tally[i].cell);
	if (!done)
		return false;
	for (size_t i = 0; i < other->count; i++) {
		if (side_add(s, &other->run[i], &other->cost[i]))
			return false;
		memset(&other->run[i], 0, sizeof(other->run[i]));
		memset(&other->cost[i], 0, sizeof(other->cost[i]));
	}
	side_free(other);
	free(s->tally);
	free(s->result);
	free(s->boot);
	free(s->build);
	s->tallies = 0;
	return !side_finish(s);
}
