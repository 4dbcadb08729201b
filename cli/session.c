// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "bench/placement.h"
#include "cli/cli.h"
#include "core/guard/guard.h"
#include "core/need/need.h"
#include "rdma/place.h"
#include "results/deviation.h"
#include "results/digest.h"

static char scratch_base[200];

int session_scratch(bool guarded)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(scratch_base, sizeof(scratch_base), "%s/pinfold-%d", tmp ? tmp : "/tmp", getpid());
	if (guarded && guard_will_mkdir(scratch_base))
		return -EIO;
	if (mkdir(scratch_base, 0700))
		return -errno;
	snprintf(host_options.scratch, sizeof(host_options.scratch), "%s", scratch_base);
	return 0;
}

static void default_out(char *buf, size_t size, const char *command)
{
	time_t now = time(NULL);
	struct tm t;
	char stamp[32];

	gmtime_r(&now, &t);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &t);
	snprintf(buf, size, "results/runs/%s-%s-%d", stamp, command, getpid());
}

/* Memory that --node bound stays there. */
static int near_adapter(const cpu_set_t *allowed, bool bound)
{
	char text[160];
	unsigned long nodes;
	int near;

	if (!*host_options.rdma)
		return -1;
	near = rdma_place(host_options.rdma, allowed, &nodes, text, sizeof(text));
	fprintf(stderr, "pinfold: %s\n", text);
	if (near < 0 || bound)
		return near;
	rdma_bind(nodes, text, sizeof(text));
	if (*text)
		fprintf(stderr, "pinfold: %s\n", text);
	return near;
}

static int last_cpu(const cpu_set_t *set)
{
	for (int i = CPU_SETSIZE - 1; i >= 0; i--)
		if (CPU_ISSET((size_t)i, set))
			return i;
	return 0;
}

/* What is not a worker's is beside them, where there is such a CPU. */
static void choose_cpus(struct session *s)
{
	const struct cli *cli = s->cli;
	int near, workers = 1;

	for (int i = 0; i < cli->nthreads; i++)
		workers = cli->threads[i] > workers ? cli->threads[i] : workers;
	CPU_ZERO(&s->beside);
	sched_getaffinity(0, sizeof(s->beside), &s->beside);
	near = cli->ncpus ? -1 : near_adapter(&s->beside, cli->node >= 0);
	if (cli->ncpus)
		memcpy(s->cpu, cli->cpus, sizeof(s->cpu));
	else if (cli->timed)
		placement_choose(&s->beside, near < 0 ? cli->node : placement_node(near), s->cpu,
				 workers);
	else
		s->cpu[0] = near < 0 ? last_cpu(&s->beside) : near;
	for (int i = 1; i < workers && CPU_COUNT(&s->beside) > 1; i++)
		CPU_CLR((size_t)s->cpu[i], &s->beside);
	CPU_SET((size_t)s->cpu[0], &s->beside);
	if (workers > 1)
		sched_setaffinity(0, sizeof(s->beside), &s->beside);
}

static int start_guard(struct session *s)
{
	char why[256];
	int err;

	if (geteuid()) {
		fprintf(stderr,
			"pinfold: not root: nothing is set up, cells that need it are skipped; "
			"the host's log and counters are not watched\n");
		return 0;
	}
	err = guard_start(why, sizeof(why));
	if (err)
		return cli_fail(EXIT_BROKEN, "%s", why);
	s->guarded = true;
	return 0;
}

static void add_option(char *text, size_t size, const char *option, const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._/:,=+-";
	const char *quote = value[strspn(value, plain)] ? "'" : "";
	size_t n = strlen(text);

	n += (size_t)snprintf(text + n, size - n, " %s %s", option, quote);
	for (; *value && n + 6 < size; value++)
		n += (size_t)snprintf(text + n, size - n, *value == '\'' ? "'\\''" : "%c", *value);
	snprintf(text + n, size - n, "%s", quote);
}

/* What a cell needs to be found and to run again, beyond its id. */
static void repeat_options(const struct cli *cli, char *text, size_t size)
{
	char number[32];

	if (cli->corpus)
		add_option(text, size, "--corpus", cli->corpus);
	if (cli->mutant)
		add_option(text, size, "--mutant", cli->mutant);
	if (*host_options.vfio)
		add_option(text, size, "--vfio", host_options.vfio);
	if (*host_options.nvme_scratch)
		add_option(text, size, "--nvme-scratch", host_options.nvme_scratch);
	if (*host_options.rdma)
		add_option(text, size, "--rdma", host_options.rdma);
	if (*host_options.rdma_peer)
		add_option(text, size, "--rdma-peer", host_options.rdma_peer);
	snprintf(number, sizeof(number), "%d", cli->cpu);
	if (cli->cpu >= 0)
		add_option(text, size, "--cpu", number);
	snprintf(number, sizeof(number), "%d", cli->node);
	if (cli->node >= 0)
		add_option(text, size, "--node", number);
	snprintf(number, sizeof(number), "%.3f", cli->step_ms / 1e3);
	if (cli->step_ms != CLI_STEP_MS)
		add_option(text, size, "--step-timeout", number);
}

int session_begin(struct session *s, const struct cli *cli, const struct mutant *mutant)
{
	struct run_options o = { .timeout_ms = cli->step_ms,
				 .trace = cli->trace ? stdout : NULL,
				 .mutant = mutant,
				 .timed = cli->timed,
				 .timed_by = cli->timed_by };
	char out[300], why[256];
	struct utsname u;
	int err;

	*s = (struct session){
		.cli = cli,
		.oracle.log = -1,
		.ktap = { .out = stdout, .quiet = cli->quiet, .color = cli->color },
		.progress.on = cli->progress && !cli->trace,
	};
	if (cli->node >= 0 && (err = placement_bind(cli->node)))
		return cli_fail(EXIT_USAGE, "--node %d: %s", cli->node, strerror(-err));
	choose_cpus(s);
	o.cpu = s->cpu[0];
	s->options = o;
	if (cli->junit && !(s->junit = junit_begin(cli->junit, cli->command)))
		return cli_fail(EXIT_USAGE, "--junit %s: %s", cli->junit, strerror(errno));
	repeat_options(cli, s->ktap.repeat, sizeof(s->ktap.repeat));
	s->kernel = uname(&u) ? 0 : kernel_number(u.release);
	default_out(out, sizeof(out), cli->command);
	err = start_guard(s);
	if (err)
		return err;
	s->record =
		record_open(cli->out ? cli->out : out, cli->resume, cli->line, why, sizeof(why));
	if (!s->record) {
		if (s->guarded)
			guard_end(why + strlen(why), 0);
		return cli_fail(EXIT_USAGE, "%s", why);
	}
	err = session_scratch(s->guarded);
	if (err)
		return cli_fail(EXIT_BROKEN, "%s: %s", scratch_base, strerror(-err));
	s->executor = executor_open(&o);
	if (!s->executor)
		return cli_fail(EXIT_BROKEN, "executor: %s", strerror(errno));
	if (s->guarded && oracle_open(&s->oracle, mutant != NULL, why, sizeof(why)))
		fprintf(stderr, "pinfold: %s\n", why);
	if (cli->seconds > 0)
		s->end_ns = now_ns() + (uint64_t)(cli->seconds * 1e9);
	return 0;
}

/* For a year of them; made again when somebody wants it and it is not there. */
static void keep_digest(const char *record)
{
	struct digests d;
	char why[300];

	if (!digest_of_record(&d, record, why, sizeof(why)))
		digests_free(&d);
}

int session_end(struct session *s)
{
	int code = EXIT_OK, ran, err;
	char why[256] = "", path[4096];
	const char *over;

	session_flush(s);
	progress_clear(&s->progress);
	ran = s->count[VERDICT_PASS] + s->count[VERDICT_FAIL] + s->count[VERDICT_UNREACHED] +
	      s->count[VERDICT_BROKEN];

	over = session_over(s);
	ktap_end(&s->ktap, over ? over : "time is over");
	ktap_totals(&s->ktap, s->count);
	if (s->known || s->unexpected)
		printf("# of the failures %d are known; %d passes were not expected\n", s->known,
		       s->unexpected);
	overhead_report(&s->overhead, s->record);
	if (s->oracle.lost)
		puts("# the kernel log was overwritten before it was read; complaints may be "
		     "missing");
	executor_close(s->executor);
	oracle_close(&s->oracle);
	if (s->guarded && guard_end(why, sizeof(why)))
		code = cli_fail(EXIT_BROKEN, "%s", why);
	else if (!s->guarded)
		rmdir(scratch_base);
	err = junit_end(s->junit);
	if (err)
		code = cli_fail(EXIT_BROKEN, "--junit %s: %s", s->cli->junit, strerror(-err));
	if (s->count[VERDICT_BROKEN])
		code = EXIT_BROKEN;
	else if (!code && s->count[VERDICT_FAIL] > s->known)
		code = EXIT_LAW;
	else if (!code && !ran)
		code = EXIT_NOTHING;
	snprintf(path, sizeof(path), "%s", record_path(s->record));
	printf("# record: %s\n", path);
	err = record_end(s->record, s->count, code);
	if (err)
		code = cli_fail(EXIT_BROKEN, "the record could not be written completely: %s",
				strerror(-err));
	keep_digest(path);
	return code;
}
