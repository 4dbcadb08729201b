/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verbs for events of memory management share; they change no byte. */
#ifndef CORE_VERB_EVENT_H
#define CORE_VERB_EVENT_H

#include <stdint.h>
#include <stdio.h>

#include "core/actor/actor.h"
#include "core/mem/page.h"
#include "core/need/need.h"
#include "core/verb/list.h"

int event_advise(const struct actor *a, const struct op *op, int advice);
/* The number, since a libc may not know the name yet. */
int event_emit(FILE *out, const struct op *op, int advice, const char *name);

/* No byte changes; without a mapping ENOMEM. */
void event_model(struct model_step *s);
/* The view, or NULL with ENOMEM expected. */
struct view *event_view(struct model_step *s);

/*
 * The view of op's process for a call that its mapping may refuse: NULL, with the
 * errno expected, without a mapping (unmapped), or where mseal(2) forbids a change.
 */
struct view *world_changeable(struct model_step *s, int unmapped);
/* The same for advice that discards private memory; mlock(2) refuses some of it. */
struct view *world_discardable(struct model_step *s, bool locked_is_refused);

/*
 * Whether something holds base page `page` of the region, counted from its start:
 * surely a pin of this process, perhaps a page reference that this process inherited.
 */
enum event_hold { HOLD_NONE, HOLD_MAYBE, HOLD_SURE };
enum event_hold event_held(const struct actor *a, const struct op *op, size_t page);

/* The most that any base page of the page of the kind around it is held. */
enum event_hold event_held_around(const struct actor *a, const struct op *op, size_t page);

typedef enum event_hold event_holder(const struct actor *a, const struct op *op, size_t page);

/* Present pages of the place that nothing holds, as one of the two above says. */
size_t event_free_pages(const struct actor *a, const struct op *op, event_holder *held);

/*
 * Part of a post-condition: the place is a part of a huge page, so the rest of that
 * page must be mapped in small now, by pages of a huge page still (whole) or not any more.
 */
enum event_rest { REST_WHOLE, REST_SPLIT };
int event_rest(struct actor *a, const struct op *op, enum event_rest rest);

/* A counter of /proc/vmstat; -1 when there is none. */
long event_vmstat(const char *name);

void event_nap(unsigned us);

/* A reason with a number, as actor_why(). */
int event_why(struct actor *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
