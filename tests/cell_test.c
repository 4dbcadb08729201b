// SPDX-License-Identifier: GPL-2.0-only
// Whole cells on the running kernel: what the executor itself has to get right.
#include "tests/scenario.h"

#include <sys/wait.h>

#include "core/need/need.h"
#include "core/run/cell.h"

static struct executor *executor;

static struct verdict run(const char *steps)
{
	struct program *p = program_new();
	struct parse_error err = { "" };
	struct cell c = { .program = p, .mem = mem_kind_find("anon") };
	struct verdict v;

	if (steps_parse(p, steps, "test", 1, 1, &err))
		fail_msg("%s", err.text);
	c.pin[PIN_RW] = pin_kind_find("uring-rw");
	cell_set_id(&c);
	cell_run(executor, &c, &v);
	program_free(p);
	return v;
}

static void passes(const char *steps)
{
	struct verdict v = run(steps);

	if (v.kind != VERDICT_PASS)
		fail_msg("'%s': %s %s %s %s", steps, verdict_name(v.kind), v.class, v.read, v.why);
}

static void fails(const char *steps, const char *class, int step)
{
	struct verdict v = run(steps);

	if (v.kind != VERDICT_FAIL || strcmp(v.class, class) || v.step != step)
		fail_msg("'%s': %s %s in step %d", steps, verdict_name(v.kind), v.class, v.step);
}

static void claims_hold_or_fail(void)
{
	passes("P:write=1 P:dontfork claim vmflag P dc present");
	fails("P:write=1 P:dontfork claim vmflag P dc absent", "claim", 3);
	fails("P:write=1 claim vmflag P dc present", "claim", 2);
	passes("P:unmap P:discard claim errno P:discard ENOMEM claim errno P:unmap OK");
	fails("P:unmap P:discard claim errno P:discard EINVAL", "claim", 3);
	fails("P:unmap claim errno P:unmap ENOMEM", "claim", 2);
	/* A step on a pin that was refused is not done, so it did not succeed. */
	passes("P:unmap P:pin-rw D:read claim errno P:pin-rw EFAULT claim errno D:read ECANCELED");
	fails("P:unmap P:pin-rw D:read claim errno D:read OK", "claim", 4);
}

static void page_frames_are_compared(void)
{
	if (need_check("pagemap", false, NULL, 0))
		return;
	passes("P:write=1 P:read claim pfn P same");
	fails("P:write=1 P:read claim pfn P changed", "claim", 3);
	passes("P:write=1 P:fork P:write=2 claim pfn P changed claim pfn C same");
	fails("P:write=1 P:fork P:write=2 claim pfn P same", "claim", 4);
	/* No frame before the step: neither the same nor another one. */
	fails("P:write=1 claim pfn P changed", "claim", 2);
}

static void threads_act_for_their_process(void)
{
	passes("P.1:write=1 P:read P.2:read P.3:write=2 P.1:read");
	passes("P:write=1 P.1:fork C:read P.2:write=2 C:read C:write=3 P:read");
	passes("P.2:protect=ro P:write=1");
	passes("P:write=1 P.1:remap P:write=2 P.1:read");
}

static void background_steps_end_in_their_wait(void)
{
	passes("P:write=1 P.1:read& P:write=2 P.1:wait");
	/* The last look at a pin is a step of its own, whoever took the pin how. */
	passes("P:write=1 P.2:pin-rw& P:write=2 P.2:wait P:write=3");
}

static void processes_are_reaped_whoever_is_left(void)
{
	passes("P:write=1 P:fork P:exit C:write=2 C:fork=C2 C:exit C2:read");
	passes("P:write=1 P:fork C:fork=C2 C:exit C2:write=2 C2:exit P:read");
	passes("P:write=1 P:fork P:exit C:exit");
	for (int i = 0; i < 50; i++)
		passes("P:write=1 P:fork C:write=2 P:read");
}

/* In the test itself: cmocka has handlers of its own around each test. */
static void with_executor(void **state)
{
	struct run_options o = { .cpu = 0, .timeout_ms = 5000 };

	executor = executor_open(&o);
	assert_non_null(executor);
	((void (*)(void)) * state)();
	executor_close(executor);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

#define cell_test(f)                             \
	{                                        \
#f, with_executor, NULL, NULL, f \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cell_test(claims_hold_or_fail),
		cell_test(page_frames_are_compared),
		cell_test(threads_act_for_their_process),
		cell_test(background_steps_end_in_their_wait),
		cell_test(processes_are_reaped_whoever_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
