/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes records as runs leave them, for what reads them. */
#ifndef TESTS_STORED_H
#define TESTS_STORED_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "results/rank.h"

struct stored {
	const char *release, *utc, *boot, *cpu, *version;
};

/* DIR/records.jsonl with its environment line; the folders are made. NULL and errno. */
static inline FILE *stored_begin(const char *dir, const struct stored *s)
{
	char path[512];
	FILE *f;

	for (size_t i = 1; i <= strlen(dir); i++) {
		snprintf(path, sizeof(path), "%.*s", (int)i, dir);
		if (!dir[i] || dir[i] == '/')
			mkdir(path, 0777);
	}
	snprintf(path, sizeof(path), "%s/records.jsonl", dir);
	f = fopen(path, "w");
	if (f)
		fprintf(f,
			"{\"type\":\"env\",\"format\":1,\"utc\":\"%s\",\"release\":\"%s\","
			"\"version\":\"%s\",\"machine\":\"x86_64\","
			"\"cpu\":\"%s\",\"cpus\":8,"
			"\"boot\":\"%s\",\"machine_id\":\"0123456789abcdef\","
			"\"command\":\"pinfold check\"}\n",
			s->utc, s->release, s->version ? s->version : "#1",
			s->cpu ? s->cpu : "a CPU", s->boot);
	return f;
}

/* more: "" or further members, such as ",\"class\":\"leak\"". */
static inline void stored_cell(FILE *f, const char *cell, const char *verdict, const char *more)
{
	fprintf(f, "{\"type\":\"cell\",\"cell\":\"%s\",\"verdict\":\"%s\"%s}\n", cell, verdict,
		more);
}

static inline double stored_normal(uint64_t *state)
{
	double u = rank_random(state) + 1e-12, v = rank_random(state);

	return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* A series of a fault: `processes` medians about p50 ns, a histogram with a tail. */
static inline void stored_cost(FILE *f, const char *cell, double p50, int processes,
			       uint64_t *state)
{
	const char *sep = "";

	fprintf(f,
		"{\"type\":\"cost\",\"cell\":\"%s\",\"step\":1,\"part\":\"step\","
		"\"text\":\"[P:write=1]\",\"per\":\"fault\",\"workload\":\"w\",\"clock\":\"tsc\","
		"\"tick_ns\":0.5,\"bytes\":4096,\"unit\":4096,\"valid\":true,\"samples\":20000,"
		"\"faults\":20000,\"null_faults\":0,\"closure\":0.001,"
		"\"histogram\":{\"max\":100000,\"sum\":5e7,\"bucket\":[",
		cell);
	for (int i = 0; i < 200; i++) {
		int at = 256 + (int)(128 * log2(2 * p50 / 256)) + i - 60;

		fprintf(f, "%s%d,%d", sep, at < 0 ? i : at,
			1 + (int)(400 * exp(-(i - 60) * (i - 60) / 600.0)) +
				(i > 60 ? 200 / i : 0));
		sep = ",";
	}
	fputs("]},\"null\":{\"max\":9,\"sum\":9,\"bucket\":[4,20000]},\"process\":[", f);
	for (int i = 0; i < processes; i++) {
		double ticks = 2 * p50 * exp(0.019 * stored_normal(state));

		fprintf(f, "%s[2000,%.1f,%.1f,%.1f,%.1f]", i ? "," : "", ticks, ticks * 1.3,
			ticks * 2.5, ticks * 1.1);
	}
	fputs("]}\n", f);
}

/* 0 when all was written. */
static inline int stored_end(FILE *f)
{
	fputs("{\"type\":\"end\",\"cells\":1,\"exit\":0}\n", f);
	return fclose(f);
}

#endif
