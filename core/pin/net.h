/* SPDX-License-Identifier: GPL-2.0-only */
/* A network namespace of our own, so that no packet and no setting meets the host's. */
#ifndef CORE_PIN_NET_H
#define CORE_PIN_NET_H

/* A descriptor of a new namespace with its lo up, or -errno. It ends with its last user. */
int net_open(void);

/* Runs work(arg) in the namespace; the caller's own is back on return. 0 or -errno. */
int net_do(int net, int (*work)(void *arg), void *arg);

#endif
