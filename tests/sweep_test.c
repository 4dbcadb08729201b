// SPDX-License-Identifier: GPL-2.0-only
// The sweep against a brute force that asks the planner what is possible.
#include "tests/scenario.h"

#include "stress/sweep.h"

enum { FOUND_MAX = 20000, DEEP = 3 };

struct found {
	char *text[FOUND_MAX];
	size_t count;
};

static struct found swept, brute;
static const char *const alphabet[] = { "write",  "read", "fork",  "exit",    "exec",
					"pin-rw", "get",  "unpin", "discard", "device-write" };

static int keep(void *arg, const char *steps)
{
	struct found *f = arg;

	assert_true(f->count < FOUND_MAX);
	f->text[f->count++] = strdup(steps);
	return 0;
}

static void forget(struct found *f)
{
	while (f->count)
		free(f->text[--f->count]);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct found *f)
{
	qsort(f->text, f->count, sizeof(*f->text), by_text);
}

/* The sweep does not know which mechanism can write, so here all can. */
static int plan_text(const char *steps, struct plan *plan)
{
	static const struct pin_kind *const pins[PIN_CLASSES] = { &scenario_rw, &scenario_rw,
								  &scenario_rw };
	static char no_file[] = "";
	static struct program p = { .file = no_file };
	struct parse_error err;

	if (steps_parse(&p, steps, "test", 1, 1, &err))
		fail_msg("%s", err.text);
	return plan_make(plan, &p, mem_kind_find("anon"), pins, &err);
}

/* The pins that live after the plan's steps; the newest in *last. */
static int live_pins(const struct plan *plan, int *last)
{
	bool live[PINS_MAX] = { false };
	int owner[PINS_MAX], n = 0;

	for (int i = 0; i < plan->nops; i++) {
		const struct op *op = &plan->op[i];

		if (op->verb->flags & VERB_TAKES_PIN) {
			live[op->pin] = true;
			owner[op->pin] = op->proc;
		} else if (op->verb->flags & VERB_DROPS_PIN) {
			live[op->pin] = false;
		} else if (!strcmp(op->verb->name, "exit") || !strcmp(op->verb->name, "exec")) {
			for (int p = 0; p < plan->npins; p++)
				live[p] = live[p] && owner[p] != op->proc;
		}
	}
	for (int p = 0; p < plan->npins; p++) {
		n += live[p];
		*last = live[p] ? p : *last;
	}
	return n;
}

/* The header's limits that the planner doesn't know, for the last step. */
static bool within_limits(const struct plan *plan)
{
	const struct op *op = &plan->op[plan->nops - 1], *before = op - 1;
	bool ended = false;
	int child = 0, last = -1;

	for (int i = 0; i < plan->nops; i++) {
		const struct op *at = &plan->op[i];
		bool fork = !strcmp(at->verb->name, "fork");

		if (fork && (at->proc || (child && !ended)))
			return false;
		if (at->proc && (at->proc != child || ended) && at->by == ACTOR_PROCESS)
			return false;
		if (!strcmp(at->verb->name, "exit") || !strcmp(at->verb->name, "exec")) {
			if (!at->proc)
				return false;
			ended = true;
		}
		if (fork) {
			child = at->child;
			ended = false;
		}
	}
	if (live_pins(plan, &last) > 2)
		return false;
	if (op->by == ACTOR_DEVICE && op->pin != last)
		return false;
	return plan->nops < 2 || op->verb != before->verb || op->proc != before->proc ||
	       (strcmp(op->verb->name, "read") && strcmp(op->verb->name, "discard"));
}

static void grow(const char *const letters[], int nletters, const char *prefix, int depth,
		 int values)
{
	static const char *const actors[] = { "P", "C", "C2", "C3" };
	static const char *const devices[] = { "D", "D2", "D3" };
	static struct plan plan;
	char text[256];

	if (!depth) {
		keep(&brute, prefix);
		return;
	}
	for (int l = 0; l < nletters; l++) {
		bool device = !strcmp(letters[l], "device-write");
		bool store = device || !strcmp(letters[l], "write");

		for (size_t a = 0; a < (device ? 3 : 4); a++) {
			int n = snprintf(text, sizeof(text), "%s%s%s:%s", prefix,
					 *prefix ? " " : "", device ? devices[a] : actors[a],
					 device ? "write" : letters[l]);

			if (store)
				snprintf(text + n, sizeof(text) - (size_t)n, "=%d", values + 1);
			if (!plan_text(text, &plan) && within_limits(&plan))
				grow(letters, nletters, text, depth - 1, values + store);
		}
	}
}

static void compare(const char *const letters[], int nletters, int depth)
{
	struct sweep s = { .nletters = nletters, .visit = keep, .arg = &swept };

	memcpy(s.letter, letters, (size_t)nletters * sizeof(*letters));
	assert_int_equal(sweep_depth(&s, depth), 0);
	grow(letters, nletters, "", depth, 0);
	sort(&swept);
	sort(&brute);
	for (size_t i = 0; i < swept.count && i < brute.count; i++)
		assert_string_equal(swept.text[i], brute.text[i]);
	assert_int_equal(swept.count, brute.count);
	forget(&swept);
	forget(&brute);
}

static void sweep_is_the_brute_force(void **state)
{
	(void)state;
	for (int depth = 1; depth <= DEEP; depth++)
		for (int n = 1; n <= (int)ARRAY_SIZE(alphabet); n++)
			compare(alphabet, n, depth);
}

static size_t count(const char *const letters[], int nletters, int depth)
{
	struct sweep s = { .nletters = nletters, .visit = keep, .arg = &swept };
	size_t n;

	memcpy(s.letter, letters, (size_t)nletters * sizeof(*letters));
	assert_int_equal(sweep_depth(&s, depth), 0);
	n = swept.count;
	forget(&swept);
	return n;
}

static void counts_by_hand(void **state)
{
	static const char *const stores[] = { "write", "fork" };
	static const char *const looks[] = { "read" };

	(void)state;
	assert_int_equal(count(stores, 1, 5), 1);
	assert_int_equal(count(stores, 2, 1), 2);
	assert_int_equal(count(stores, 2, 2), 4); /* WW WF FW FW' */
	assert_int_equal(count(stores, 2, 3), 8); /* WWW WWF WF(W|W') F(W|W')(W|W') */
	assert_int_equal(count(looks, 1, 1), 1);
	assert_int_equal(count(looks, 1, 2), 0);
}

static void no_program_comes_twice(void **state)
{
	struct sweep s = { .nletters = 6,
			   .letter = { "write", "fork", "exit", "pin-ro", "unpin", "read" },
			   .visit = keep,
			   .arg = &swept };
	static struct plan plan;

	(void)state;
	assert_int_equal(sweep_depth(&s, 5), 0);
	assert_true(swept.count > 100);
	sort(&swept);
	for (size_t i = 0; i < swept.count; i++) {
		assert_int_equal(plan_text(swept.text[i], &plan), 0);
		assert_true(!i || strcmp(swept.text[i - 1], swept.text[i]));
	}
	forget(&swept);
}

static int stop_at_third(void *arg, const char *steps)
{
	(void)steps;
	return ++*(int *)arg == 3 ? 42 : 0;
}

static void visit_ends_the_sweep(void **state)
{
	int calls = 0;
	struct sweep s = {
		.nletters = 2, .letter = { "write", "fork" }, .visit = stop_at_third, .arg = &calls
	};

	(void)state;
	assert_int_equal(sweep_depth(&s, 4), 42);
	assert_int_equal(calls, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_is_the_brute_force),
		cmocka_unit_test(counts_by_hand),
		cmocka_unit_test(no_program_comes_twice),
		cmocka_unit_test(visit_ends_the_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
