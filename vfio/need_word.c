// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/pattern.h"
#include "core/base/util.h"
#include "core/need/kind.h"
#include "vfio/vfio.h"

static const uint64_t probe_iova = 0x04000000;
static const struct pattern_site site = { .nonce = PATTERN_NONCE };

enum { NUMBERS = 2 };

static enum { NOT_TRIED, WORKS, FAILS } tried;
static char trouble[120];

static void into(void *arg, size_t off, const void *bytes, size_t len)
{
	memcpy((char *)arg + off, bytes, len);
}

/* A page whose words change, so that nothing that the clock held before will do. */
static int words_come_back(char *page)
{
	char seen[BASE_PAGE];

	for (unsigned number = 1; number <= NUMBERS; number++) {
		int err;

		memset(seen, 0, sizeof(seen));
		pattern_fill(page, 0, BASE_PAGE, value_make(0, number), &site);
		err = vfio_words(probe_iova, BASE_PAGE, site.nonce, into, seen);
		if (err)
			return err;
		if (memcmp(seen, page, BASE_PAGE) != 0)
			return -EILSEQ;
	}
	return 0;
}

static int try_words(void)
{
	char *page =
		mmap(NULL, BASE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err = page == MAP_FAILED ? -errno : vfio_map(probe_iova, page, BASE_PAGE, true);

	if (!err) {
		err = words_come_back(page);
		vfio_unmap(probe_iova, BASE_PAGE);
	}
	if (page != MAP_FAILED)
		munmap(page, BASE_PAGE);
	return err;
}

static int word_probe(char *why, size_t size)
{
	if (tried == NOT_TRIED)
		return unmet(why, size, "not tried: that takes an NVMe controller (--vfio)");
	return tried == WORKS ? 0 : unmet(why, size, "%s", trouble);
}

static bool word_can_provide(void)
{
	char why[200];

	return !need_check("vfio", false, why, sizeof(why)) &&
	       !need_check("dma-store", false, why, sizeof(why));
}

/* By doing, with the devices, which are bound and given back for it unless they are open. */
static int word_provide(char *why, size_t size)
{
	bool opened = !vfio.backend;
	int err = !word_can_provide() ? -ENODEV : opened ? vfio_open(&vfio_type1) : 0;

	if (err)
		return unmet(why, size, "VFIO: %s", errno_name(-err));
	err = try_words();
	if (opened)
		vfio_close();
	tried = err ? FAILS : WORKS;
	snprintf(trouble, sizeof(trouble), "%s%s",
		 err == -ENODEV ? "no named device has a clock to be set (Timestamp of NVMe): " :
				  "setting a clock from memory: ",
		 errno_name(-err));
	return 0;
}

const struct need need_dma_word = {
	.name = "dma-word",
	.about = "a named device brings words of memory back: NVMe with the Timestamp feature",
	.hint = "--vfio ADDRESS of an NVMe controller that nothing uses",
	.probe = word_probe,
	.provide = word_provide,
	.can_provide = word_can_provide,
};
