// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>

#include "core/verb/event.h"

/*
 * Of this process, with no right to it; children inherit both. A signal takes away the
 * rights to all keys but the first, so no fault gives it back.
 */
static int key;

/* A protection key is a part of the mapping beside its protection, which stays. */
static int set_key(const struct actor *a, const struct op *op, int to)
{
	int prot = smaps_flag(op_addr(a, op), "rd wr");

	if (prot < 0)
		return prot;
	return pkey_mprotect(op_addr(a, op), op_bytes(op), prot, to) ? -errno : 0;
}

static int has_key(struct actor *a, const struct op *op, int wanted)
{
	if (smaps_kb(op_addr(a, op), "ProtectionKey") != wanted)
		return actor_why(a, "ProtectionKey of the place is another one");
	return event_rest(a, op, REST_WHOLE);
}

static int pkey_exec(struct actor *a, const struct op *op)
{
	if (!key) {
		int fresh = pkey_alloc(0, PKEY_DISABLE_ACCESS);

		if (fresh < 0)
			return -errno;
		key = fresh;
	}
	return set_key(a, op, key);
}

static int pkey_post(struct actor *a, const struct op *op)
{
	return has_key(a, op, key);
}

static void pkey_model(struct model_step *s)
{
	struct view *v = world_changeable(s, ENOMEM);

	if (v)
		v->flags = v->flags | VIEW_KEYED;
}

static int emit_key(FILE *out, const struct op *op, const char *to)
{
	static const char *const prot[] = { [VIEW_RW] = "PROT_READ | PROT_WRITE",
					    [VIEW_RO] = "PROT_READ",
					    [VIEW_NO] = "PROT_NONE" };

	fprintf(out, "\tcheck(pkey_mprotect(r%d + %zu, %zu, %s, %s));\n", op->region,
		op->first * BASE_PAGE, op_bytes(op), prot[op->prot], to);
	return 0;
}

static int pkey_emit(FILE *out, const struct op *op)
{
	return emit_key(out, op, "no_access_key()");
}

const struct verb verb_pkey = {
	.name = "pkey",
	.about = "pkey_mprotect to a key without rights: accesses are SIGSEGV, remote ones are not",
	.rule = "pkeys(7); mm/gup.c check_vma_flags(): arch_vma_access_permitted()",
	.needs = { "pkey" },
	.by = ACTOR_PROCESS,
	.exec = pkey_exec,
	.post = pkey_post,
	.model = pkey_model,
	.emit = pkey_emit,
};

static int pkey_off_exec(struct actor *a, const struct op *op)
{
	return set_key(a, op, 0);
}

static int pkey_off_post(struct actor *a, const struct op *op)
{
	return has_key(a, op, 0);
}

static void pkey_off_model(struct model_step *s)
{
	struct view *v = world_changeable(s, ENOMEM);

	if (v)
		v->flags = v->flags & (uint8_t)~VIEW_KEYED;
}

static int pkey_off_emit(FILE *out, const struct op *op)
{
	return emit_key(out, op, "0");
}

const struct verb verb_pkey_off = {
	.name = "pkey-off",
	.about = "pkey_mprotect to the first key, which everybody has",
	.rule = "pkeys(7)",
	.needs = { "pkey" },
	.by = ACTOR_PROCESS,
	.exec = pkey_off_exec,
	.post = pkey_off_post,
	.model = pkey_off_model,
	.emit = pkey_off_emit,
};
