// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/util.h"
#include "results/environment.h"

static void config_facts(void **state)
{
	static char text[] = "#\n# Automatically generated\n#\nCONFIG_KSM=y\n"
			     "# CONFIG_SWAP is not set\n# CONFIG_KSM is fine\nCONFIG_ODD=y\n"
			     "CONFIG_ZRAM=m\nCONFIG_HZ=250\nCONFIG_CC_VERSION_TEXT=\"gcc 1\"\n"
			     "CONFIG_THP_SWAP=";
	FILE *f = fmemopen(text, strlen(text), "r");
	json_t *o = json_object();
	char hash[32], *line;

	(void)state;
	assert_true(kernel_config_read(f, o, hash, sizeof(hash)));
	fclose(f);
	line = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(line, "{\"CC_VERSION_TEXT\":\"gcc 1\",\"HZ\":\"250\",\"KSM\":\"y\","
				  "\"SWAP\":\"n\",\"THP_SWAP\":\"\",\"ZRAM\":\"m\"}");
	free(line);
	f = fmemopen((void *)"<html>", 6, "r");
	assert_false(kernel_config_read(f, o, hash, sizeof(hash)));
	fclose(f);
	json_decref(o);
}

static void environment_is_whole(void **state)
{
	static const char *const key[] = { "release", "version", "cmdline",	"boot",
					   "cpus",    "thp",	 "mitigations", "uid",
					   "pinfold", "commit",	 "tools",	"memory_kb" };
	json_t *o = environment_collect("pinfold check");
	char id[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(key); i++)
		if (!json_object_get(o, key[i]))
			fail_msg("no %s", key[i]);
	if (!access("/proc/config.gz", R_OK))
		assert_non_null(json_object_get(json_object_get(o, "config"), "SWAP"));
	if (file_read("/etc/machine-id", id, sizeof(id)) > 0) {
		char *line = json_dumps(o, 0);

		id[12] = '\0';
		assert_null(strstr(line, id));
		free(line);
	}
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_facts),
		cmocka_unit_test(environment_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
