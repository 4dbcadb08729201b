// SPDX-License-Identifier: GPL-2.0-only
#include "stress/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/need/need.h"

#define DEFAULT_ALPHABET "write,read,fork,exit,pin-rw,pin-ro,get,unpin,protect,discard,pageout"

struct sweeping {
	struct session session;
	struct sweep sweep;
	const struct mem_kind *mem;
	const struct pin_kind *pin[PIN_CLASSES];
	size_t programs;
	bool counting;
};

/* Whether the chosen mechanisms have what the steps ask of them. */
static int has_meaning(const struct cell *c)
{
	static struct plan plan;
	struct parse_error err;
	int bad = plan_make(&plan, c->program, c->mem, c->pin, &err);

	if (bad && bad != -ENOTSUP)
		return cli_fail(EXIT_BROKEN, "%s", err.text);
	return bad ? 0 : -1;
}

/* -1 when the session has taken the program. */
static int visit_program(struct sweeping *w, struct program *p, const char *steps)
{
	struct cell c = { .mem = w->mem, .program = p };
	struct parse_error err;
	int skip;

	if (steps_parse(p, steps, "sweep", 1, 1, &err))
		return cli_fail(EXIT_BROKEN, "%s", err.text);
	for (int i = 0; i < PIN_CLASSES; i++)
		c.pin[i] = program_pin_classes(p) & 1u << i ? w->pin[i] : NULL;
	skip = has_meaning(&c);
	if (skip >= 0)
		return skip;
	w->programs++;
	if (w->counting)
		return 0;
	if (session_over(&w->session))
		return 1;
	cell_set_id(&c);
	session_cell(&w->session, &c, p);
	return -1;
}

static int visit(void *arg, const char *steps)
{
	struct program *p = program_new();
	int err = p ? visit_program(arg, p, steps) : cli_fail(EXIT_BROKEN, "out of memory");

	if (err < 0)
		return 0;
	program_free(p);
	return err;
}

/* The first mechanism of the class that the host has; the letter goes without one. */
static bool choose_pin(struct sweeping *w, const char *letter, enum pin_class class,
		       const char *wanted)
{
	char why[200] = "no mechanism", need[32];
	static struct program none;

	for (const struct pin_kind *const *k = pin_kinds; *k; k++) {
		struct cell c = { .program = &none, .mem = w->mem, .pin = { [PIN_RW] = *k } };

		if ((*k)->class != class || (*k)->mutant || (wanted && !strstr(wanted, (*k)->name)))
			continue;
		if (cell_needs(&c, true, need, why, sizeof(why)))
			continue;
		w->pin[class] = *k;
		printf("# %s is %s\n", letter, (*k)->name);
		return true;
	}
	printf("# %s is left out: %s\n", letter, why);
	return false;
}

static const struct verb *letter_verb(const char *letter)
{
	return verb_find(strcmp(letter, "device-write") ? letter : "write");
}

/* The alphabet, without a look at the host. */
static int parse_letters(struct sweeping *w, const struct cli *cli)
{
	static char list[512];
	char *save = NULL;

	snprintf(list, sizeof(list), "%s", cli->alphabet ? cli->alphabet : DEFAULT_ALPHABET);
	for (char *l = strtok_r(list, ", ", &save); l; l = strtok_r(NULL, ", ", &save)) {
		const struct verb *v = letter_verb(l);

		if (!v || v->arg == ARG_SIZE || v->arg == ARG_REGION ||
		    w->sweep.nletters == SWEEP_LETTERS)
			return cli_fail(EXIT_USAGE, "the alphabet can't have '%s'", l);
		w->sweep.letter[w->sweep.nletters++] = l;
	}
	return w->sweep.nletters ? 0 : cli_fail(EXIT_USAGE, "the alphabet is empty");
}

/* Leaves out what the host or the chosen mechanisms don't have. */
static void choose_letters(struct sweeping *w, const struct cli *cli)
{
	int kept = 0;

	for (int i = 0; i < w->sweep.nletters; i++) {
		const char *l = w->sweep.letter[i];
		const struct verb *v = letter_verb(l);

		if (v->flags & VERB_TAKES_PIN && !choose_pin(w, l, v->pin_class, cli->pin))
			continue;
		if (!strcmp(l, "pageout") && need_check("swap", w->session.guarded, NULL, 0)) {
			puts("# pageout is left out: no swap");
			continue;
		}
		w->sweep.letter[kept++] = l;
	}
	w->sweep.nletters = kept;
}

static int sweep_all(struct sweeping *w, int depth)
{
	int err = 0;

	w->counting = true;
	for (int d = 1; d <= depth && !err; d++)
		err = sweep_depth(&w->sweep, d);
	ktap_plan(&w->session.ktap, w->programs);
	progress_begin(&w->session.progress, w->programs, w->session.end_ns);
	w->counting = false;
	w->programs = 0;
	for (int d = 1; d <= depth && !err; d++) {
		int before = w->session.count[VERDICT_FAIL];
		uint64_t start = now_ns();

		err = sweep_depth(&w->sweep, d);
		session_flush(&w->session);
		printf("# depth %d: %zu programs so far, %d fail at this depth, %.1f s\n", d,
		       w->programs, w->session.count[VERDICT_FAIL] - before,
		       (double)(now_ns() - start) / 1e9);
	}
	return err;
}

static int sweep_run(struct cli *cli)
{
	static struct sweeping w;
	const struct mutant *mutant = cli->mutant ? mutant_find(cli->mutant) : NULL;
	int err, code;

	w.mem = mem_kind_find(cli->mem ? cli->mem : "anon");
	if (!w.mem || cli->depth > SWEEP_DEPTH || cli->nargs)
		return cli_fail(EXIT_USAGE, "sweep takes --depth 1..%d, one --mem and no pattern",
				SWEEP_DEPTH);
	if (cli->mutant && !mutant)
		return cli_fail(EXIT_USAGE, "no mutant '%s'", cli->mutant);
	err = parse_letters(&w, cli);
	if (!err)
		err = session_begin(&w.session, cli, mutant);
	if (err)
		return err;
	w.sweep.visit = visit;
	w.sweep.arg = &w;
	ktap_begin(&w.session.ktap);
	choose_letters(&w, cli);
	err = sweep_all(&w, cli->depth);
	if (err == 1)
		printf("# %s, the sweep is not complete\n", session_over(&w.session));
	code = session_end(&w.session);
	return err > 1 ? err : code;
}

const struct command command_sweep = {
	.name = "sweep",
	.args = "--depth N [--alphabet LIST]",
	.about = "runs every program of up to N steps over an alphabet of verbs",
	.run = sweep_run,
};
