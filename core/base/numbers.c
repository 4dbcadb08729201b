// SPDX-License-Identifier: GPL-2.0-only
#include "core/base/numbers.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

/* -1 when there is none. */
static long take_number(const char **at)
{
	char *end;
	long n;

	if (!isdigit((unsigned char)**at))
		return -1;
	errno = 0;
	n = strtol(*at, &end, 10);
	*at = end;
	return errno ? LONG_MAX : n;
}

static int add(int *to, int n, int room, int number)
{
	for (int i = 0; i < n; i++)
		if (to[i] == number)
			return -EEXIST;
	if (n == room)
		return -E2BIG;
	to[n] = number;
	return 0;
}

int numbers_parse(const char *text, int most, int *to, int room)
{
	const char *at = text;
	int n = 0;

	do {
		long low = take_number(&at), high = low;

		if (low >= 0 && *at == '-') {
			at++;
			high = take_number(&at);
		}
		if (low < 0 || high < low || (*at && *at != ','))
			return -EINVAL;
		if (high > most)
			return -ERANGE;
		for (long i = low; i <= high; i++) {
			int err = add(to, n, room, (int)i);

			if (err)
				return err;
			n++;
		}
	} while (*at++ == ',');
	return n;
}
