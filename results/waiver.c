// SPDX-License-Identifier: GPL-2.0-only
#include "results/waiver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

static const char head[] =
	"# Waivers of changes against the baseline: who answers for each, and until when.\n"
	"# last day  owner  kernel line or *  cells or costs (a pattern)  reason\n";

static bool is_date(const char *s)
{
	int year, month, day, n = 0;

	return strlen(s) == 10 && sscanf(s, "%4d-%2d-%2d%n", &year, &month, &day, &n) == 3 &&
	       n == 10 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* The next word of *rest into buf; false when there is none, or it does not fit. */
static bool word(const char **rest, char *buf, size_t size)
{
	size_t n;

	*rest += strspn(*rest, " \t");
	n = strcspn(*rest, " \t");
	if (!n || n >= size)
		return false;
	memcpy(buf, *rest, n);
	buf[n] = '\0';
	*rest += n;
	return true;
}

static const char *parse(struct waiver *w, const char *line)
{
	if (!word(&line, w->until, sizeof(w->until)) || !is_date(w->until))
		return "expected the last day as YYYY-MM-DD";
	if (!word(&line, w->owner, sizeof(w->owner)))
		return "expected an owner";
	if (!word(&line, w->line, sizeof(w->line)) || w->line[strspn(w->line, "0123456789.*")])
		return "expected a kernel line such as 6.18, or *";
	if (!word(&line, w->cells, sizeof(w->cells)))
		return "expected a pattern of cells";
	line += strspn(line, " \t");
	if (!*line)
		return "expected a reason";
	if (strlen(line) >= sizeof(w->reason))
		return "the reason is too long";
	strcpy(w->reason, line);
	return NULL;
}

static int add(struct waivers *w, const struct waiver *one)
{
	struct waiver *grown = realloc(w->waiver, (w->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	w->waiver = grown;
	w->waiver[w->count++] = *one;
	return 0;
}

static int take_line(struct waivers *w, char *text, const char *today, const char **wrong)
{
	struct waiver one = { 0 };

	text[strcspn(text, "\n")] = '\0';
	if (!text[strspn(text, " \t")] || text[strspn(text, " \t")] == '#')
		return 0;
	*wrong = parse(&one, text);
	if (*wrong)
		return -EINVAL;
	one.expired = strcmp(one.until, today) < 0;
	return add(w, &one);
}

int waivers_read(struct waivers *w, const char *file, const char *today, char *why, size_t size)
{
	const char *wrong = "out of memory";
	FILE *f = fopen(file, "re");
	char *text = NULL;
	size_t room = 0, number = 0;
	int err = 0;

	memset(w, 0, sizeof(*w));
	if (!f && errno == ENOENT)
		return 0;
	if (!f) {
		snprintf(why, size, "%s: %s", file, strerror(errno));
		return -EINVAL;
	}
	while (!err && getline(&text, &room, f) > 0) {
		size_t before = w->count;

		number++;
		err = take_line(w, text, today, &wrong);
		if (!err && w->count > before)
			w->waiver[before].number = number;
	}
	if (err) {
		snprintf(why, size, "%s:%zu: %s", file, number, wrong);
		waivers_free(w);
	}
	free(text);
	fclose(f);
	return err ? -EINVAL : 0;
}

void waivers_free(struct waivers *w)
{
	free(w->waiver);
	memset(w, 0, sizeof(*w));
}

const struct waiver *waiver_find(const struct waivers *w, const char *cell, const char *line)
{
	for (size_t i = 0; w && i < w->count; i++) {
		struct waiver *one = &w->waiver[i];

		if (one->expired || !name_matches(one->cells, cell) ||
		    (strcmp(one->line, "*") != 0 && strcmp(one->line, line) != 0))
			continue;
		one->used = true;
		return one;
	}
	return NULL;
}

int waiver_add(const char *file, const struct waiver *w, const char *today, char *why, size_t size)
{
	char line[800];
	struct waiver check = { 0 };
	const char *wrong;
	struct waivers old;
	FILE *f;
	int err;

	snprintf(line, sizeof(line), "%s  %s  %s  %s  %s", w->until, w->owner, w->line, w->cells,
		 w->reason);
	wrong = strchr(line, '\n') ? "a waiver is one line" : parse(&check, line);
	if (!wrong && (strcmp(check.owner, w->owner) != 0 || strcmp(check.cells, w->cells) != 0))
		wrong = "an owner and a pattern are words without blanks";
	if (!wrong && strcmp(w->until, today) < 0)
		wrong = "the last day is over";
	if (wrong) {
		snprintf(why, size, "%s", wrong);
		return -EINVAL;
	}
	/* Nothing is added to a file that is broken. */
	if (waivers_read(&old, file, today, why, size))
		return -EINVAL;
	waivers_free(&old);
	f = fopen(file, "a+e");
	err = f ? 0 : -errno;
	if (f && fseek(f, -1, SEEK_END))
		fputs(head, f);
	else if (f && fgetc(f) != '\n')
		fputc('\n', f);
	if (f && (fprintf(f, "%s\n", line) < 0 || fclose(f)))
		err = -EIO;
	if (err)
		snprintf(why, size, "%s: %s", file, strerror(-err));
	return err ? -EINVAL : 0;
}
