/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of options; what is wrong with one is one line, and the exit. */
#ifndef CLI_OPTION_INTERNAL_H
#define CLI_OPTION_INTERNAL_H

#include "cli/cli.h"

/* Devices, into host_options. */
void option_vfio(const char *text);
void option_nvme_scratch(const char *text);
void option_rdma(const char *text);
void option_rdma_peer(const char *text);
/* After all options: what may be overwritten must also be what may be used. */
void option_check_nvme_scratch(void);

/* CPUs, nodes, workers. */
void option_cpu(struct cli *c, const char *text);
void option_node(struct cli *c, const char *text);
void option_threads(struct cli *c, const char *text);
void option_as(struct cli *c, const char *text);
/* After all options: against what this process may use. */
void option_check_place(const struct cli *c);

#endif
