// SPDX-License-Identifier: GPL-2.0-only
#include "stress/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/need.h"

#define DEFAULT_ALPHABET "write,read,fork,exit,pin-rw,pin-ro,get,unpin,protect,discard,pageout"

struct sweeping {
	struct session session;
	struct sweep sweep;
	const struct mem_kind *mem;
	const struct pin_kind *pin[PIN_CLASSES];
	size_t programs, failures;
	bool counting;
};

static int visit(void *arg, const char *steps)
{
	struct sweeping *w = arg;
	struct cell c = { .mem = w->mem };
	struct parse_error err;
	struct program *p;
	struct verdict v;

	w->programs++;
	if (w->counting)
		return 0;
	if (session_time_over(&w->session))
		return 1;
	p = program_new();
	if (!p || steps_parse(p, steps, "sweep", 1, 1, &err))
		return cli_fail(EXIT_BROKEN, "%s", p ? err.text : "out of memory");
	for (int i = 0; i < PIN_CLASSES; i++)
		c.pin[i] = program_pin_classes(p) & 1u << i ? w->pin[i] : NULL;
	c.program = p;
	cell_set_id(&c);
	session_cell(&w->session, &c, &v);
	w->failures += v.kind == VERDICT_FAIL;
	program_free(p);
	return 0;
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

static int choose_letters(struct sweeping *w, const struct cli *cli)
{
	static char list[512];
	char *save = NULL;

	snprintf(list, sizeof(list), "%s", cli->alphabet ? cli->alphabet : DEFAULT_ALPHABET);
	for (char *l = strtok_r(list, ", ", &save); l; l = strtok_r(NULL, ", ", &save)) {
		const struct verb *v = verb_find(strcmp(l, "device-write") ? l : "write");

		if (!v || v->arg == ARG_SIZE || v->arg == ARG_REGION ||
		    w->sweep.nletters == SWEEP_LETTERS)
			return cli_fail(EXIT_USAGE, "the alphabet can't have '%s'", l);
		if (v->flags & VERB_TAKES_PIN && !choose_pin(w, l, v->pin_class, cli->pin))
			continue;
		if (!strcmp(l, "pageout") && need_check("swap", w->session.guarded, NULL, 0)) {
			puts("# pageout is left out: no swap");
			continue;
		}
		w->sweep.letter[w->sweep.nletters++] = l;
	}
	return 0;
}

static int sweep_run(struct cli *cli)
{
	static struct sweeping w;
	int err;

	w.mem = mem_kind_find(cli->mem ? cli->mem : "anon");
	if (!w.mem || cli->depth > SWEEP_DEPTH || cli->nargs)
		return cli_fail(EXIT_USAGE, "sweep takes --depth 1..%d, one --mem and no pattern",
				SWEEP_DEPTH);
	err = session_begin(&w.session, cli, cli->mutant ? mutant_find(cli->mutant) : NULL);
	if (err)
		return err;
	w.sweep.visit = visit;
	w.sweep.arg = &w;
	err = choose_letters(&w, cli);
	w.counting = true;
	for (int d = 1; d <= cli->depth && !err; d++)
		sweep_depth(&w.sweep, d);
	ktap_plan(&w.session.ktap, w.programs);
	w.counting = false;
	w.programs = 0;
	for (int d = 1; d <= cli->depth && !err; d++) {
		size_t before = w.failures;
		uint64_t start = now_ns();

		err = sweep_depth(&w.sweep, d);
		printf("# depth %d: %zu programs so far, %zu fail at this depth, %.1f s\n", d,
		       w.programs, w.failures - before, (double)(now_ns() - start) / 1e9);
	}
	if (err == 1)
		puts("# time is over, the sweep is not complete");
	err = session_end(&w.session);
	return err;
}

const struct command command_sweep = {
	.name = "sweep",
	.args = "--depth N [--alphabet LIST]",
	.about = "runs every program of up to N steps over an alphabet of verbs",
	.run = sweep_run,
};
