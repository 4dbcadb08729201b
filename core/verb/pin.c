// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>

#include "core/actor/actor.h"
#include "core/verb/list.h"

static int pin_exec(struct actor *a, const struct op *op)
{
	struct pin *p = &a->pin[op->pin];
	int err;

	p->addr = op_addr(a, op) + op->off;
	p->region = op->region;
	p->nonce = a->nonce;
	p->start = op->first * BASE_PAGE + op->off;
	p->len = op->len ? op->len : op_bytes(op);
	p->fd = a->region[op->region].fd;
	err = op->pin_kind->pin(p);
	p->live = !err;
	p->proc = a->proc;
	return err;
}

static void take(struct model_step *s, int object, bool weak)
{
	struct world *w = world_of(s);
	struct pinned *p = &w->pin[s->op->pin];

	*p = (struct pinned){ .live = true,
			      .weak = weak,
			      .writes = s->op->verb->pin_class == PIN_RW,
			      .hides = s->op->pin_kind->hides,
			      .place = w->view[s->op->proc].place,
			      .owner = (uint8_t)s->op->proc,
			      .keeper = (uint8_t)s->op->proc,
			      .object = (uint8_t)object,
			      .from_file = weak && s->share != SHARE_PRIVATE_ANON &&
					   w->view[s->op->proc].state == VIEW_ABSENT };
	limit_charge(s);
	if (p->hides)
		w->view[s->op->proc].fork |= 1 << FORK_DONT;
}

/* libibverbs counts the regions of a page, and knows the address from then. */
static void show_again(struct world *w, const struct pinned *p)
{
	struct view *v = &w->view[p->owner];

	for (int i = 0; i < PINS_MAX; i++)
		if (w->pin[i].live && w->pin[i].hides && w->pin[i].owner == p->owner)
			return;
	if (v->state != VIEW_NONE && v->place == p->place)
		v->fork &= (uint8_t) ~(1 << FORK_DONT);
}

static bool pin_refused(struct model_step *s, bool store)
{
	enum outcome (*access)(const struct world *w, enum share share, int proc, bool store) =
		s->op->pin_kind->remote ? world_access_remote : world_access;

	/* The mark is set first, and madvise() says ENOMEM where nothing is mapped. */
	if (s->op->pin_kind->hides && world_of(s)->view[s->op->proc].state == VIEW_NONE) {
		expect_errno(&s->expect, ENOMEM);
		return true;
	}
	if (access(world_of(s), s->share, s->op->proc, store) == OUTCOME_OK &&
	    !s->m->region[s->op->region].secret)
		return false;
	expect_errno(&s->expect, EFAULT);
	return true;
}

/* Nothing is touched before the first access. */
static void follow(struct model_step *s)
{
	take(s, 0, true);
	world_of(s)->pin[s->op->pin].follows = true;
	world_of(s)->pin[s->op->pin].place = world_of(s)->view[s->op->proc].place;
}

/* The file is asked, by its seals, and no mapping. */
static void pin_file(struct model_step *s)
{
	int seals = world_of(s)->seals;

	if (seals & F_SEAL_SEAL)
		expect_errno(&s->expect, EPERM); /* it could not be kept from shrinking */
	else if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		expect_errno(&s->expect, EINVAL);
	else
		take(s, 0, false);
}

/* A FOLL_PIN pin breaks COW when it is taken, so it and the address show one object. */
static void pin_strong(struct model_step *s, bool store)
{
	struct object *o;

	if (s->op->pin_kind->promise == PROMISE_FOLLOWS) {
		follow(s);
		return;
	}
	if (s->op->pin_kind->memfd && world_of(s)->object[0].kind != OBJECT_GONE) {
		pin_file(s);
		return;
	}
	if (limit_refuses(s) || pin_refused(s, store))
		return;
	/* What is over soon may still be told to the file system when it is. */
	if (store && s->m->region[s->op->region].tracked && !s->op->pin_kind->oneshot) {
		expect_errno(&s->expect, EFAULT);
		return;
	}
	o = world_own(s, s->op->proc);
	if (o)
		take(s, (int)(o - world_of(s)->object), false);
}

static void pin_rw_model(struct model_step *s)
{
	pin_strong(s, true);
}

/* Without FOLL_LONGTERM the zero page and the file's own page stay; hugetlb has no zero page. */
static bool short_of_own(struct model_step *s)
{
	const struct view *v = &world_of(s)->view[s->op->proc];

	return s->op->pin_kind->promise == PROMISE_SHORT_RO && s->share != SHARE_SHARED &&
	       v->state == VIEW_ABSENT && (s->share == SHARE_PRIVATE_FILE || !s->hugetlb);
}

static void pin_ro_model(struct model_step *s)
{
	if (!short_of_own(s))
		pin_strong(s, false);
	else if (!pin_refused(s, false))
		take(s, 0, true);
}

/* The file lends a page, or the zero page for a hole; no mapping is asked. */
static void get_file_model(struct model_step *s)
{
	const struct object *o = &world_of(s)->object[0];
	int zeros = 0;

	if (o->kind == OBJECT_GONE) {
		expect_errno(&s->expect, ENODATA);
		return;
	}
	for (int i = 0; i < PAGE_SECTORS; i++)
		zeros += o->value[i] == VALUE_ZERO;
	take(s, 0, zeros == PAGE_SECTORS);
}

/* In shared memory a reference holds the one page that everybody has. */
static void get_model(struct model_step *s)
{
	if (s->op->pin_kind->promise == PROMISE_FILE_PAGE)
		get_file_model(s);
	else if (!pin_refused(s, false))
		take(s, 0, s->share != SHARE_SHARED);
}

static int pin_emit(FILE *out, const struct op *op)
{
	const struct pin_text *t = op->pin_kind->text;

	if (!t)
		return -ENOTSUP;
	fprintf(out, "\tcheck(%s%s(%d, %s%d%s, %zu, %zu%s));\n", t->pin ? t->pin : t->prefix,
		t->pin ? "" : "_pin", op->pin, t->file ? "fd[" : "r", op->region,
		t->file ? "]" : "", op->first * BASE_PAGE + op->off,
		op->len ? op->len : op_bytes(op), t->args ? t->args : "");
	return 0;
}

const struct verb verb_pin_rw = {
	.name = "pin-rw",
	.about = "takes a read-write long-term pin (FOLL_PIN|FOLL_LONGTERM|FOLL_WRITE)",
	.rule = "Documentation/core-api/pin_user_pages.rst; 5.19 PageAnonExclusive series; "
		"8ac268436e6d (6.5) not of shared file pages whose stores are tracked",
	.by = ACTOR_PROCESS,
	.arg = ARG_PIN,
	.flags = VERB_TAKES_PIN | VERB_PLAIN,
	.pin_class = PIN_RW,
	.exec = pin_exec,
	.model = pin_rw_model,
	.emit = pin_emit,
};

const struct verb verb_pin_ro = {
	.name = "pin-ro",
	.about = "takes a read-only long-term pin; it unshares first",
	.rule = "a7f226604170 (5.19) unshare before R/O pin; 84209e87c696 (6.2) zeropage and "
		"private file pages",
	.by = ACTOR_PROCESS,
	.arg = ARG_PIN,
	.flags = VERB_TAKES_PIN | VERB_PLAIN,
	.pin_class = PIN_RO,
	.exec = pin_exec,
	.model = pin_ro_model,
	.emit = pin_emit,
};

const struct verb verb_get = {
	.name = "get",
	.about =
		"takes a page reference (FOLL_GET); it may show any value that its owner had since",
	.rule = "Documentation/core-api/pin_user_pages.rst: FOLL_GET is for page structs, not data",
	.by = ACTOR_PROCESS,
	.arg = ARG_PIN,
	.flags = VERB_TAKES_PIN | VERB_PLAIN,
	.pin_class = PIN_GET,
	.exec = pin_exec,
	.model = get_model,
	.emit = pin_emit,
};

static bool on_its_way; /* of the last one */

static int unpin_exec(struct actor *a, const struct op *op)
{
	struct pin *p = &a->pin[op->pin];
	int err = op->pin_kind->unpin(p);

	on_its_way = err == -EINPROGRESS;
	err = on_its_way ? 0 : err;
	p->live = err != 0;
	return err;
}

static int unpin_post(struct actor *a, const struct op *op)
{
	(void)op;
	return on_its_way ? actor_why(a, "its release was not seen") : 0;
}

/* Releasing a R/W pin marks the page dirty, so MADV_FREE may drop it no longer. */
void pin_end(struct model_step *s)
{
	struct world *w = world_of(s);
	struct pinned *p = &w->pin[s->op->pin];
	int object = p->object;

	limit_discharge(s);
	if (!p->live || p->weak) {
		p->live = false;
		return;
	}
	if (s->op->pin_kind->class == PIN_RW)
		w->object[object].lazyfree = false;
	p->live = false;
	if (p->hides)
		show_again(w, p);
	if (!w->object[object].lazyfree || world_pinned(w, object))
		return;
	for (int i = 0; i < PROCS_MAX; i++)
		if (world_of(s)->view[i].state == VIEW_OBJECT &&
		    world_of(s)->view[i].object == object)
			world_branch(s)->view[i].state = VIEW_ABSENT;
}

static int unpin_emit(FILE *out, const struct op *op)
{
	const struct pin_text *t = op->pin_kind->text;

	if (!t)
		return -ENOTSUP;
	if (t->ends)
		fprintf(out, "\t%s_end(%d, -EIO, 0);\n", t->prefix, op->pin);
	else
		fprintf(out, "\tcheck(%s_unpin(%d));\n", t->prefix, op->pin);
	return 0;
}

const struct verb verb_unpin = {
	.name = "unpin",
	.about = "releases a pin; what was pinned is released once and is counted",
	.rule = "Documentation/core-api/pin_user_pages.rst: unpin_user_pages_dirty_lock",
	.by = ACTOR_PROCESS,
	.arg = ARG_PIN,
	.flags = VERB_DROPS_PIN | VERB_PLAIN,
	.exec = unpin_exec,
	.post = unpin_post,
	.model = pin_end,
	.emit = unpin_emit,
};

static int upgrade_exec(struct actor *a, const struct op *op)
{
	return op->pin_kind->upgrade(&a->pin[op->pin]);
}

/* Its pages were never made ready for stores. */
static void upgrade_model(struct model_step *s)
{
	expect_errno(&s->expect, EACCES);
}

static int upgrade_emit(FILE *out, const struct op *op)
{
	(void)out;
	(void)op;
	return -ENOTSUP;
}

const struct verb verb_upgrade = {
	.name = "upgrade",
	.about = "asks for write access to a pin that was taken read-only",
	.rule = "badad6fad60d (7.1) RDMA: During rereg_mr ensure that REREG_ACCESS is compatible",
	.needs = { "rdma-rereg" },
	.by = ACTOR_PROCESS,
	.arg = ARG_PIN,
	.exec = upgrade_exec,
	.model = upgrade_model,
	.emit = upgrade_emit,
};

/* The pin is in memory of its own in each process, and a child may be older than it. */
static int keep_exec(struct actor *a, const struct op *op)
{
	struct pin *p = &a->pin[op->pin];

	p->addr = NULL;
	p->region = op->region;
	p->nonce = a->nonce;
	p->start = op->first * BASE_PAGE + op->off;
	p->len = op->len ? op->len : op_bytes(op);
	p->fd = a->region[op->region].fd;
	p->live = true;
	p->proc = a->proc;
	return op->pin_kind->keep ? op->pin_kind->keep(p) : 0;
}

static void keep_model(struct model_step *s)
{
	world_of(s)->pin[s->op->pin].keeper = (uint8_t)s->op->proc;
}

static int keep_emit(FILE *out, const struct op *op)
{
	const struct pin_text *t = op->pin_kind->text;

	if (!t || !t->keep)
		return -ENOTSUP;
	if (*t->keep)
		fprintf(out, "\t%s(%d, r%d, %zu);\n", t->keep, op->pin, op->region,
			op->len ? op->len : op_bytes(op));
	return 0;
}

const struct verb verb_keep = {
	.name = "keep",
	.about = "takes over a pin by the handle it inherited: D acts for it, its owner may leave",
	.rule = "fork(2): a child has the open files of its parent",
	.by = ACTOR_PROCESS,
	.arg = ARG_PIN,
	.flags = VERB_KEEPS_PIN | VERB_PLAIN,
	.exec = keep_exec,
	.model = keep_model,
	.emit = keep_emit,
};
