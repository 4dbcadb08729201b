/* SPDX-License-Identifier: GPL-2.0-only */
/* Mutants that leave something behind on the host; see mutant.lasting. */
#ifndef CORE_MUTANT_HOST_H
#define CORE_MUTANT_HOST_H

#include "core/mutant/mutant.h"

extern const struct mutant mutant_log_warns, mutant_unpin_leaves_pins;

#endif
