// SPDX-License-Identifier: GPL-2.0-only
#include "core/mem/mem.h"

#include <string.h>

static const char *const thp_all[] = { "thp",	     "thp-pte",	   "thp-single",
				       "thp-mremap", "thp-shared", NULL };
static const char *const mthp_all[] = { "mthp-16k",  "mthp-32k",  "mthp-64k", "mthp-128k",
					"mthp-256k", "mthp-512k", "mthp-1M",  NULL };
static const char *const small_all[] = { "anon",      "stack", "heap",	   "swapped",  "swapped-ro",
					 "swapcache", "ksm",   "migrated", "numa-far", NULL };
static const char *const private_file_all[] = { "private-tmpfs", "private-memfd", "private-ext4",
						"private-xfs", NULL };

const struct mem_class mem_classes[] = {
	{ "thp-all", "a transparent huge page, whole and in the ways it is mapped in parts",
	  thp_all },
	{ "mthp-all", "the sizes between a base page and a huge page", mthp_all },
	{ "small-all", "private anonymous base pages and their states", small_all },
	{ "private-file-all", "private mappings of files with base pages", private_file_all },
	{ NULL, NULL, NULL },
};

static const struct mem_class *class_find(const char *word)
{
	for (const struct mem_class *c = mem_classes; c->name; c++)
		if (!strcmp(c->name, word))
			return c;
	return NULL;
}

bool mem_word_known(const char *word)
{
	return mem_kind_find(word) || class_find(word) || !strcmp(word, "all");
}

bool mem_word_means(const char *word, const struct mem_kind *k)
{
	const struct mem_class *c = class_find(word);

	for (const char *const *name = c ? c->kinds : NULL; name && *name; name++)
		if (!strcmp(*name, k->name))
			return true;
	return !strcmp(word, k->name) || (!strcmp(word, "all") && !k->mutant);
}
