// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <rdma/ib_user_verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "rdma/rdma.h"

enum { NAME_MAX_LEN = 48, GID_CHOOSE = -1 };

struct wanted {
	char device[NAME_MAX_LEN];
	long port, gid;
};

/* A number that fills the rest of the text up to a colon. */
static int parse_number(const char **text, long most, long *value)
{
	char *end;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	*value = strtol(*text, &end, 10);
	if (*value > most || (*end && (*end != ':' || !end[1])))
		return -EINVAL;
	*text = *end ? end + 1 : end;
	return 0;
}

static int parse_name(struct wanted *w, const char *name)
{
	const char *rest = strchr(name, ':');
	size_t len = rest ? (size_t)(rest - name) : strlen(name);

	*w = (struct wanted){ .port = 1, .gid = GID_CHOOSE };
	if (!len || len >= sizeof(w->device))
		return -EINVAL;
	memcpy(w->device, name, len);
	if (!rest)
		return 0;
	rest++;
	if (parse_number(&rest, UINT8_MAX, &w->port) || !w->port)
		return -EINVAL;
	if (*rest && parse_number(&rest, UINT8_MAX, &w->gid))
		return -EINVAL;
	return *rest ? -EINVAL : 0;
}

static struct ibv_context *open_context(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context = NULL;

	if (!list)
		return NULL;
	errno = ENODEV;
	for (int i = 0; list[i]; i++) {
		if (!strcmp(ibv_get_device_name(list[i]), name)) {
			context = ibv_open_device(list[i]);
			break;
		}
	}
	ibv_free_device_list(list);
	return context;
}

static int gid_rank(const struct ibv_gid_entry *e)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (e->gid_type == IBV_GID_TYPE_ROCE_V2)
		return memcmp(e->gid.raw, mapped, sizeof(mapped)) ? 2 : 3;
	return 1;
}

static int choose_gid(struct rdma_device *d, int entries, long wanted)
{
	struct ibv_gid_entry entry;
	int best = 0;

	for (int i = 0; i < entries && i <= UINT8_MAX; i++) {
		if (wanted != GID_CHOOSE && i != wanted)
			continue;
		if (ibv_query_gid_ex(d->context, d->port, (uint32_t)i, &entry, 0) ||
		    gid_rank(&entry) <= best)
			continue;
		best = gid_rank(&entry);
		d->gid = entry.gid;
		d->gid_index = (uint8_t)i;
	}
	return best ? 0 : -EADDRNOTAVAIL;
}

static int open_port(struct rdma_device *d, const struct wanted *w, const char **what)
{
	struct ibv_port_attr attr;
	int err;

	*what = "port";
	d->port = (uint8_t)w->port;
	err = ibv_query_port(d->context, d->port, &attr);
	if (err)
		return -err;
	if (attr.state != IBV_PORT_ACTIVE)
		return -ENETDOWN;
	d->lid = attr.lid;
	d->mtu = attr.active_mtu;
	d->global = attr.link_layer == IBV_LINK_LAYER_ETHERNET || w->gid != GID_CHOOSE;
	*what = "GID";
	return d->global ? choose_gid(d, attr.gid_tbl_len, w->gid) : 0;
}

int rdma_open(struct rdma_device *d, const char *name, const char **what)
{
	struct wanted w;
	int err = parse_name(&w, name);

	*d = (struct rdma_device){ 0 };
	*what = "expected DEV[:PORT[:GID]]";
	if (err)
		return err;
	/* With it libibverbs would hide the memory under test from children. */
	unsetenv("RDMAV_FORK_SAFE");
	unsetenv("IBV_FORK_SAFE");
	*what = "open";
	errno = ENOSYS;
	d->context = open_context(w.device);
	if (!d->context)
		return -errno;
	err = open_port(d, &w, what);
	if (!err) {
		*what = "protection domain";
		d->pd = ibv_alloc_pd(d->context);
		err = d->pd ? 0 : -errno;
	}
	if (err)
		rdma_close(d);
	return err;
}

void rdma_close(struct rdma_device *d)
{
	if (d->pd)
		ibv_dealloc_pd(d->pd);
	if (d->context)
		ibv_close_device(d->context);
	*d = (struct rdma_device){ 0 };
}

int rdma_drop_region(const struct rdma_device *d, uint32_t handle)
{
	/* ibv_dereg_mr() wants the memory of the process that registered. */
	const struct {
		struct ib_uverbs_cmd_hdr header;
		struct ib_uverbs_dereg_mr body;
	} command = {
		.header = { .command = IB_USER_VERBS_CMD_DEREG_MR,
			    .in_words = sizeof(command) / sizeof(uint32_t) },
		.body = { .mr_handle = handle },
	};

	return write(d->context->cmd_fd, &command, sizeof(command)) < 0 ? -errno : 0;
}
