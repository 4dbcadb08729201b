/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guard: every host setting that a run changes is journaled before the
 * change and restored, in reverse order, on exit, when the runner dies (a guard
 * process watches it), and at the next start after a panic or power loss.
 */
#ifndef CORE_GUARD_GUARD_H
#define CORE_GUARD_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes the host's lock (one run at a time), restores what an earlier run left,
 * and starts the guard process. Call once, early, before threads or actors.
 * Returns 0; -EBUSY with why when another run holds the lock; -errno with why.
 */
int guard_start(char *why, size_t size);

/* Restores everything and ends the guard process. 0 or -errno of the first failure. */
int guard_end(char *why, size_t size);

/* Closes the guard's and lock's descriptors in a forked actor. Async-signal-safe. */
void guard_forget(void);

/* Each journals first, then acts. All return 0 or -errno. */

/* Writes text to a sysfs or procfs file; the old value is restored. For a file
 * like "always [madvise] never" the bracketed word is the old value. */
int guard_setting(const char *path, const char *text);
/* Lines of the journal, undone later: name the thing before it is made. */
int guard_will_mkdir(const char *path);	  /* undo: rmdir */
int guard_will_create(const char *path);  /* undo: unlink */
int guard_will_mount(const char *target); /* undo: umount2(MNT_DETACH) */
int guard_will_swapon(const char *path);  /* undo: swapoff */
int guard_will_loop(const char *device);  /* undo: LOOP_CLR_FD, if over a created file */
int guard_will_zram(int number);	  /* undo: swapoff + reset (hot_remove) */
int guard_will_module(const char *name);  /* undo: delete_module, unless it is in use */
/* A control group below a mounted cgroup v2; undo: its processes go to its parent,
 * rmdir, and when enabled the parent's groups lose the memory controller again. */
int guard_will_cgroup(const char *path, bool enabled);
/* Binds a PCI device to vfio-pci; undo: the driver that it had (or none). -EBUSY when
 * that driver has users, see pci_in_use(). */
int guard_bind_vfio(const char *address);

#endif
