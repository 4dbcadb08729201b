// SPDX-License-Identifier: GPL-2.0-only
// Parsing and printing are inverse; broken text gets the right words and place.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "core/lang/program.h"

enum { RANDOM_PROGRAMS = 4000, MUTATIONS = 20000, TEXT = 1 << 16 };

static uint64_t seed = 1;

static unsigned roll(unsigned sides)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % sides;
}

static void assert_same_step(const struct step *a, const struct step *b)
{
	assert_int_equal(a->form, b->form);
	assert_string_equal(a->actor, b->actor);
	assert_string_equal(a->verb, b->verb);
	assert_string_equal(a->arg, b->arg);
	assert_int_equal(a->has_place, b->has_place);
	assert_string_equal(a->place.region, b->place.region);
	assert_int_equal(a->place.first, b->place.first);
	assert_int_equal(a->place.last, b->place.last);
	assert_int_equal(a->place.off, b->place.off);
	assert_int_equal(a->place.len, b->place.len);
	assert_int_equal(a->background, b->background);
	assert_int_equal(a->timed, b->timed);
	assert_int_equal(a->group, b->group);
	assert_int_equal(a->lane, b->lane);
	assert_int_equal(a->nclaim, b->nclaim);
	for (int i = 0; i < a->nclaim; i++)
		assert_string_equal(a->claim[i], b->claim[i]);
}

static void assert_same_steps(const struct program *a, const struct program *b)
{
	assert_int_equal(a->nsteps, b->nsteps);
	for (int i = 0; i < a->nsteps; i++)
		assert_same_step(&a->step[i], &b->step[i]);
}

static struct program *parsed(const char *text)
{
	struct program *p = program_new();
	struct parse_error err;

	if (steps_parse(p, text, "test", 1, 1, &err))
		fail_msg("%s\n%s", err.text, text);
	return p;
}

/* parse, print, parse, print: the same steps and the same text. */
static void round_trip(const struct program *p)
{
	char *text = steps_print(p), *again;
	struct program *q = parsed(text);

	assert_same_steps(p, q);
	again = steps_print(q);
	assert_string_equal(text, again);
	free(text);
	free(again);
	program_free(q);
}

static void corpus_prints_as_it_parses(void **state)
{
	struct corpus c = { 0 }, d = { 0 };
	struct parse_error err;

	(void)state;
	if (corpus_load(&c, SOURCE_DIR "/stress", &err))
		fail_msg("%s", err.text);
	assert_true(c.count > 0);
	for (size_t i = 0; i < c.count; i++) {
		char *text = program_print(c.program[i]), *again, file[64];

		snprintf(file, sizeof(file), "%s.pin", c.program[i]->family);
		if (corpus_parse(&d, file, text, &err))
			fail_msg("%s\n%s", err.text, text);
		again = program_print(d.program[0]);
		assert_string_equal(text, again);
		assert_string_equal(c.program[i]->name, d.program[0]->name);
		assert_string_equal(c.program[i]->family, d.program[0]->family);
		assert_string_equal(c.program[i]->about, d.program[0]->about);
		assert_same_steps(c.program[i], d.program[0]);
		round_trip(c.program[i]);
		free(text);
		free(again);
		corpus_free(&d);
	}
	corpus_free(&c);
}

static void random_place(FILE *f)
{
	static const char *const region[] = { "", "buf", "b-2", "Other_1" };
	unsigned r = roll(4), first = roll(100), form = roll(3);

	fprintf(f, "@%s", region[r]);
	if (form == 1)
		fprintf(f, "[%u]", first);
	else if (form == 2)
		fprintf(f, "[%u..%u]", first, first + roll(9));
	if (roll(2) || (!r && !form))
		fprintf(f, "+%u:%u", roll(4096), 1 + roll(4096));
}

static void random_step(FILE *f)
{
	static const char *const actor[] = { "P", "C", "C2", "P.1", "F", "X", "D", "d1", "C.2" };
	static const char *const verb[] = { "write", "pin-ro", "fork", "claim", "x" };
	static const char *const arg[] = { "=2", "=C2", "=buf:8p", "=a_b-c", "" };
	static const char *const claim[] = { "claim pfn P same", "claim errno P:seal EBUSY",
					     "claim vmflag C.1 dc absent" };
	bool timed = !roll(9);

	if (timed)
		fputc('[', f);
	if (!roll(8)) {
		fputs(claim[roll(ARRAY_SIZE(claim))], f);
	} else {
		fprintf(f, "%s:%s%s", actor[roll(ARRAY_SIZE(actor))], verb[roll(ARRAY_SIZE(verb))],
			arg[roll(ARRAY_SIZE(arg))]);
		if (roll(2))
			random_place(f);
		if (!roll(5))
			fputc('&', f);
	}
	if (timed)
		fputc(']', f);
	fputs(roll(3) ? " " : "\n\t ", f);
}

static char *random_program(void)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (unsigned n = 1 + roll(12); n; n--) {
		random_step(f);
		if (roll(5))
			continue;
		fputs("{", f);
		for (unsigned lanes = 1 + roll(LANES_MAX); lanes; lanes--) {
			for (unsigned steps = 1 + roll(2); steps && n < 5; steps--)
				random_step(f);
			if (n >= 5)
				random_step(f);
			fputs(lanes > 1 ? "| " : "}", f);
		}
	}
	fclose(f);
	return text;
}

static void random_programs_print_as_they_parse(void **state)
{
	int done = 0;

	(void)state;
	while (done < RANDOM_PROGRAMS) {
		char *text = random_program();
		struct program *p = program_new();
		struct parse_error err;

		if (!steps_parse(p, text, "test", 1, 1, &err)) {
			round_trip(p);
			done++;
		} else if (!strstr(err.text, "expected at most 96 steps")) {
			fail_msg("%s\n%s", err.text, text);
		}
		program_free(p);
		free(text);
	}
}

static const struct broken {
	const char *text, *error;
} broken_steps[] = {
	{ "", "t:1:1: expected at least one step, got the end" },
	{ " \n\t", "t:2:2: expected at least one step, got the end" },
	{ "P", "t:1:2: expected ':' and a verb after the actor, got the end" },
	{ "P read", "t:1:2: expected ':' and a verb after the actor, got a blank" },
	{ "P:", "t:1:3: expected a verb, got the end" },
	{ "P: read", "t:1:3: expected a verb, got a blank" },
	{ "1:read", "t:1:1: expected a step ACTOR:VERB, got '1:read'" },
	{ "P:write=", "t:1:9: expected an argument after '=', got the end" },
	{ "P:read@", "t:1:8: expected a region, [PAGE] or +OFFSET:LENGTH after '@', got the end" },
	{ "P:read@[x]", "t:1:9: expected a number, got 'x]'" },
	{ "P:read@[1", "t:1:10: expected ']' or '..', got the end" },
	{ "P:read@[1.2]", "t:1:11: expected '..', got '2]'" },
	{ "P:read@[1..]", "t:1:12: expected a number, got ']'" },
	{ "P:read@[3..2]", "t:1:13: expected a page range that ascends, got ']'" },
	{ "P:read@[1048577]", "t:1:15: expected a smaller number, got '7]'" },
	{ "P:read@+512", "t:1:12: expected ':' and a length in bytes, got the end" },
	{ "P:read@+512:", "t:1:13: expected a number, got the end" },
	{ "P:read@+512:0", "t:1:14: expected a length that is not 0, got the end" },
	{ "P:read!", "t:1:7: expected a blank after the step, got '!'" },
	{ "P:read&&", "t:1:8: expected a blank after the step, got '&'" },
	{ "[P:read", "t:1:8: expected ']' after the timed step, got the end" },
	{ "[P:read P:read]", "t:1:8: expected ']' after the timed step, got a blank" },
	{ "P:read]", "t:1:7: expected a blank after the step, got ']'" },
	{ "[", "t:1:2: expected a step ACTOR:VERB, got the end" },
	{ "P:read\nP:read\n\t C:", "t:3:5: expected a verb, got the end" },
	{ "{ P:read", "t:1:9: expected '}', got the end" },
	{ "{ }", "t:1:3: expected a step in the lane, got '}'" },
	{ "{ P:read | }", "t:1:12: expected a step in the lane, got '}'" },
	{ "{ | P:read }", "t:1:3: expected a step in the lane, got '|'" },
	{ "{ P:read { C:read } }", "t:1:10: expected a step ACTOR:VERB, got '{'" },
	{ "P:read }", "t:1:8: expected a step ACTOR:VERB, got '}'" },
	{ "P:read | C:read", "t:1:8: expected a step ACTOR:VERB, got '|'" },
	{ "claim", "t:1:6: expected a claim: pfn, folio, errno or vmflag, got the end" },
	{ "claim luck P", "t:1:7: expected a claim: pfn, folio, errno or vmflag, got 'luck'" },
	{ "claim pfn P", "t:1:12: expected claim pfn ACTOR same|changed, got the end" },
	{ "claim errno\n!", "t:2:1: expected claim errno ACTOR:VERB ERRNO, got '!'" },
	{ "{ a:b|a:b|a:b|a:b|a:b|a:b|a:b|a:b|a:b }",
	  "t:1:34: expected at most 8 lanes, got '|a:b'" },
	{ "P:abcdefghijklmnopqrstuvwxyz0123456",
	  "t:1:34: expected a word of at most 31 characters, "
	  "got '56'" },
	{ "P:read\xff", "t:1:7: expected a blank after the step, got '\xff'" },
};

static const struct broken broken_files[] = {
	{ "about x\n", "d/f.pin:1:1: expected [NAME] before the first header line" },
	{ "# one\n\n[A]\n", "d/f.pin:3:2: expected a name of a-z, 0-9 and '-', then ']'" },
	{ "[ab\n", "d/f.pin:1:4: expected a name of a-z, 0-9 and '-', then ']'" },
	{ "[ab", "d/f.pin:1:4: expected a name of a-z, 0-9 and '-', then ']'" },
	{ "[]\n", "d/f.pin:1:2: expected a name of a-z, 0-9 and '-', then ']'" },
	{ "[a] b\n", "d/f.pin:1:5: expected the end of the line after [NAME]" },
	{ "[a]\nabout x\n", "d/f.pin:3:1: expected 'steps' in the program before this line" },
	{ "[a]\nsteps P:read\n", "d/f.pin:1:1: expected 'about' with one sentence in the program" },
	{ "[a]\nabout x\nsteps P:read\n\n[a]\n",
	  "d/f.pin:5:1: expected a name that is not used yet in this family" },
	{ "[a]\nabout x\nabout y\n", "d/f.pin:3:1: expected each header line once in a program" },
	{ "[a]\nabout \t\nsteps P:read\n", "d/f.pin:2:6: expected a value" },
	{ "[a]\nabout x\nsteps P:read\nsteps P:read\n",
	  "d/f.pin:4:1: expected one 'steps' in a program" },
	{ "[a]\ncolour red\n",
	  "d/f.pin:2:1: expected 'about', 'source', 'mem', 'pin', 'needs', 'steps' or [NAME]" },
	{ "[a]\nabout x\n  more\n# no\n  of it\nsteps P:read\n  # C:no\n  P:fork\n\tC:\n",
	  "d/f.pin:9:4: expected a verb, got the end" },
	{ "[a]\nabout x\nsteps   P:read !\n", "d/f.pin:3:16: expected a step ACTOR:VERB, got '!'" },
	{ "[a]\nabout x\nsteps\n  P:read\n  { P:read |\n    C:read C }\n",
	  "d/f.pin:6:13: expected ':' and a verb after the actor, got a blank" },
	{ "[a]\nabout x\nsteps P:read\n[b]\nabout y\n[c]\n",
	  "d/f.pin:6:1: expected 'steps' in the program before this line" },
};

static void broken_steps_name_the_place(void **state)
{
	struct program *p = program_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken_steps); i++) {
		struct parse_error err = { "no error" };
		int code = steps_parse(p, broken_steps[i].text, "t", 1, 1, &err);

		if (code != -EINVAL || strcmp(err.text, broken_steps[i].error))
			fail_msg("'%s' gave\n%s", broken_steps[i].text, err.text);
	}
	program_free(p);
}

static void broken_files_name_the_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken_files); i++) {
		struct parse_error err = { "no error" };
		struct corpus c = { 0 };
		int code = corpus_parse(&c, "d/f.pin", broken_files[i].text, &err);

		if (code != -EINVAL || strcmp(err.text, broken_files[i].error))
			fail_msg("'%s' gave\n%s", broken_files[i].text, err.text);
		corpus_free(&c);
	}
}

static void steps_know_their_place(void **state)
{
	static const char text[] = "# c\n\n[a]\nabout   x\n  y\nsteps   P:read\n# c\n  [C:read]\n";
	struct corpus c = { 0 };
	struct parse_error err;

	(void)state;
	assert_int_equal(corpus_parse(&c, "d/f.pin", text, &err), 0);
	assert_string_equal(c.program[0]->about, "x y");
	assert_string_equal(c.program[0]->family, "f");
	assert_int_equal(c.program[0]->line, 3);
	assert_int_equal(c.program[0]->step[0].line, 6);
	assert_int_equal(c.program[0]->step[0].col, 9);
	assert_int_equal(c.program[0]->step[1].line, 8);
	assert_int_equal(c.program[0]->step[1].col, 3);
	corpus_free(&c);
}

static void mutated_corpus_never_crashes(void **state)
{
	char *text = calloc(1, TEXT), *copy = malloc(TEXT);
	size_t len, fine = 0;

	(void)state;
	assert_true(file_read(SOURCE_DIR "/stress/fork.pin", text, TEXT) > 0);
	strcat(text,
	       "\n[zz]\nabout x\nsteps { P.1:a=b@r[1..2]+0:512& | [C:x] } claim pfn P same\n");
	len = strlen(text);
	for (int i = 0; i < MUTATIONS; i++) {
		struct corpus c = { 0 };
		struct parse_error err = { "" };

		memcpy(copy, text, len + 1);
		for (unsigned n = 1 + roll(4); n; n--)
			copy[roll((unsigned)len)] = roll(2) ? (char)roll(256) :
							      " \n[]{}|:@+="[roll(11)];
		if (corpus_parse(&c, "m.pin", copy, &err))
			assert_memory_equal(err.text, "m.pin:", 6);
		else
			fine++;
		for (size_t p = 0; p < c.count; p++)
			round_trip(c.program[p]);
		corpus_free(&c);
	}
	assert_true(fine > 0 && fine < MUTATIONS);
	free(text);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus_prints_as_it_parses),
		cmocka_unit_test(random_programs_print_as_they_parse),
		cmocka_unit_test(broken_steps_name_the_place),
		cmocka_unit_test(broken_files_name_the_place),
		cmocka_unit_test(steps_know_their_place),
		cmocka_unit_test(mutated_corpus_never_crashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
