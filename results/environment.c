// SPDX-License-Identifier: GPL-2.0-only
#include "results/environment.h"

#include <ctype.h>
#include <dirent.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/base/version.h"

json_t *json_text(const char *text)
{
	json_t *j = json_string(text);
	char *copy;

	if (j)
		return j;
	copy = strdup(text);
	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	j = json_string(copy);
	free(copy);
	return j;
}

void utc_now(char *buf, size_t size)
{
	time_t t = time(NULL);
	struct tm tm;

	gmtime_r(&t, &tm);
	if (!strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
		buf[0] = '\0';
}

static void cut_suffix(char *buf, const char *suffix)
{
	size_t n = strlen(buf), m = strlen(suffix);

	if (n > m && !strcmp(buf + n - m, suffix))
		buf[n - m] = '\0';
}

void kernel_label(const char *release, const char *version, char *buf, size_t size)
{
	static const char *const suffix[] = { "-amd64", "-arm64", "-generic", "-default" };
	const char *debian = strstr(version, "Debian ");
	size_t minor = strcspn(release, ".");
	char *plus;

	if (release[minor])
		minor += 1 + strcspn(release + minor + 1, ".");
	/* Debian's stable releases say 6.1.0; the version knows the real one. */
	if (debian) {
		debian += strlen("Debian ");
		if (!strncmp(debian, release, minor) && debian[minor] == '.') {
			snprintf(buf, size, "%.*s", (int)strspn(debian, "0123456789."), debian);
			return;
		}
	}
	snprintf(buf, size, "%s", release);
	for (size_t i = 0; i < ARRAY_SIZE(suffix); i++)
		cut_suffix(buf, suffix[i]);
	plus = strstr(buf, "+deb");
	if (plus)
		*plus = '\0';
}

static void put_text(json_t *o, const char *key, const char *text)
{
	if (text[0])
		json_object_set_new(o, key, json_text(text));
}

static void put_file(json_t *o, const char *key, const char *path)
{
	char buf[4096];

	if (file_read(path, buf, sizeof(buf)) >= 0)
		put_text(o, key, buf);
}

/* Of "always [madvise] never" only what is set matters. */
static void put_choice(json_t *o, const char *key, const char *path)
{
	char buf[256], *open, *close;

	if (file_read(path, buf, sizeof(buf)) < 0)
		return;
	open = strchr(buf, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close)
		*close = '\0';
	put_text(o, key, close ? open + 1 : buf);
}

/* The first "key : value" line of a procfs table. False when there is none. */
static bool table_line(const char *path, const char *key, char *value, size_t size)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0, n = strlen(key);
	bool found = false;

	if (!f)
		return false;
	while (!found && getline(&line, &room, f) > 0) {
		char *colon = strchr(line, ':');

		if (!colon || strncmp(line, key, n) ||
		    strspn(line + n, " \t") != (size_t)(colon - line) - n)
			continue;
		colon += 1 + strspn(colon + 1, " \t");
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(value, size, "%s", colon);
		found = true;
	}
	free(line);
	fclose(f);
	return found;
}

static void put_table(json_t *o, const char *key, const char *path, const char *name)
{
	char value[4096];

	if (table_line(path, name, value, sizeof(value)))
		put_text(o, key, value);
}

static void put_number(json_t *o, const char *key, const char *path, const char *name)
{
	char value[64];

	if (table_line(path, name, value, sizeof(value)))
		json_object_set_new(o, key, json_integer(strtoll(value, NULL, 10)));
}

static void put_cpu(json_t *o)
{
	static const char cpuinfo[] = "/proc/cpuinfo";
	char flags[8192];

	put_table(o, "cpu", cpuinfo, "model name");
	put_table(o, "microcode", cpuinfo, "microcode");
	if (table_line(cpuinfo, "flags", flags, sizeof(flags)))
		json_object_set_new(o, "hypervisor", json_boolean(strstr(flags, " hypervisor")));
	json_object_set_new(o, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	put_file(o, "dmi_vendor", "/sys/class/dmi/id/sys_vendor");
	put_file(o, "dmi_product", "/sys/class/dmi/id/product_name");
	put_file(o, "smt", "/sys/devices/system/cpu/smt/active");
	put_file(o, "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
	put_file(o, "nodes", "/sys/devices/system/node/online");
}

static void put_memory(json_t *o)
{
	static const char meminfo[] = "/proc/meminfo",
			  thp[] = "/sys/kernel/mm/transparent_hugepage/";
	static const char *const knob[] = { "enabled", "defrag", "shmem_enabled" };
	json_t *t = json_object();
	char path[128];

	put_number(o, "memory_kb", meminfo, "MemTotal");
	put_number(o, "swap_kb", meminfo, "SwapTotal");
	put_number(o, "hugepages", meminfo, "HugePages_Total");
	put_number(o, "hugepage_kb", meminfo, "Hugepagesize");
	for (size_t i = 0; i < ARRAY_SIZE(knob); i++) {
		snprintf(path, sizeof(path), "%s%s", thp, knob[i]);
		put_choice(t, knob[i], path);
	}
	put_file(t, "zero_page", "/sys/kernel/mm/transparent_hugepage/use_zero_page");
	json_object_set_new(o, "thp", t);
	put_file(o, "numa_balancing", "/proc/sys/kernel/numa_balancing");
	put_file(o, "zswap", "/sys/module/zswap/parameters/enabled");
	put_file(o, "lru_gen", "/sys/kernel/mm/lru_gen/enabled");
	put_file(o, "overcommit", "/proc/sys/vm/overcommit_memory");
	put_file(o, "ksm", "/sys/kernel/mm/ksm/run");
}

static void put_mitigations(json_t *o)
{
	static const char dir[] = "/sys/devices/system/cpu/vulnerabilities";
	DIR *d = opendir(dir);
	json_t *m = json_object();
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[512], text[512];

		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.' && file_read(path, text, sizeof(text)) > 0 &&
		    strcmp(text, "Not affected"))
			put_text(m, e->d_name, text);
	}
	if (d)
		closedir(d);
	json_object_set_new(o, "mitigations", m);
}

/* machine-id(5): it must not be shown to others as it is. */
static void put_machine_id(json_t *o)
{
	char id[64], salted[96], hash[32];

	if (file_read("/etc/machine-id", id, sizeof(id)) <= 0)
		return;
	snprintf(salted, sizeof(salted), "pinfold %s", id);
	hash_text(salted, hash, sizeof(hash));
	put_text(o, "machine_id", hash);
}

static void put_tools(json_t *o)
{
	json_t *t = json_object();
	char text[128];

	snprintf(text, sizeof(text), "%s %s", pinfold_version, pinfold_commit);
	put_text(o, "pinfold", text);
	put_text(o, "commit", pinfold_commit);
#ifdef __clang__
	put_text(t, "compiler", __VERSION__);
#else
	put_text(t, "compiler", "GCC " __VERSION__);
#endif
	put_text(t, "libc", gnu_get_libc_version());
	put_text(t, "jansson", jansson_version_str());
	put_text(t, "liburing", BUILT_LIBURING);
	put_text(t, "libibverbs", BUILT_LIBIBVERBS);
	json_object_set_new(o, "tools", t);
}

json_t *environment_collect(const char *command)
{
	json_t *o = json_object();
	struct utsname u;
	char text[64];

	if (!o)
		return NULL;
	json_object_set_new(o, "type", json_string("env"));
	json_object_set_new(o, "format", json_integer(RECORD_FORMAT));
	utc_now(text, sizeof(text));
	put_text(o, "utc", text);
	if (!uname(&u)) {
		put_text(o, "release", u.release);
		put_text(o, "version", u.version);
		put_text(o, "machine", u.machine);
	}
	put_machine_id(o);
	put_file(o, "boot", "/proc/sys/kernel/random/boot_id");
	put_file(o, "cmdline", "/proc/cmdline");
	put_file(o, "tainted", "/proc/sys/kernel/tainted");
	put_cpu(o);
	put_memory(o);
	put_mitigations(o);
	environment_put_config(o);
	json_object_set_new(o, "uid", json_integer(geteuid()));
	put_tools(o);
	put_text(o, "command", command ? command : "");
	return o;
}
