// SPDX-License-Identifier: GPL-2.0-only
// A synthetic store: DIR/kernels/K/BOOT for five kernels and DIR/nights/DATE, one run a night.
// Planted: three costs that are slower in the newest kernel, a step of others from night 200 on,
// and a failure from night 300 on.
#include <stdlib.h>
#include <time.h>

#include "stored.h"

enum { BOOTS = 10, KERNELS = 5, PROCESSES = 10, CELLS = 400 };

static const char *const kernels[KERNELS] = { "5.10.262", "6.1.192", "6.6.140", "6.12.117",
					      "6.18.15" };
static uint64_t state = 20261121;

static double p50_of(int series)
{
	return 400 * (1 + series % 37) * (1 + 0.1 * (series % 7));
}

static void name_of(int series, char *buf, size_t size)
{
	static const char *const family[] = { "fault-cost", "fork-cost", "pin-cost", "region-cost",
					      "file-cost" };
	static const char *const kind[] = { "anon", "thp", "hugetlb-2M", "shared-memfd" };

	snprintf(buf, size, "%s/program-%d/mem=%s", family[series % 5], series / 20,
		 kind[series / 5 % 4]);
}

static int write_run(const char *dir, const struct stored *s, int series, int kernel, int night)
{
	double boot = 0.012 * stored_normal(&state);
	FILE *f = stored_begin(dir, s);
	char cell[128];

	if (!f)
		return -1;
	for (int i = 0; i < CELLS; i++) {
		bool fails = night >= 300 && i == 7, known = i == 11;

		snprintf(cell, sizeof(cell), "program/%d/mem=anon", i);
		stored_cell(f, cell, fails || known ? "fail" : "pass",
			    fails ? ",\"class\":\"stale-pin\"" :
			    known ? ",\"class\":\"leak\",\"known\":\"a commit\"" :
				    "");
	}
	for (int i = 0; i < series; i++) {
		double p50 = p50_of(i) * exp(boot) * (1 - 0.01 * kernel * (i % 5 == 1));

		name_of(i, cell, sizeof(cell));
		if (kernel == KERNELS - 1 && night < 0 && i % 100 == 50)
			p50 *= 1.08 + 0.0005 * i;
		if (night >= 200 && i % 100 == 20)
			p50 *= 1.06;
		stored_cost(f, cell, p50, PROCESSES, &state);
	}
	return stored_end(f);
}

static int write_kernels(const char *dir, int series)
{
	int err = 0;

	for (int k = 0; k < KERNELS && !err; k++) {
		for (int b = 0; b < BOOTS && !err; b++) {
			char path[512], boot[64];
			struct stored s = { kernels[k], "2026-11-21T01:00:00Z", boot, NULL, NULL };

			snprintf(boot, sizeof(boot), "%s-%d", kernels[k], b);
			snprintf(path, sizeof(path), "%s/kernels/%s/%d", dir, kernels[k], b);
			err = write_run(path, &s, series, k, -1);
		}
	}
	return err;
}

static int write_nights(const char *dir, int nights, int series)
{
	int err = 0;

	for (int i = 0; i < nights && !err; i++) {
		time_t at = 1764547200 + (time_t)i * 86400; /* 2025-12-01 */
		char path[512], boot[32], utc[32];
		struct stored s = { kernels[4], utc, boot, NULL, NULL };
		struct tm t;

		gmtime_r(&at, &t);
		strftime(utc, sizeof(utc), "%Y-%m-%dT%H:%M:%SZ", &t);
		snprintf(boot, sizeof(boot), "night-%d", i);
		snprintf(path, sizeof(path), "%s/nights/%.10s", dir, utc);
		err = write_run(path, &s, series, KERNELS - 1, i);
	}
	return err;
}

int main(int argc, char **argv)
{
	int nights = argc > 2 ? atoi(argv[2]) : 365, series = argc > 3 ? atoi(argv[3]) : 300;

	if (argc < 2 || *argv[1] == '-') {
		fprintf(stderr, "usage: make_store DIR [NIGHTS [COSTS]]\n");
		return 2;
	}
	if (write_kernels(argv[1], series) || write_nights(argv[1], nights, series)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
