/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C text that printed programs have in common, in parts/ *.inc: top-level
 * definitions between blank lines, of which a program gets those that it needs. In
 * front of one stand the includes that it needs itself. A line behind "@NAME " is there
 * only when NAME is defined as well, or mentioned by the text when nothing defines it;
 * behind "@!NAME " only when not. A line may have several of these.
 */
#ifndef CORE_EMIT_PARTS_H
#define CORE_EMIT_PARTS_H

#include <stdbool.h>
#include <stdio.h>

/* The definitions that text mentions, and those that they mention. NULL without memory. */
struct parts *parts_for(const char *text);
void parts_free(struct parts *p);

/* Whether the identifier stands in it, beside comments, strings and members. */
bool parts_mention(const char *text, const char *name);

/* One line for each include of theirs and of `more` (lines as well), in order, once. */
void parts_includes(const struct parts *p, const char *more, FILE *out);
/* text, where a line that is the only call of a void function of theirs becomes its body. */
void parts_put_in_place(struct parts *p, const char *text, FILE *out);
void parts_print(const struct parts *p, FILE *out);

#endif
