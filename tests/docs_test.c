// SPDX-License-Identifier: GPL-2.0-only
// The manual page and the completion are complete and well formed.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "core/mem/mem.h"
#include "core/need/need.h"
#include "core/pin/pin.h"
#include "core/verb/verb.h"
#include "tests/shell.h"

/* As roff has it: every hyphen is a minus. */
static void assert_term(const char *name)
{
	char term[256] = ".TP\n\\fB";
	size_t n = strlen(term);

	for (const char *c = name; *c; c++)
		n += (size_t)snprintf(term + n, sizeof(term) - n, *c == '-' ? "\\-" : "%c", *c);
	snprintf(term + n, sizeof(term) - n, "\\fR\n");
	if (!strstr(text, term))
		fail_msg("the page has no %s", name);
}

static void page_has_every_table(void **state)
{
	(void)state;
	assert_int_equal(sh("pinfold man"), 0);
	for (const struct verb *const *v = verbs; *v; v++)
		assert_term((*v)->name);
	for (const struct mem_kind *const *k = mem_kinds; *k; k++)
		if (!(*k)->mutant)
			assert_term((*k)->name);
	for (const struct pin_kind *const *k = pin_kinds; *k; k++)
		if (!(*k)->mutant)
			assert_term((*k)->name);
	for (const struct need *const *n = needs; *n; n++)
		assert_term((*n)->name);
	for (char code[] = "0"; *code <= '4'; (*code)++)
		assert_term(code);
}

/* What --help of a command lists stands in the page, and in its completion. */
static void help_page_and_completion_agree(void **state)
{
	(void)state;
	assert_int_equal(
		sh("bash -c '\n"
		   "pinfold() { \"" PINFOLD_BINARY "\" \"$@\"; }\n"
		   "source <(pinfold completion bash) || exit 1\n"
		   "page=$(pinfold man | tr -d \"\\\\\\\\\")\n"
		   "commands=$(pinfold --help | sed -n \"s/^  pinfold \\([a-z-]*\\) .*/\\1/p\")\n"
		   "[ -n \"$commands\" ] || exit 2\n"
		   "for c in $commands; do\n"
		   "  COMP_WORDS=(pinfold \"$c\") COMP_CWORD=1; _pinfold pinfold \"$c\" pinfold\n"
		   "  [[ \" ${COMPREPLY[*]} \" == *\" $c \"* ]] || { echo no $c; exit 3; }\n"
		   "  part=$(sed -n \"/^.SS pinfold $c/,/^.S[SH]/p\" <<<\"$page\")\n"
		   "  [ -n \"$part\" ] || { echo no page of $c; exit 4; }\n"
		   "  for o in $(pinfold $c --help | grep -oE -- \"^ .{0,6}--[a-z-]+\" |\n"
		   "      grep -oE -- \"--[a-z-]+\"); do\n"
		   "    case $o in --help | --usage) continue ;; esac\n"
		   "    COMP_WORDS=(pinfold $c $o) COMP_CWORD=2; _pinfold pinfold $o $c\n"
		   "    [[ \" ${COMPREPLY[*]} \" == *\" $o \"* ]] || { echo $c $o; exit 5; }\n"
		   "    [[ $part == *$o* ]] || { echo page $c $o; exit 6; }\n"
		   "    n=$((n + 1))\n"
		   "  done\n"
		   "done\n"
		   "((n > 20)) || { echo $n options; exit 7; }'"),
		0);
}

static void lists_are_completed(void **state)
{
	(void)state;
	assert_int_equal(sh("bash -c '\n"
			    "source <(\"" PINFOLD_BINARY "\" completion bash) || exit 1\n"
			    "COMP_WORDS=(pinfold check --mem anon,th) COMP_CWORD=3\n"
			    "_pinfold pinfold anon,th --mem\n"
			    "[[ ${COMPREPLY[0]} == anon,thp ]] || exit 2\n"
			    "COMP_WORDS=(pinfold check --tier = f) COMP_CWORD=4\n"
			    "_pinfold pinfold f =\n"
			    "[[ ${COMPREPLY[*]} == full ]] || exit 3'"),
			 0);
}

static void page_is_well_formed(void **state)
{
	(void)state;
	if (sh("command -v mandoc"))
		skip();
	/* The page has no date, so that the same sources make the same page. */
	if (!sh("pinfold man | mandoc -T lint -W warning | grep -v 'missing date'"))
		fail_msg("%s", text);
}

static void groff_takes_the_page(void **state)
{
	(void)state;
	if (sh("command -v groff"))
		skip();
	assert_int_equal(sh("pinfold man | groff -ww -z -man"), 0);
	assert_string_equal(text, "");
}

static void wrong_words_are_usage(void **state)
{
	(void)state;
	assert_int_equal(sh("pinfold man x"), EXIT_USAGE);
	assert_int_equal(sh("pinfold completion"), EXIT_USAGE);
	assert_int_equal(sh("pinfold completion tcsh"), EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_has_every_table),
		cmocka_unit_test(help_page_and_completion_agree),
		cmocka_unit_test(lists_are_completed),
		cmocka_unit_test(page_is_well_formed),
		cmocka_unit_test(groff_takes_the_page),
		cmocka_unit_test(wrong_words_are_usage),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
