/* SPDX-License-Identifier: GPL-2.0-only */
/* Pieces of an HTML page. */
#ifndef RESULTS_PAGE_H
#define RESULTS_PAGE_H

#include <stdio.h>

/* Escaped. */
void page_text(FILE *out, const char *s);
/* <tag>text</tag>; tag may have attributes. */
void page_tagged(FILE *out, const char *tag, const char *s);
/* Everything up to the first heading. */
void page_begin(FILE *out, const char *title);

#endif
