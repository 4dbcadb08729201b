/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CORE_BASE_NUMBERS_H
#define CORE_BASE_NUMBERS_H

/*
 * A list such as "1,4,8-11": up to room different numbers of at most `most`, in the order
 * of the text. Returns how many; -EINVAL: no such list; -ERANGE: a number above most;
 * -E2BIG: more than room; -EEXIST: one of them twice.
 */
int numbers_parse(const char *text, int most, int *to, int room);

#endif
