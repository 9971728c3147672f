/* SPDX-License-Identifier: BSD-2-Clause */
/* clock_time_get: four clocks, which run. */

#include "test.h"

static uint32_t has_run;

static void expect_progress(cloudabi_clockid_t clock)
{
	cloudabi_timestamp_t start = now(clock);

	for (int i = 0; i < 100; i++) {
		cloudabi_timestamp_t before = now(clock);

		CHECK(now(clock) >= before);
	}
	while (now(clock) == start)
		;
}

/* What a clock shows of a nap of 20 ms. */
static cloudabi_timestamp_t nap_by(cloudabi_clockid_t clock)
{
	cloudabi_timestamp_t start = now(clock);

	sleep_ns(20 * MILLISECOND);
	return now(clock) - start;
}

static void work(cloudabi_tid_t tid, void *argument)
{
	(void)tid;
	(void)argument;
	while (now(CLOUDABI_CLOCK_THREAD_CPUTIME_ID) < 20 * MILLISECOND)
		;
	__atomic_store_n(&has_run, 1, __ATOMIC_RELEASE);
	park();
}

CASE(monotonic_runs)
{
	expect_progress(CLOUDABI_CLOCK_MONOTONIC);
	CHECK(nap_by(CLOUDABI_CLOCK_MONOTONIC) >= 20 * MILLISECOND);
}

/* Between the years 2020 and 2200, in nanoseconds. */
CASE(realtime_is_the_time_of_day)
{
	cloudabi_timestamp_t year = 31556952 * SECOND;

	expect_progress(CLOUDABI_CLOCK_REALTIME);
	CHECK(now(CLOUDABI_CLOCK_REALTIME) > 50 * year);
	CHECK(now(CLOUDABI_CLOCK_REALTIME) < 230 * year);
}

CASE(cputime_runs_while_working)
{
	expect_progress(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID);
	expect_progress(CLOUDABI_CLOCK_THREAD_CPUTIME_ID);
}

CASE(process_cputime_counts_all_threads)
{
	cloudabi_timestamp_t start = now(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID);

	spawn(work, NULL);
	await_change(&has_run, 0);
	CHECK(now(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID) - start >=
	      20 * MILLISECOND);
	CHECK(now(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID) >=
	      now(CLOUDABI_CLOCK_THREAD_CPUTIME_ID));
}

CASE(thread_cputime_stands_while_sleeping)
{
	CHECK(nap_by(CLOUDABI_CLOCK_THREAD_CPUTIME_ID) < 20 * MILLISECOND);
}

CASE(precision_of_any_size)
{
	cloudabi_timestamp_t time;

	OK(sys.clock_time_get(CLOUDABI_CLOCK_MONOTONIC, 0, &time));
	OK(sys.clock_time_get(CLOUDABI_CLOCK_MONOTONIC, UINT64_MAX, &time));
	CHECK(time <= now(CLOUDABI_CLOCK_MONOTONIC));
}

CASE(unknown_clock)
{
	cloudabi_timestamp_t time = 5;

	FAILS(sys.clock_time_get(0, 1, &time), EINVAL);
	FAILS(sys.clock_time_get(5, 1, &time), EINVAL);
	FAILS(sys.clock_time_get(UINT32_MAX, 1, &time), EINVAL);
	EQUAL(time, 5);
}

ENDS(result_to_nowhere, -11)
{
	sys.clock_time_get(CLOUDABI_CLOCK_MONOTONIC, 1, NOWHERE);
}
