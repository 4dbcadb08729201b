// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>

#include "core/actor/actor.h"
#include "core/mem/mount.h"
#include "core/verb/list.h"

static bool remounts(const struct mem_kind *mem)
{
	return mem->remounts;
}

static int ro_exec(struct actor *a, const struct op *op)
{
	return mount_set(a->region[op->region].root, true);
}

static int rw_exec(struct actor *a, const struct op *op)
{
	return mount_set(a->region[op->region].root, false);
}

/* What statvfs(3) shows, and what an open for stores is told. */
static int proof(struct actor *a, const struct op *op, bool read_only)
{
	const struct region *r = &a->region[op->region];
	own_fd fd = region_open(r, O_RDWR);
	struct statvfs st;

	if (fstatvfs(r->fd, &st) || !(st.f_flag & ST_RDONLY) == read_only)
		return actor_why(a, read_only ? "statvfs: the file system is not read-only" :
						"statvfs: the file system is read-only");
	if (read_only ? fd != -EROFS : fd < 0)
		return actor_why(a, read_only ? "its file can be opened for stores" :
						"its file can't be opened for stores");
	return 0;
}

static int ro_post(struct actor *a, const struct op *op)
{
	return proof(a, op, true);
}

static int rw_post(struct actor *a, const struct op *op)
{
	return proof(a, op, false);
}

/* The kernel counts who has a file open for stores, mappings among them; pins it does not. */
static void ro_model(struct model_step *s)
{
	if (file_is_mapped_for_stores(s))
		expect_errno(&s->expect, EBUSY);
	else
		world_of(s)->read_only = true;
}

static void rw_model(struct model_step *s)
{
	world_of(s)->read_only = false;
}

const struct verb verb_remount_ro = {
	.name = "remount-ro",
	.about = "the file system becomes read-only: EBUSY while the file is mapped for stores",
	.rule = "mount(2) MS_REMOUNT, MS_RDONLY, EBUSY; fs/namespace.c "
		"sb_prepare_remount_readonly(): files open for writing are counted, pins are not",
	.by = ACTOR_FILE,
	.fits = remounts,
	.exec = ro_exec,
	.post = ro_post,
	.model = ro_model,
};

const struct verb verb_remount_rw = {
	.name = "remount-rw",
	.about = "the file system becomes writable again",
	.rule = "mount(2) MS_REMOUNT",
	.by = ACTOR_FILE,
	.fits = remounts,
	.exec = rw_exec,
	.post = rw_post,
	.model = rw_model,
};
