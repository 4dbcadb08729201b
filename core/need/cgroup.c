// SPDX-License-Identifier: GPL-2.0-only
#include "core/need/kind.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/util.h"
#include "core/guard/guard.h"

/* Where cgroup v2 is mounted, or -ENOENT. */
static int mount_point(char *dir, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int err = -ENOENT;

	while (f && (m = getmntent(f)))
		if (!strcmp(m->mnt_type, "cgroup2")) {
			snprintf(dir, size, "%s", m->mnt_dir);
			err = 0;
			break;
		}
	if (f)
		endmntent(f);
	return err;
}

static bool lists(const char *dir, const char *file, const char *word)
{
	char path[600], text[1024], *rest = text, *one;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (file_read(path, text, sizeof(text)) < 0)
		return false;
	while ((one = strsep(&rest, " ")))
		if (!strcmp(one, word))
			return true;
	return false;
}

void need_calm(void)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/memory.high", host_provided.cgroup_dir);
	if (*host_provided.cgroup_dir)
		file_write(path, "max");
}

static int memcg_probe(char *why, size_t size)
{
	char dir[256], path[600];

	snprintf(path, sizeof(path), "%s/memory.high", host_provided.cgroup_dir);
	if (*host_provided.cgroup_dir && !access(path, W_OK))
		return 0;
	if (mount_point(dir, sizeof(dir)))
		return unmet(why, size, "cgroup v2 is not mounted");
	if (!lists(dir, "cgroup.controllers", "memory"))
		return unmet(why, size, "cgroup v2 has no memory controller");
	return unmet(why, size,
		     *host_provided.cgroup_dir ? "no memory.high" :
						 "the run has no control group yet");
}

/* Actors are children of the runner: what they touch is charged to its group. */
static int memcg_provide(char *why, size_t size)
{
	char dir[256], path[600], pid[16];
	bool enable;
	int err = mount_point(dir, sizeof(dir));

	if (err || !lists(dir, "cgroup.controllers", "memory"))
		return 0; /* the probe tells */
	enable = !lists(dir, "cgroup.subtree_control", "memory");
	snprintf(host_provided.cgroup_dir, sizeof(host_provided.cgroup_dir), "%s/pinfold-%d", dir,
		 getpid());
	err = guard_will_cgroup(host_provided.cgroup_dir, enable);
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", dir);
	if (!err && enable)
		err = file_write(path, "+memory");
	if (!err && mkdir(host_provided.cgroup_dir, 0755))
		err = -errno;
	snprintf(path, sizeof(path), "%s/cgroup.procs", host_provided.cgroup_dir);
	snprintf(pid, sizeof(pid), "%d", getpid());
	if (!err)
		err = file_write(path, pid);
	if (err)
		unmet(why, size, "%s: %s", host_provided.cgroup_dir, errno_name(-err));
	return err;
}

const struct need need_memcg = {
	.name = "memcg",
	.about = "a cgroup v2 of the run with the memory controller",
	.hint = "run as root, cgroup v2 with the memory controller",
	.probe = memcg_probe,
	.provide = memcg_provide,
};

static int cgroup_probe(char *why, size_t size)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/memory.reclaim", host_provided.cgroup_dir);
	if (need_check("memcg", false, why, size))
		return 1;
	return access(path, W_OK) ? unmet(why, size, "no memory.reclaim") : 0;
}

static int cgroup_provide(char *why, size_t size)
{
	need_check("memcg", true, why, size);
	return 0;
}

const struct need need_cgroup = {
	.name = "cgroup",
	.about = "a cgroup v2 of the run with memory.reclaim",
	.hint = "run as root, cgroup v2 with the memory controller, a kernel from 5.19 on",
	.probe = cgroup_probe,
	.provide = cgroup_provide,
};
