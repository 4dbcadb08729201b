// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/util.h"
#include "results/environment.h"

/* What changes COW, pinning, reclaim or their cost; without CONFIG_. */
static const char *const wanted[] = {
	"TRANSPARENT_HUGEPAGE",
	"TRANSPARENT_HUGEPAGE_ALWAYS",
	"TRANSPARENT_HUGEPAGE_MADVISE",
	"TRANSPARENT_HUGEPAGE_NEVER",
	"READ_ONLY_THP_FOR_FS",
	"NO_PAGE_MAPCOUNT",
	"HUGETLBFS",
	"HUGETLB_PAGE",
	"HUGETLB_PAGE_OPTIMIZE_VMEMMAP",
	"KSM",
	"SWAP",
	"THP_SWAP",
	"ZSWAP",
	"ZRAM",
	"LRU_GEN",
	"LRU_GEN_ENABLED",
	"MEMCG",
	"MIGRATION",
	"COMPACTION",
	"CMA",
	"NUMA",
	"NUMA_BALANCING",
	"PER_VMA_LOCK",
	"USERFAULTFD",
	"MEM_SOFT_DIRTY",
	"SHMEM",
	"TMPFS",
	"MEMFD_CREATE",
	"SECRETMEM",
	"UDMABUF",
	"ZONE_DEVICE",
	"FS_DAX",
	"MMU_NOTIFIER",
	"HAVE_GUP_FAST",
	"HAVE_FAST_GUP",
	"GUP_TEST",
	"IO_URING",
	"VFIO",
	"VFIO_IOMMU_TYPE1",
	"VFIO_PCI",
	"VFIO_DEVICE_CDEV",
	"IOMMUFD",
	"INTEL_IOMMU",
	"INTEL_IOMMU_DEFAULT_ON",
	"AMD_IOMMU",
	"IOMMU_DEFAULT_PASSTHROUGH",
	"IOMMU_DEFAULT_DMA_LAZY",
	"INFINIBAND",
	"INFINIBAND_USER_MEM",
	"INFINIBAND_ON_DEMAND_PAGING",
	"RDMA_RXE",
	"RDMA_SIW",
	"XDP_SOCKETS",
	"DEBUG_VM",
	"PAGE_TABLE_CHECK",
	"DEBUG_PAGEALLOC",
	"PAGE_POISONING",
	"INIT_ON_ALLOC_DEFAULT_ON",
	"INIT_ON_FREE_DEFAULT_ON",
	"KASAN",
	"KCSAN",
	"PROVE_LOCKING",
	"FAULT_INJECTION",
	"PREEMPT_NONE",
	"PREEMPT_VOLUNTARY",
	"PREEMPT",
	"PREEMPT_LAZY",
	"PREEMPT_RT",
	"PREEMPT_DYNAMIC",
	"HZ",
	"X86_5LEVEL",
	"PAGE_TABLE_ISOLATION",
	"MITIGATION_PAGE_TABLE_ISOLATION",
	"ARM64_4K_PAGES",
	"ARM64_16K_PAGES",
	"ARM64_64K_PAGES",
	"CC_VERSION_TEXT",
};

static uint64_t fnv1a(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash;
}

void hash_text(const char *text, char *buf, size_t size)
{
	snprintf(buf, size, "%016llx", (unsigned long long)fnv1a(0xcbf29ce484222325u, text));
}

static bool is_wanted(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strcmp(name, wanted[i]))
			return true;
	return false;
}

/* "CONFIG_X=y" or '# CONFIG_X is not set', which is "n". */
static void take_line(json_t *o, char *line)
{
	static const char unset[] = " is not set";
	char *name = strstr(line, "CONFIG_"), *value, *end;

	if (!name || (name != line && strncmp(line, "# CONFIG_", strlen("# CONFIG_")) != 0))
		return;
	name += strlen("CONFIG_");
	value = strchr(name, *line == '#' ? ' ' : '=');
	if (!value || (*line == '#' && strcmp(value, unset) != 0))
		return;
	*value++ = '\0';
	end = value + strlen(value);
	if (*line != '#' && end - value >= 2 && *value == '"') {
		value++;
		end[-1] = '\0';
	}
	if (is_wanted(name))
		json_object_set_new(o, name, json_text(*line == '#' ? "n" : value));
}

bool kernel_config_read(FILE *f, json_t *config, char *hash, size_t size)
{
	uint64_t all = 0xcbf29ce484222325u;
	char *line = NULL;
	size_t room = 0;
	bool any = false;

	while (getline(&line, &room, f) > 0) {
		all = fnv1a(all, line);
		line[strcspn(line, "\n")] = '\0';
		any |= !strncmp(line, "CONFIG_", strlen("CONFIG_"));
		take_line(config, line);
	}
	free(line);
	snprintf(hash, size, "%016llx", (unsigned long long)all);
	return any;
}

static FILE *open_config(const char **source)
{
	static char path[4][512];
	const char *named = getenv("PINFOLD_KERNEL_CONFIG");
	struct utsname u;

	if (uname(&u))
		return NULL;
	snprintf(path[0], sizeof(path[0]), "%s", named ? named : "");
	snprintf(path[1], sizeof(path[1]), "/boot/config-%s", u.release);
	snprintf(path[2], sizeof(path[2]), "/lib/modules/%s/config", u.release);
	snprintf(path[3], sizeof(path[3]), "/lib/modules/%s/build/.config", u.release);
	if (!named && !access("/proc/config.gz", R_OK)) {
		*source = "/proc/config.gz";
		return popen("gzip -dc /proc/config.gz 2>/dev/null", "re");
	}
	for (size_t i = 0; i < ARRAY_SIZE(path); i++) {
		FILE *f = *path[i] ? fopen(path[i], "re") : NULL;

		*source = path[i];
		if (f)
			return f;
	}
	return NULL;
}

void environment_put_config(json_t *o)
{
	json_t *config = json_object();
	const char *source = "";
	FILE *f = open_config(&source);
	char hash[32];

	if (f && kernel_config_read(f, config, hash, sizeof(hash))) {
		json_object_set_new(o, "config", json_incref(config));
		json_object_set_new(o, "config_hash", json_string(hash));
		json_object_set_new(o, "config_source", json_string(source));
	}
	if (f && !strcmp(source, "/proc/config.gz"))
		pclose(f);
	else if (f)
		fclose(f);
	json_decref(config);
}
