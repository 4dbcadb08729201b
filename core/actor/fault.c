// SPDX-License-Identifier: GPL-2.0-only
#include "core/actor/fault.h"

#include <signal.h>
#include <string.h>

_Thread_local sigjmp_buf fault_return;
_Thread_local volatile int fault_armed;

static void on_fault(int sig)
{
	if (fault_armed)
		siglongjmp(fault_return, sig);
	signal(sig, SIG_DFL);
	raise(sig);
}

void fault_init(void)
{
	/* SA_NODEFER: siglongjmp without a saved mask leaves the signal unblocked. */
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

uint8_t fault_outcome(int sig)
{
	return sig == SIGBUS ? OUTCOME_BUS : OUTCOME_SEGV;
}

/* Plain loads: the memory may vanish under a checked memcpy, and that is the point. */
__attribute__((no_sanitize("address"))) static void sector_copy(char *dst, const char *src)
{
	for (size_t i = 0; i < SECTOR; i += sizeof(uint64_t))
		*(uint64_t *)(dst + i) = *(const volatile uint64_t *)(src + i);
}

enum outcome fault_copy(char *dst, const char *src, uint8_t map)
{
	volatile uint8_t outcome = OUTCOME_OK;

	FAULT_GUARD(outcome, for (size_t s = 0; s < PAGE_SECTORS; s++) if (map & 1 << s)
				     sector_copy(dst + s * SECTOR, src + s * SECTOR));
	return outcome;
}
