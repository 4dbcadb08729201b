/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CORE_BASE_LRU_H
#define CORE_BASE_LRU_H

/*
 * Empties the batches of this CPU: pages on their way to the LRU lists have a reference more there,
 * for which a store copies them, passes of NUMA balancing skip them, and MADV_FREE is put off.
 * madvise(2) MADV_COLD and munmap(2) of a page beside do it (lru_add_drain()). What batches
 * other CPUs have is left.
 */
void lru_drain(void);

#endif
