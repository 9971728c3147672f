/* SPDX-License-Identifier: BSD-2-Clause */
/* clock_time_get: clocks run, at the speed that they should. */

#include "test.h"

#define MILLISECOND UINT64_C(1000000)
#define YEAR (UINT64_C(365) * 24 * 3600 * 1000 * MILLISECOND)

static void test_time_of_day(void)
{
	cloudabi_timestamp_t time = now(CLOUDABI_CLOCK_REALTIME);

	CHECK(time > 50 * YEAR && time < 200 * YEAR);
}

static void test_sleep(void)
{
	cloudabi_timestamp_t start = now(CLOUDABI_CLOCK_MONOTONIC);
	cloudabi_timestamp_t used = now(CLOUDABI_CLOCK_THREAD_CPUTIME_ID);

	sleep_ns(20 * MILLISECOND);
	CHECK(now(CLOUDABI_CLOCK_MONOTONIC) - start >= 20 * MILLISECOND);
	CHECK(now(CLOUDABI_CLOCK_THREAD_CPUTIME_ID) - used < 15 * MILLISECOND);
}

static void test_work(void)
{
	cloudabi_timestamp_t end =
		now(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID) + 5 * MILLISECOND;

	while (now(CLOUDABI_CLOCK_PROCESS_CPUTIME_ID) < end)
		;
	CHECK(now(CLOUDABI_CLOCK_THREAD_CPUTIME_ID) >= 5 * MILLISECOND);
}

void test(void)
{
	cloudabi_timestamp_t time;

	test_time_of_day();
	test_sleep();
	test_work();
	FAILS(sys.clock_time_get(0, 1, &time), EINVAL);
	FAILS(sys.clock_time_get(5, 1, &time), EINVAL);
	FAILS(sys.clock_time_get(UINT32_MAX, 1, &time), EINVAL);
}
