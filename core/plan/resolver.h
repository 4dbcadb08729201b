/* SPDX-License-Identifier: GPL-2.0-only */
/* What plan.c and plan/args.c share. */
#ifndef CORE_PLAN_RESOLVER_H
#define CORE_PLAN_RESOLVER_H

#include <stdarg.h>

#include "core/plan/plan.h"

struct plan_pin {
	char name[WORD_MAX];
	bool live, over; /* over: its one transfer was made */
	int owner, keeper, region;
	unsigned handles; /* bitmap of processes that can use it */
	size_t first, npages;
	uint32_t off, len;
	const struct pin_kind *kind;
};

/* What the steps so far have made of processes, regions and pins. */
struct resolver {
	struct plan *plan;
	const struct program *program;
	const struct mem_kind *mem;
	const struct pin_kind *const *pin;
	struct parse_error *err;
	const struct step *step;
	bool alive[PROCS_MAX], unmapped[REGIONS_MAX];
	bool fresh[PROCS_MAX];		/* a new image since its exec, or since its maker's */
	size_t file_pages[REGIONS_MAX]; /* base pages that F's file has now */
	struct plan_pin pins[PINS_MAX];
	int background; /* the op that runs beside others, or -1 */
	int action;	/* the last op that was an action, or -1 */
};

/* Sets the error "FILE:LINE:COL: ..." for a step. */
void plan_complain(const struct program *p, const struct step *s, struct parse_error *err,
		   const char *format, va_list ap) __attribute__((format(printf, 4, 0)));
/* The same for the current step; returns code. */
int plan_bad(struct resolver *r, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The number of process "P", "C", "C2", ...; -1 for another name. */
int plan_proc(const char *name);

/* The number of thread "P.1", "P.2", ...; -1 for another name. */
int plan_thread(const char *name);

/* plan/claim.c, plan/background.c: claims, `wait` and '&', into *op. As below. */
int resolve_claim(struct resolver *r, struct op *op);
int resolve_wait(struct resolver *r, struct op *op);
int resolve_background(struct resolver *r, struct op *op);
/* Refused while the first thread of the process has a step with '&' under way. */
int plan_idle(struct resolver *r, int proc);

/* The arguments of verbs, each into *op. Return 0 or what plan_bad() returned. */
int resolve_value(struct resolver *r, struct op *op);
int resolve_child(struct resolver *r, struct op *op);
int resolve_size(struct resolver *r, struct op *op);
int resolve_prot(struct resolver *r, struct op *op);
int resolve_seal(struct resolver *r, struct op *op);
int resolve_region(struct resolver *r, struct op *op);

/*
 * A place with bytes is one of base pages where no bytes are moved: for calls, and
 * for a device that looks through a held pin. resolve_part() makes it one.
 */
bool place_in_base_pages(const struct resolver *r, const struct op *op);
int resolve_part(struct resolver *r, struct op *op);

/* A call on pages of a kind that has parts of pages alone. 0 or what plan_bad() returned. */
int call_divides(struct resolver *r, const struct op *op);

/* Whether it is about bytes, and not about pages. */
bool touches_bytes(const struct resolver *r, const struct op *op);
/* The place of such a step in a kind whose pages are others' as well. Likewise. */
int resolve_own(struct resolver *r, struct op *op);

/* A transfer may be of sectors; what is held is whole pages. */
bool pin_of_sectors(const struct resolver *r, const struct op *op);

/* Whether the program has a step with that verb. */
bool has_step(const struct program *p, const char *verb);

/* Whether the mechanism can pin this memory, beside the pins that are held. */
bool pin_has_meaning(const struct resolver *r, const struct pin_kind *k);

/* Whether the mechanism has what a verb calls that takes a held pin. */
bool pin_has_call(const struct verb *v, const struct pin_kind *k);

/* The processes that can use a pin of this kind which `proc` just took. */
unsigned pin_handles(const struct resolver *r, const struct pin_kind *k, int proc);

/* `keep`, into *op: another process takes over. 0 or what plan_bad() returned. */
int resolve_kept_pin(struct resolver *r, struct op *op);

/* The number of the pin of that name, or -1. */
int pin_by_name(const struct resolver *r, const char *name);

/* Whether the mechanism is not for that actor, and says so. 0 or what plan_bad() returned. */
int pin_refuses_actor(struct resolver *r, const struct op *op);

/* The device step of a one-shot mechanism: one, of all of the pin. 0 or -ENOTSUP. */
int pin_transfer(struct resolver *r, struct op *op);

#endif
