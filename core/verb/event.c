// SPDX-License-Identifier: GPL-2.0-only
#include "core/verb/event.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/base/util.h"

int event_advise(const struct actor *a, const struct op *op, int advice)
{
	return madvise(op_addr(a, op), op_bytes(op), advice) ? -errno : 0;
}

int event_emit(FILE *out, const struct op *op, int advice, const char *name)
{
	fprintf(out, "\tcheck(madvise(r%d + %zu, %zu, %d)); /* %s */\n", op->region,
		op->first * BASE_PAGE, op_bytes(op), advice, name);
	return 0;
}

struct view *event_view(struct model_step *s)
{
	struct view *v = &world_of(s)->view[s->op->proc];

	if (v->state != VIEW_NONE)
		return v;
	expect_errno(&s->expect, ENOMEM);
	return NULL;
}

void event_model(struct model_step *s)
{
	event_view(s);
}

struct view *world_changeable(struct model_step *s, int unmapped)
{
	struct view *v = &world_of(s)->view[s->op->proc];

	if (v->state == VIEW_NONE && unmapped) {
		expect_errno(&s->expect, unmapped);
		return NULL;
	}
	if (v->state == VIEW_NONE || !(v->flags & VIEW_SEALED))
		return v;
	expect_errno(&s->expect, EPERM);
	return NULL;
}

struct view *world_discardable(struct model_step *s, bool locked_is_refused)
{
	struct view *v = &world_of(s)->view[s->op->proc];
	bool anon = s->share == SHARE_PRIVATE_ANON && !s->hugetlb;

	if (v->state == VIEW_NONE)
		expect_errno(&s->expect, ENOMEM);
	else if (v->flags & VIEW_SEALED && anon && v->prot != VIEW_RW)
		expect_errno(&s->expect, EPERM);
	else if (v->flags & VIEW_LOCKED && locked_is_refused && !s->hugetlb)
		expect_errno(&s->expect, EINVAL);
	else
		return v;
	return NULL;
}

static bool covers(const struct pin *p, const struct op *op, size_t page)
{
	return p->kind && p->live && p->region == op->region && page >= p->start / BASE_PAGE &&
	       page < (p->start + p->len) / BASE_PAGE;
}

enum event_hold event_held(const struct actor *a, const struct op *op, size_t page)
{
	enum event_hold hold = HOLD_NONE;
	bool any = false;

	for (int i = 0; op->pinned && i < PINS_MAX; i++) {
		const struct pin *p = &a->pin[i];

		any |= p->kind && p->live;
		if (!covers(p, op, page))
			continue;
		if (p->proc == a->proc)
			return HOLD_SURE;
		/* A FOLL_PIN page of private memory was copied at the fork. */
		if (p->kind->class == PIN_GET || a->region[op->region].kind->share == SHARE_SHARED)
			hold = HOLD_MAYBE;
	}
	/* The pin is one that another process took after the fork. */
	return op->pinned && !any ? HOLD_MAYBE : hold;
}

enum event_hold event_held_around(const struct actor *a, const struct op *op, size_t page)
{
	size_t units = op->unit > BASE_PAGE ? op->unit / BASE_PAGE : 1, first = page - page % units;
	enum event_hold most = HOLD_NONE;

	for (size_t i = first; i < first + units; i++) {
		enum event_hold one = event_held(a, op, i);

		most = one > most ? one : most;
	}
	return most;
}

size_t event_free_pages(const struct actor *a, const struct op *op, event_holder *held)
{
	size_t n = 0;

	for (size_t i = 0; i < op->npages; i++)
		n += !held(a, op, op->first + i) && page_frame(op_addr(a, op) + i * BASE_PAGE);
	return n;
}

static bool in_place(const struct op *op, size_t page)
{
	return page >= op->first && page < op->first + op->npages;
}

int event_rest(struct actor *a, const struct op *op, enum event_rest rest)
{
	struct op around = *op;
	size_t left = 0, whole = 0;
	long huge;

	op_around(&around);
	for (size_t i = 0; op->part && !op->empty && i < around.npages; i++) {
		const char *at = op_addr(a, &around) + i * BASE_PAGE;
		unsigned long pfn = in_place(op, around.first + i) ? 0 : page_frame(at);

		if (!pfn)
			continue;
		huge = left++ ? 0 : smaps_kb(at, "AnonHugePages");
		if (huge > 0 && huge + HUGE_PAGE / 1024 > smaps_kb(at, "Size"))
			return actor_why(a, "the rest of the page is mapped as a huge page");
		whole += flags_compound(page_flags(pfn));
	}
	if (!left || op->pinned || (rest == REST_WHOLE ? whole > 0 : !whole))
		return 0;
	return event_why(a, "of the %zu other pages %zu belong to a huge page", left, whole);
}

long event_vmstat(const char *name)
{
	static char text[16384];
	size_t len = strlen(name);

	if (file_read("/proc/vmstat", text, sizeof(text)) < 0)
		return -1;
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ' ')
			return strtol(line + len, NULL, 10);
	}
	return -1;
}

void event_nap(unsigned us)
{
	const struct timespec nap = { .tv_nsec = (long)us * 1000 };

	nanosleep(&nap, NULL);
}

int event_why(struct actor *a, const char *format, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return actor_why(a, text);
}
