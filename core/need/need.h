/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Needs: named requirements of kinds, mechanisms and programs. A need that is
 * not met makes a skip that names it; every other failure is broken.
 */
#ifndef CORE_NEED_NEED_H
#define CORE_NEED_NEED_H

#include <stdbool.h>
#include <stddef.h>

struct need {
	const char *name, *about;
	const char *hint; /* commands and options that meet it, as one types them */
	/*
	 * 0 when met; else 1 with a one-line reason in why. Probes by doing, not
	 * by version; changes nothing that lasts.
	 */
	int (*probe)(char *why, size_t size);
	bool in_child; /* probe in a child: a signal, a hang or a pin leaves no trace */
	/*
	 * Meets the need for this run under the guard (see guard.h), or NULL when
	 * pinfold can't. Called at most once. 0 or -errno with why.
	 */
	int (*provide)(char *why, size_t size);
	/* Whether provide has a chance here, without trying it; NULL: always. */
	bool (*can_provide)(void);
};

/* All needs, NULL-terminated. */
extern const struct need *const needs[];

/*
 * Whether a need is met. provide: set it up when it is not. The answer is kept
 * for the rest of the run. Returns 0, or 1 with the reason in why (may be NULL).
 * An unknown name is a program error: returns 1, "unknown need".
 */
int need_check(const char *name, bool provide, char *why, size_t size);

/* Grows with each probe and each set-up, which may leave something behind in the runner. */
unsigned need_changes(void);

const struct need *need_find(const char *name);

/* Takes back what a killed actor may have left set for the whole run. */
void need_calm(void);

/* Options of the command line that needs and mechanisms consult. */
struct host_options {
	char vfio[256];		/* --vfio: comma list of PCI addresses, "" for none */
	char nvme_scratch[256]; /* --nvme-scratch: comma list of ADDRESS/NSID, "" for none */
	char rdma[64];		/* --rdma: DEV[:PORT[:GID]], "" for none */
	char rdma_peer[128]; /* --rdma-peer: ADDRESS[:PORT] of `pinfold serve`, "" for loopback */
	char scratch[256];   /* folder of this run for images and mounts, absolute */
};
extern struct host_options host_options;

/* Files of provided needs, "" until provided. */
struct host_provided {
	char ext4_dir[512];    /* mount point of the run's ext4 loop image */
	char xfs_dir[512];     /* mount point of the run's xfs loop image */
	char tmpfs_dir[512];   /* mount point of the run's tmpfs */
	char debugfs_dir[512]; /* where debugfs is mounted */
	char cgroup_dir[512];  /* the control group of the run, cgroup v2 */
};
extern struct host_provided host_provided;

#endif
